"""Vietnamese or English, by letters, function words and the shape of syllables; in doubt, Vietnamese."""

from __future__ import annotations

import re
import unicodedata

from vnclone.models import Language

_SAMPLE_CHARS = 2000  # enough for any paragraph; keeps a pasted book cheap
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ONLY_VIETNAMESE = re.compile("[ăđơư\u1ea0-\u1ef9]")

# An unaccented Vietnamese syllable: onset, nucleus, coda as the orthography allows them (after Thompson, 1965).
_SYLLABLE = re.compile(
    r"(?:ngh?|nh|ch|th|tr|ph|kh|gh|gi|qu|[bcdghklmnprstvx])?"
    r"(?:ieu|yeu|oai|oay|oeo|uay|uoi|uou|uya|uye|uyu|uay|ai|ao|au|ay|eo|eu|ia|ie|iu|oa|oe|oi|oo|ua|ue|ui|uo|uu|uy|ye|[aeiouy])"
    r"(?:ch|ng|nh|[cmnpt])?"
)
_ENGLISH_WORDS = """
    the of and is are was were be been being that for with this these those as by from at or not have has had it its
    you your he she they their them we our his her which who what when where how will would can could should may might
    but if so than then there here about into over under between after before because all any some more most other such
    only also just very i my your's don't doesn't isn't it's i'm hello yes please thank thanks good one two new chapter
"""
_VIETNAMESE_WORDS = """
    la va cua khong co cho nhung duoc nguoi mot trong voi cac toi ban nay thi khi den nhu cung da se xin chao viet nam
    hom gi ngay thang nhieu lam biet di ve tai theo dieu chuong phan phai rat lai roi duong nha nuoc minh chi con
"""
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_UNACCENTED_VIETNAMESE = frozenset(_VIETNAMESE_WORDS.split())


def detect(text: str) -> Language:
    """The language a paragraph is mostly written in. Text without evidence of either is "vi".

    A word with Vietnamese letters or an English function word weighs 2, an unaccented Vietnamese function word 1, and
    so does a word that no Vietnamese syllable could spell: "Dùng Docker để deploy container" stays Vietnamese.
    """
    vietnamese = english = 0
    for word in _WORD.findall(unicodedata.normalize("NFC", text[:_SAMPLE_CHARS])):
        toward = _weigh(word)
        vietnamese += max(toward, 0)
        english += max(-toward, 0)
    return "en" if english > vietnamese else "vi"


def _weigh(word: str) -> int:
    """Positive for Vietnamese, negative for English, 0 for neither (acronyms, names, numbers)."""
    if word.isupper() and word.isascii() and 1 < len(word) <= 5 and word.casefold() not in _ENGLISH:
        return 0  # "GDP" and "UBND" belong to both
    folded = word.casefold().replace("’", "'")
    if _ONLY_VIETNAMESE.search(folded):
        return 2
    bare = _without_marks(folded)
    fits = is_syllable(bare)
    if bare != folded:
        return 2 if fits else 0  # "là" against "café"
    if folded in _ENGLISH:
        return -2
    if folded in _UNACCENTED_VIETNAMESE:
        return 1
    return 0 if fits or not folded.isascii() else -1


def is_english(sentence: str) -> bool:
    """Whether a sentence among Vietnamese ones is wholly English: two function words, no Vietnamese letter."""
    if not sentence.isascii():
        return False
    words = _WORD.findall(sentence[:_SAMPLE_CHARS].casefold())
    is_mixed = any(word in _UNACCENTED_VIETNAMESE for word in words)
    return not is_mixed and sum(word in _ENGLISH for word in words) >= 2


def is_syllable(bare: str) -> bool:
    """Whether Vietnamese spelling allows it as one syllable; `bare`: in small letters without marks."""
    return bool(_SYLLABLE.fullmatch(bare))


def _without_marks(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
