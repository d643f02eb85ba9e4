"""Which lines are headings by their words alone: Phần, Chương, Mục, Điều, Bài … and their English kin."""

from __future__ import annotations

import re

MAX_HEADING_CHARS = 160

_NUMBER = (
    r"(?:thứ\s+)?(?:\d{1,3}(?:\.\d{1,3}){0,3}[a-zđ]?|[IVXLC]{1,7}|[A-ZĐ]|(?i:một|hai|ba|bốn|tư|năm|sáu|bảy|tám|chín|mười|nhất|"
    r"one|two|three|four|five|six|seven|eight|nine|ten)(?:\s+(?i:một|hai|ba|bốn|tư|lăm|năm|sáu|bảy|tám|chín))?)"
)
_AFTER = r"(?P<rest>\s*(?:$|[.:)–—-]\s*.*|\s[A-ZĐÀ-ỸƯƠ\"“(].*))"
_LEVELS: tuple[tuple[int, str], ...] = (
    (1, "PHẦN|Phần|QUYỂN|Quyển|TẬP|Tập|PART|Part|BOOK|Book"),
    (1, "PHỤ LỤC|Phụ lục|Phụ Lục|APPENDIX|Appendix"),
    (2, "CHƯƠNG|Chương|HỒI|Hồi|CHAPTER|Chapter"),
    (3, "MỤC|Mục|SECTION|Section"),
    (4, "TIỂU MỤC|Tiểu mục|Tiểu Mục"),
    (5, "ĐIỀU|Điều|BÀI|Bài|ARTICLE|Article|LESSON|Lesson"),
)
_PATTERNS = tuple((level, re.compile(rf"(?:{words})\s+{_NUMBER}{_AFTER}", re.DOTALL)) for level, words in _LEVELS)
_ALONE = re.compile(
    r"(?:lời (?:nói|mở|giới thiệu|tựa|cảm ơn|cam đoan|kết|bạt)(?: đầu)?|mở đầu|đặt vấn đề|kết luận|mục lục|"
    r"tài liệu tham khảo|phụ lục|tóm tắt|danh mục .{3,60}|abstract|introduction|conclusions?|references|contents|"
    r"foreword|preface|acknowledge?ments?|appendix|epilogue|prologue)[.:]?",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"(?:mục lục|contents|table of contents)[.:]?", re.IGNORECASE)
_LABEL_ONLY = re.compile(r"\s*[.:–—-]?\s*")


def heading_level(text: str) -> int | None:
    """1 (part) to 5 (article) when the line's words make it a heading, else None.

    "Điều 5. Phạm vi" is one; "Điều 5 của Luật này quy định…" goes on in lower case and is not; nor is a paragraph of
    more than 160 characters, whatever it begins with.
    """
    if len(text) > MAX_HEADING_CHARS:
        return None
    if _ALONE.fullmatch(text) and text[0].isupper():
        return 1
    for level, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            return level
    return None


def is_label_only(text: str) -> bool:
    """Whether a heading is a bare number ("Chương I"), so that its name is on the next line."""
    matches = (pattern.fullmatch(text) for _, pattern in _PATTERNS)
    return any(match and _LABEL_ONLY.fullmatch(match["rest"]) for match in matches)


def is_contents(text: str) -> bool:
    """Whether the line is the title of a table of contents."""
    return bool(_CONTENTS.fullmatch(text.strip()))
