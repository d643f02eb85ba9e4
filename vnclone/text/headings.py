"""Which lines are headings by their words alone: Phần, Chương, Mục, Điều, Bài … and their English kin, and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_HEADING_CHARS = 160
_MAX_SENTENCE_WORDS = 12  # a heading that ends in a full stop has no more

_DIGIT_WORDS = {
    "một": 1, "mốt": 1, "nhất": 1, "hai": 2, "nhì": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5, "sáu": 6,
    "bảy": 7, "bẩy": 7, "tám": 8, "chín": 9, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "first": 1, "second": 2, "third": 3,
    "mười": 10, "mươi": 10,
}  # fmt: skip
_WORD_NUMBER = rf"(?i:{'|'.join(_DIGIT_WORDS)})(?:[\s-]+(?i:{'|'.join(_DIGIT_WORDS)})){{0,2}}\b"
_NUMBER = rf"(?:(?i:thứ|số)\s+)?(?P<number>\d{{1,3}}(?:\.\d{{1,3}}){{0,3}}[a-zđ]?|[IVXLC]{{1,7}}|[A-ZĐ]|{_WORD_NUMBER})"
_CAPITAL = "A-ZĐÀ-ỸƯƠ"
_AFTER = rf"(?P<mark>\s*[.:)/–—-]+\s*|\s*$|\s+(?=[{_CAPITAL}\"“(]))(?P<rest>.*)"
# (level, name of the kind, words).
_KINDS: tuple[tuple[int, str, str], ...] = (
    (1, "part", "PHẦN|Phần|QUYỂN|Quyển|TẬP|Tập|PART|Part|BOOK|Book|VOLUME|Volume"),
    (1, "appendix", "PHỤ LỤC|Phụ lục|Phụ Lục|APPENDIX|Appendix|ANNEX|Annex"),
    (2, "chapter", "CHƯƠNG|Chương|HỒI|Hồi|CHAPTER|Chapter|CHUYÊN ĐỀ|Chuyên đề|CHỦ ĐỀ|Chủ đề|MODULE|Module|UNIT|Unit"),
    (3, "section", "MỤC|Mục|SECTION|Section"),
    (4, "subsection", "TIỂU MỤC|Tiểu mục|Tiểu Mục"),
    (5, "article", "ĐIỀU|Điều|BÀI|Bài|ARTICLE|Article|LESSON|Lesson"),
)
_PATTERNS = tuple(
    (level, kind, re.compile(rf"(?P<label>(?:{words})\s+{_NUMBER}){_AFTER}", re.DOTALL))
    for level, kind, words in _KINDS
)
_FIRST_LETTERS = frozenset(word[0] for _, _, words in _KINDS for word in words.split("|"))
_ALONE = re.compile(
    r"(?:lời (?:nói|mở|giới thiệu|tựa|cảm ơn|cám ơn|cam đoan|kết|bạt|ngỏ|dẫn)(?: đầu)?|"
    r"(?:phần )?mở đầu|đặt vấn đề|(?:phần )?kết luận|phần nội dung|"
    r"kết luận (?:và|,) (?:kiến nghị|khuyến nghị|đề nghị)|mục lục|tài liệu (?:tham khảo|trích dẫn)|phụ lục|tóm tắt|"
    r"danh mục .{3,60}|abstract|introduction|conclusions?|references|bibliography|contents|table of contents|"
    r"foreword|preface|acknowledge?ments?|appendix|appendices|epilogue|prologue)[.:]?",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"(?:mục lục|contents|table of contents)[.:]?", re.IGNORECASE)
_LABEL_ONLY = re.compile(r"\s*[.:–—-]?\s*")
# "Điều 5 Luật Đất đai năm 2013 quy định …" speaks of an article of something else.
_OF_ANOTHER = re.compile(
    r"(?:của|Bộ luật|Luật|Nghị định|Nghị quyết|Thông tư|Quyết định|Hiến pháp|Pháp lệnh|Điều lệ|Quy chế|Quy định|"
    r"Công ước|Hiệp định|Chương|Mục|Chỉ thị)\b"
)
_LEAD = r"(?:\d{1,2}(?:\.\d{1,2})*[.)]?\s+|[IVXLC]{1,6}[.)]\s+|(?:chương|phần|chapter|part)\s+[\divxlc]+\s*[.:–-]?\s*)?"
# What nobody listens to: tables of contents, lists of figures, references, indexes, imprints.
_APART = re.compile(
    rf"{_LEAD}(?:mục lục|danh mục .{{0,20}}(?:hình|bảng|biểu|đồ thị|sơ đồ|chữ viết tắt|từ viết tắt|ký hiệu|thuật ngữ|"
    r"viết tắt|tài liệu tham khảo|công trình)(?!\w).{0,60}|(?:danh sách|bảng) .{0,20}(?:hình|(?:chữ|từ) viết tắt|"
    r"ký hiệu)(?!\w).{0,40}|(?:danh mục )?tài liệu (?:tham khảo|trích dẫn)(?: chính)?|thư mục(?: tham khảo)?|"
    r"chỉ mục|bảng chỉ dẫn|sách dẫn|trang bìa|bìa|bản quyền|thông tin xuất bản|(?:table of )?contents|"
    r"list of (?:figures|tables|illustrations|abbreviations|acronyms)|references(?: cited)?|bibliography|works cited|"
    r"index|cover|title page|half title|copyright(?: page| notice)?|colophon|imprint)[.:]?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    rf"(?P<number>\d{{1,2}}(?:\.\d{{1,2}}){{0,4}}|[IVXL]{{1,6}}|[A-H])(?P<mark>[.)/]|\s*[-–:](?=\s)|(?=\s))\s*"
    rf"(?P<rest>[{_CAPITAL}“\"(].*)"
)


@dataclass(frozen=True, slots=True)
class Label:
    """ "Chương II. QUY ĐỊNH": kind "chapter", level 2, number 2, text "Chương II", rest "QUY ĐỊNH".

    `marked`: whether a sign stands between the number and the rest. `number` is 0 for what is not counted.
    """

    kind: str
    level: int
    number: int
    text: str
    rest: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """ "2.1. Khái niệm": scheme "1", depth 2, numbers (2, 1); schemes are "1", "I" and "A"."""

    scheme: str
    numbers: tuple[int, ...]
    rest: str


def labelled(text: str) -> Label | None:
    """The label that a paragraph of any length begins with: a word of the kinds above and its number."""
    if text[:1] not in _FIRST_LETTERS:
        return None
    for level, kind, pattern in _PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            rest = match["rest"].strip()
            marked = bool(match["mark"].strip())
            if not marked and _OF_ANOTHER.match(rest):
                return None
            return Label(kind, level, _value(match["number"]), match["label"], rest, marked)
    return None


def heading_level(text: str) -> int | None:
    """1 (part) to 5 (article) when the line's words make it a heading, else None.

    "Điều 5. Phạm vi" is one; "Điều 5 của Luật này quy định…" goes on in lower case and is not; nor is a paragraph of
    more than 160 characters, whatever it begins with.
    """
    if len(text) > MAX_HEADING_CHARS or not text:
        return None
    if is_alone(text):
        return 1
    label = labelled(text)
    return label.level if label and (label.marked or not _is_sentence(label.rest)) else None


def is_alone(text: str) -> bool:
    """Whether the line is one of the names that need no number: "Lời nói đầu", "Kết luận"."""
    return len(text) <= MAX_HEADING_CHARS and text[:1].isupper() and bool(_ALONE.fullmatch(text))


def is_label_only(text: str) -> bool:
    """Whether a heading is a bare number ("Chương I"), so that its name is on the next line."""
    label = labelled(text)
    return label is not None and bool(_LABEL_ONLY.fullmatch(label.rest))


def is_contents(text: str) -> bool:
    """Whether the line is the title of a table of contents."""
    return bool(_CONTENTS.fullmatch(text.strip()))


def is_apart(title: str) -> bool:
    """Whether a chapter of this title is left out when a document is read aloud, unless somebody asks for it."""
    return len(title) <= 120 and bool(_APART.fullmatch(title.strip()))


def numbered(text: str) -> Numbered | None:
    """A short title with a number of its own before it: "I. Đặt vấn đề", "2.1 Khái niệm", "B. Nội dung"."""
    if len(text) > MAX_HEADING_CHARS or not text[:1].isalnum():
        return None
    match = _NUMBERED.fullmatch(text)
    if match is None or not _is_title(match["rest"], strict=match["number"][0].isdigit()):
        return None
    number, marked = match["number"], bool(match["mark"].strip())
    if number[0].isdigit():
        parts = tuple(int(part) for part in number.split("."))
        return Numbered("1", parts, match["rest"]) if marked or len(parts) > 1 else None
    if not marked:
        return None
    value = _roman(number)
    if value and not (len(number) == 1 and number in "CDL"):
        return Numbered("I", (value,), match["rest"])
    return Numbered("A", (ord(number) - ord("A") + 1,), match["rest"]) if len(number) == 1 else None


def _is_title(text: str, strict: bool) -> bool:
    """A few words without a stop. "1. Kinh phí:" opens a list as often as a section; "I. Kinh phí:" a section."""
    words = len(text.split())
    if text.rstrip().endswith(":") and not strict:
        text = text.rstrip(": ")
    return text.rstrip()[-1:] not in ".;,:!?…" and words <= (20 if strict else 30)


def _is_sentence(text: str) -> bool:
    return text.endswith((".", ";", ",")) and len(text.split()) > _MAX_SENTENCE_WORDS


def _value(number: str) -> int:
    if number[0].isdigit():
        return int(re.match(r"\d+", number)[0])  # type: ignore[index]
    if _roman(number):
        return _roman(number)
    if len(number) == 1:
        return ord(number) - ord("A") + 1
    return _from_words(number.lower().replace("-", " ").split())


def _from_words(words: list[str]) -> int:
    """ "mười lăm" 15, "hai mươi mốt" 21, "twenty one" 21."""
    total = 0
    for word in words:
        if word == "mươi":
            total *= 10
        else:
            total += _DIGIT_WORDS.get(word, 0)
    return total


def _roman(text: str) -> int:
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
    digits = [values.get(letter, 0) for letter in text]
    if not digits or 0 in digits:
        return 0
    return sum(-d if d < following else d for d, following in zip(digits, [*digits[1:], 0], strict=True))
