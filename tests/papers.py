"""PDFs laid out on the spot: text flowed, justified, in columns, with notes and tables, as real documents are set."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import factories
import matplotlib
import pymupdf

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
REGULAR = factories.FONT
BOLD = pymupdf.Font(fontfile=str(_FONTS / "DejaVuSans-Bold.ttf"))
_TEXT = (
    "người lao động được hưởng chế độ bảo hiểm xã hội theo quy định của pháp luật và cơ quan tổ chức quản lý có trách "
    "nhiệm bố trí trong phạm vi ngân sách đã phê duyệt để thực hiện nhiệm vụ công tác tại địa phương kể từ ngày ký"
)


def sentence(seed: int, words: int = 45) -> str:
    """A paragraph of that many Vietnamese words, the same for the same seed."""
    chosen = random.Random(seed).choices(_TEXT.split(), k=words)
    return " ".join(chosen).capitalize() + "."


class Paper:
    """A PDF in the making. Points from the top left; `y` is where the last line stands."""

    def __init__(self, width: float = 595, height: float = 842, margin: float = 72) -> None:
        self.document = pymupdf.open()
        self.width, self.height, self.margin = width, height, margin
        self.begin: Callable[[], None] = lambda: None  # what every new page begins with
        self.page: pymupdf.Page | None = None

    def turn_page(self) -> None:
        self.finish_page()
        self.page = self.document.new_page(width=self.width, height=self.height)
        self.writer = pymupdf.TextWriter(self.page.rect)
        self.y = self.margin
        self.begin()

    def finish_page(self) -> None:
        if self.page is not None and self.writer.text_rect.is_valid and not self.writer.text_rect.is_empty:
            self.writer.write_text(self.page)

    def put(self, x: float, y: float, text: str, size: float = 11, font: pymupdf.Font = REGULAR) -> None:
        self.writer.append((x, y), text, font=font, fontsize=size)

    def centre(self, x: float, y: float, text: str, size: float = 11, font: pymupdf.Font = REGULAR) -> None:
        self.put(x - font.text_length(text, size) / 2, y, text, size, font)

    def lines(self, text: str, width: float, size: float = 11, font: pymupdf.Font = REGULAR) -> list[str]:
        """`text` broken to that width."""
        out, line = [], ""
        for word in text.split():
            if line and font.text_length(f"{line} {word}", size) > width:
                out.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        return [*out, line]

    def paragraph(self, text: str, x: float | None = None, width: float | None = None, size: float = 11) -> None:
        """`text` from where the last line stands, over as many pages as it takes."""
        for line in self.lines(text, width or self.width - 2 * self.margin, size):
            if self.y + 1.4 * size > self.height - self.margin:
                self.turn_page()
            self.y += 1.4 * size
            self.put(self.margin if x is None else x, self.y, line, size)
        self.y += 0.5 * size

    def save(self, path: Path, **options: object) -> Path:
        self.finish_page()
        self.document.save(path, **options)
        return path
