"""A paragraph in, its sentences out: one scan over possible ends, each judged by its neighbours and a table."""

from __future__ import annotations

import re

# A word before "." that never ends a sentence: titles, places. Compared case-folded, inner dots kept.
_TITLES = """
    gs ts pgs ths th.s gs.ts pgs.ts gs.tskh pgs.tskh tskh ts.bs gs.bs bs ks kts ks.kts ls cn cvc
    tp t.p tx tt tr q p h đ đc đ/c nxb sđt đt tel mr mrs ms dr prof st mt e.g i.e cf vs approx dept capt lt sgt rev
    cty hđ qđ tw vd v.d
"""
_NEVER_LAST = frozenset(_TITLES.split())
# A word before "." that belongs to the number after it; before anything else it may well end a sentence.
_BEFORE_A_NUMBER = frozenset(("no", "nr", "fig", "eq", "vol", "pp", "ch", "sec", "art", "số", "tr"))
# A word before "." that may end one: the next word's capital decides.
_TAILS = "v.v vv v.vv etc inc ltd co corp jr sr a.m p.m u.s u.k u.n t.ư scn tcn ph.d al"
_MAYBE_LAST = frozenset(_TAILS.split())
_KEYWORDS = "phần|chương|mục|tiểu mục|điều|khoản|điểm|bài|phụ lục|hồi|tập|quyển|câu|bảng|hình|bước|chapter|part|section"

_CLOSERS = "\"'”’»)]}›"
_OPENERS = "\"'“‘«([{‹-–—―•*_ "
# Possessive: a failed match never gives characters back, so 100,000 dots stay one linear scan.
_END = re.compile(rf"[.!?…]++[{re.escape(_CLOSERS)}]*+|[。！？]++[」』”]*+|\n+")
_LABEL = re.compile(
    rf"(?:(?:{_KEYWORDS})\s+)?(?:\d{{1,3}}(?:\.\d{{1,3}}){{0,4}}|[IVXLC]{{1,6}}|[A-Za-zĐđ])", re.IGNORECASE
)
_MARKED = re.compile(r"[^\W\d_a-zA-Z]")
_VOWEL = re.compile(r"[aeiouyăâêôơư]|[à-ỹ]", re.IGNORECASE)
_LOOK_BACK = 48  # characters: longer than any abbreviation or label, short enough to keep the scan linear


def split_sentences(text: str) -> list[str]:
    """The sentences of `text` in order, stripped; joined again they hold every non-space character of it once.

    A line break ends a sentence. Time is linear in `len(text)`, whatever it holds.
    """
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if _is_boundary(text, start, match):
            sentences.append(text[start : match.end()].strip())
            start = match.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _is_boundary(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] in "\n。！？":
        return True
    end = match.end()
    if end == len(text):
        return True
    if not text[end].isspace():
        return mark == "." and _misses_a_space(text, match.start())
    following = _following(text, end)
    if not following or following[0] == "\n":
        return True
    if mark.rstrip(_CLOSERS) == ".":
        before = text[max(start, match.start() - _LOOK_BACK) : match.start()]
        return _full_stop_ends(before, match.start() - start, following)
    return not following[0].islower()


def _following(text: str, end: int) -> str:
    """What comes next without blanks, quotes, brackets and dashes: its first letter tells a new sentence."""
    ahead = text[end : end + 12].lstrip(" \t\xa0")
    return ahead if ahead.startswith("\n") else ahead.lstrip(_OPENERS)


def _full_stop_ends(before: str, distance: int, following: str) -> bool:
    """`before`: up to 48 characters of this sentence before the stop; `distance`: how many there are in all."""
    if distance <= _LOOK_BACK and _LABEL.fullmatch(before.strip()):
        return False  # "1. Mục tiêu", "Điều 5. Phạm vi"
    word = before.rsplit(None, 1)[-1].lstrip(_OPENERS) if before.strip() else ""
    folded = word.casefold()
    if folded in _NEVER_LAST or _is_item_number(word, before):
        return False
    if folded in _BEFORE_A_NUMBER and following[0].isdigit():
        return False
    if folded in _MAYBE_LAST or "." in word:
        return not following[0].islower()
    if len(word) == 1 and word.isupper():
        return _is_a_masked_name(before) and not following[0].islower()
    return not following[0].islower() or _is_a_whole_word(word)


def _is_item_number(word: str, before: str) -> bool:
    """The "2" of "gồm: 1. cam; 2. chanh"."""
    return word.isdigit() and len(word) <= 2 and before.rstrip()[: -len(word)].rstrip().endswith((":", ";", ","))


def _is_a_masked_name(before: str) -> bool:
    """ "Nguyễn Văn A." ends a sentence; "J. K. Rowling" and "George W. Bush" do not: a Vietnamese word comes before."""
    words = before.split()
    return len(words) > 1 and (bool(_MARKED.search(words[-2])) or words[-2].casefold() in ("van", "thi"))


def _is_a_whole_word(word: str) -> bool:
    """Lower case follows: an unknown abbreviation, unless this reads like an ordinary word of careless typing."""
    return len(word) > 1 and word.isalpha() and bool(_VOWEL.search(word)) and word[1:].islower()


def _misses_a_space(text: str, at: int) -> bool:
    """ "đi.Tôi": a Vietnamese lower-case word, a stop, a capitalised word. Not "TP.HCM", "Node.Js", an address."""
    left = re.search(r"[^\W\d_]{2,24}$", text[max(0, at - 25) : at])
    right = re.match(r"[^\W\d_]{2,24}(?![\w.@/])", text[at + 1 : at + 27])
    if not left or not right:
        return False
    words = left.group(), right.group()
    return words[0].islower() and words[1].istitle() and any(_MARKED.search(word) for word in words)
