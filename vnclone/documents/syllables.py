"""Which words are well-formed Vietnamese syllables: tells glued words, bad scans and letter-spaced lines apart."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_NO_TONES = {ord(tone): None for tone in _TONES}
_HIGH = frozenset("\u0301\u0323")  # sắc and nặng: the only tones of syllables closed by c, ch, p, t
_ONSET = r"(?:ngh(?=[eêi])|ng(?![eêi])|nh|gh(?=[eêi])|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx])?"
# The rimes of Vietnamese without their tones (Đoàn Thiện Thuật, Ngữ âm tiếng Việt), by their vowel.
_RIMES = """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et
    ê êch êm ên ênh êp êt êu êng êc i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai
    oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô ôc ôi
    ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uên uênh uêt ui um un ung uơ uôc uôi uôm
    uôn uông uôt up ut uy uya uych uyên uyêt uynh uyn uyt uyu ư ưa ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt
    ưu ưm y yêm yên yêng yêt yêu ynh yt ych
"""
_SYLLABLE = re.compile(f"{_ONSET}(?:{'|'.join(sorted(_RIMES.split(), key=len, reverse=True))})")
_CLOSED = ("c", "ch", "p", "t")
_LONGEST = 7  # letters: nghiêng
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(
    ["the", "of", "and", "to", "in", "for", "is", "that", "with", "as", "are", "on", "by", "this", "from"]
)


@lru_cache(maxsize=20_000)
def is_syllable(word: str) -> bool:
    """Whether `word` (letters of any case, NFC) is built like a Vietnamese syllable."""
    if len(word) > _LONGEST or not (word.islower() or word.isupper() or word[1:].islower()):
        return False
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [mark for mark in apart if mark in _TONES]
    plain = unicodedata.normalize("NFC", apart.translate(_NO_TONES))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(plain):
        return False
    return not tones or tones[0] in _HIGH or not plain.endswith(_CLOSED)


def share(text: str) -> float:
    """The share of the words of `text` that are well-formed syllables, 0 to 1; 0 without a word."""
    words = _WORD.findall(text)
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def marked(text: str) -> float:
    """The share of the words of `text` with a letter that English lacks, 0 to 1. Of running Vietnamese about .75."""
    words = _WORD.findall(text)
    return sum(not word.isascii() for word in words) / len(words) if words else 0.0


def is_english(text: str) -> bool:
    """Whether more than 8 % of its words are English function words (of running English about a third are)."""
    words = _WORD.findall(text.lower())
    return len(words) > 20 and sum(word in _ENGLISH for word in words) > 0.08 * len(words)


def divided(letters: str) -> str:
    """A run of letters as the fewest well-formed syllables, a blank between them; unchanged where there is no way.

    "NGHỊĐỊNH" becomes "NGHỊ ĐỊNH". Looks at no more than the first 200 letters.
    """
    if not letters.isalpha() or len(letters) > 200:
        return letters
    best: list[tuple[int, int] | None] = [(0, 0)] + [None] * len(letters)  # (syllables so far, start of the last)
    for end in range(1, len(letters) + 1):
        ways = (
            (before[0] + 1, start)
            for start in range(max(0, end - _LONGEST), end)
            if (before := best[start]) is not None and is_syllable(letters[start:end])
        )
        best[end] = min(ways, default=None)
    if best[-1] is None:
        return letters
    parts, end = [], len(letters)
    while end:
        step = best[end]
        assert step is not None
        parts.append(letters[step[1] : end])
        end = step[1]
    return " ".join(reversed(parts))
