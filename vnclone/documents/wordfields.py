"""Word's complex fields: which letters are instructions, which a contents entry or a page number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vnclone.documents.wordstyles import W

_CONTENTS = ("TOC", "INDEX", "TOA")
_PAGE_NUMBERS = ("PAGE", "NUMPAGES", "SECTIONPAGES")


@dataclass(slots=True)
class _Field:
    instruction: str = ""
    in_result: bool = False

    @property
    def name(self) -> str:
        words = self.instruction.split(None, 1)
        return words[0].upper() if words else ""


@dataclass(slots=True)
class Fields:
    """The fields that are open at a place of the walk. Where a document's marks do not pair, none is trusted."""

    trusted: bool = True
    stack: list[_Field] = field(default_factory=list)

    def mark(self, element: Any) -> None:
        """A w:fldChar."""
        kind = element.get(f"{W}fldCharType")
        if not self.trusted:
            return
        if kind == "begin":
            self.stack.append(_Field())
        elif self.stack and kind == "separate":
            self.stack[-1].in_result = True
        elif self.stack and kind == "end":
            self.stack.pop()

    def instruct(self, text: str) -> None:
        """A w:instrText."""
        if self.stack and len(self.stack[-1].instruction) < 1000:
            self.stack[-1].instruction += text

    @property
    def is_muted(self) -> bool:
        """Within an instruction, a page number, or the page number of a contents entry."""
        for each in self.stack:
            if not each.in_result or each.name in _PAGE_NUMBERS:
                return True
        return self.in_contents and any(each.name == "PAGEREF" for each in self.stack)

    @property
    def in_contents(self) -> bool:
        return any(each.name in _CONTENTS for each in self.stack)


def simple_name(element: Any) -> str:
    """The name of a w:fldSimple's field."""
    words = (element.get(f"{W}instr") or "").split(None, 1)
    return words[0].upper() if words else ""


def is_page_number(name: str) -> bool:
    return name in _PAGE_NUMBERS


def pairs(data: bytes) -> bool:
    """Whether as many fields end as begin in the XML of a document."""
    begins, ends = (
        data.count(b'fldCharType="' + kind) + data.count(b"fldCharType='" + kind) for kind in (b"begin", b"end")
    )
    return begins == ends
