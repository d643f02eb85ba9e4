"""`python -m bench.pdf`: the text of PDFs against PyMuPDF's bare `page.get_text()`, OCR by two processes against one,
and the memory that 5,000 pages take.

The document is made on the spot: 1,000 pages of justified text with running heads and page numbers, a quarter of them
set without space characters, as a quarter of real Vietnamese PDFs are. At most 2.2 times the bare text; at least 1.85
times as fast by two processes; at most 400 MB.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import pymupdf

from bench.race import race
from vnclone.documents import ocr, pdf
from vnclone.documents.draft import Asked

ROOT = Path(__file__).resolve().parent.parent
FONT = pymupdf.Font(fontfile=str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf"))
PAGES, LONG, SCANS, ROUNDS = 1000, 5000, 20, 3
DIFFERENT = 100  # pages are made; the others are copies of them
SIZE, LEFT, WIDTH, LINES = 12, 85, 430, 38
TEXT = (
    "nghiên cứu của chúng tôi về phân bố tần số và kết quả đạt được ở Hà Nội cho thấy mỗi người lao động tại cơ sở sản "
    "xuất lớn nhất đều được hưởng chế độ bảo hiểm xã hội theo quy định hiện hành, trong đó tỷ lệ tham gia tăng dần qua "
    "từng năm. Bên cạnh đó, việc thực hiện chính sách này ở các địa phương còn gặp một số khó khăn"
)
WORDS = TEXT.split()
ASKED = Asked(most_pages=LONG, max_pages=LONG)


def document(path: Path, pages: int) -> Path:
    """A PDF of that many pages at `path`."""
    made = pymupdf.open()
    for number in range(min(pages, DIFFERENT)):
        _page(made, number)
    whole = pymupdf.open()
    while whole.page_count < pages:
        whole.insert_pdf(made, to_page=min(DIFFERENT, pages - whole.page_count) - 1)
    whole.save(path, garbage=2, deflate=True)
    return path


def _page(made: pymupdf.Document, number: int) -> None:
    page = made.new_page()
    writer = pymupdf.TextWriter(page.rect)
    writer.append((LEFT, 45), "Luận văn thạc sĩ kinh tế", font=FONT, fontsize=9)
    writer.append((290, 815), str(number + 1), font=FONT, fontsize=10)
    place = number * 37
    for row in range(LINES):
        words: list[str] = []
        while FONT.text_length(" ".join([*words, WORDS[place % len(WORDS)]]), SIZE) < WIDTH:
            words.append(WORDS[place % len(WORDS)])
            place += 1
        is_last = row % 9 == 8
        _line(writer, 80 + row * 19, words[: 4 if is_last else None], is_last, has_spaces=number % 4 != 0)
    writer.write_text(page)


def _line(writer: pymupdf.TextWriter, y: float, words: list[str], is_last: bool, has_spaces: bool) -> None:
    if has_spaces:
        writer.append((LEFT, y), " ".join(words) + ("." if is_last else ""), font=FONT, fontsize=SIZE)
        return
    free = WIDTH - sum(FONT.text_length(word, SIZE) for word in words)
    x, gap = float(LEFT), 0.3 * SIZE if is_last else free / max(len(words) - 1, 1)
    for word in words:
        writer.append((x, y), word, font=FONT, fontsize=SIZE)
        x += FONT.text_length(word, SIZE) + gap


def bare(path: Path) -> int:
    with pymupdf.open(path) as opened:
        return sum(len(page.get_text()) for page in opened)


def whole(path: Path) -> int:
    return sum(len(block.text) for block in pdf.read(str(path), ASKED, lambda said, share: None).blocks)


def text(folder: Path) -> None:
    path = document(folder / "text.pdf", PAGES)
    ours, theirs = race(ROUNDS, lambda: whole(path), lambda: bare(path))
    print(
        f"reading {PAGES} pages of PDF text: {ours:.2f} s against {theirs:.2f} s of bare get_text() = "
        f"{ours / theirs:.2f} (at most 2.2)"
    )


def memory(folder: Path) -> None:
    path = document(folder / "long.pdf", LONG)
    done = subprocess.run(
        [sys.executable, "-m", "bench.pdf", "memory", str(path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    print(f"reading {LONG} pages of PDF text: {float(done.stdout):.0f} MB at the most (at most 400)")


def scans(folder: Path) -> None:
    """OCR of twenty pages by one process and by two, in a child where Tesseract has one thread, as in the app."""
    if not ocr.languages():
        print(f"OCR: not measured, since there is no Vietnamese Tesseract ({ocr.INSTALL})")
        return
    path = document(folder / "scans.pdf", SCANS)
    command = [sys.executable, "-m", "bench.pdf", "scans", str(path)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, env=os.environ | {"OMP_THREAD_LIMIT": "1"}
    )
    one, two = map(float, done.stdout.split())
    print(f"OCR of {SCANS} pages: {one:.1f} s by one process, {two:.1f} s by two = {one / two:.2f} (at least 1.85)")


def recognise(path: str, at_once: int) -> float:
    """Seconds that OCR of all pages takes."""
    start = time.perf_counter()
    with pymupdf.open(path) as opened:
        pictures = ((page.number + 1, ocr.render(page), page.rect.height) for page in opened)
        found = list(ocr.read_pages(pictures, SCANS, lambda said, share: None, at_once))
    assert all(result.lines for result in found)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        text(Path(folder))
        memory(Path(folder))
        scans(Path(folder))


if __name__ == "__main__":
    if sys.argv[1:2] == ["memory"]:
        whole(Path(sys.argv[2]))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    elif sys.argv[1:2] == ["scans"]:
        print(recognise(sys.argv[2], 1), recognise(sys.argv[2], 2))
    else:
        main()
