"""`python -m bench.docx`: a Word document of 300 pages read whole, against python-docx opening and walking it."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from bench.race import race

ROOT = Path(__file__).resolve().parent.parent
PAGES = 300
PARAGRAPHS_A_PAGE = 7
ROUNDS = 5
SENTENCE = "phân bố tần số và kết quả đạt được ở Hà Nội của mỗi người lao động tại cơ sở sản xuất lớn nhất"


def thesis(path: Path) -> Path:
    """300 pages of some 400 words, as theses are: headings, runs in bold and italics, a table every fifth page."""
    import docx

    words, dice = SENTENCE.split(), random.Random(5)
    document = docx.Document()
    for page in range(PAGES):
        if page % 30 == 0:
            document.add_heading(f"Chương {page // 30 + 1}. Kết quả", 1)
        document.add_heading(f"{page // 30 + 1}.{page % 30 + 1}. Phân tích", 2)
        for _ in range(PARAGRAPHS_A_PAGE):
            paragraph = document.add_paragraph()
            for bold in (False, True, False):
                paragraph.add_run(" ".join(dice.choices(words, k=19)) + " ").bold = bold
        if page % 5 == 0:
            table = document.add_table(4, 4)
            for cell in table._cells:
                cell.text = " ".join(dice.choices(words, k=3))
    document.save(str(path))
    return path


def walked(path: Path) -> int:
    """Opened and walked as people do with python-docx: every paragraph, every cell. Returns its letters."""
    import docx

    document = docx.Document(str(path))
    letters = sum(len(paragraph.text) for paragraph in document.paragraphs)
    return letters + sum(len(cell.text) for table in document.tables for row in table.rows for cell in row.cells)


def whole(path: Path) -> int:
    """Read as the app reads it: sniffed, walked, chapters found. Returns its letters."""
    from vnclone.documents.reader import read

    manuscript = read(str(path), lambda said, share: None, filename=path.name)
    return sum(len(p["text"]) for chapter in manuscript["chapters"] for p in chapter["paragraphs"])


def main() -> None:
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        path = thesis(Path(folder) / "thesis.docx")
        print(f"letters: {walked(path):,} by python-docx, {whole(path):,} by vnclone")
        theirs, ours = race(ROUNDS, lambda: walked(path), lambda: whole(path))
    print(f"{PAGES} pages of .docx: python-docx opens and walks {theirs:.2f} s, vnclone reads {ours:.2f} s")
    print(f"  ratio {ours / theirs:.2f} (wanted: at most 1.5)")


if __name__ == "__main__":
    main()
