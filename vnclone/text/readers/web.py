"""The web and the disk: addresses, e-mails, handles, hashtags, paths, file names, IP numbers, identifiers."""

from __future__ import annotations

import re
from functools import lru_cache

from vnclone.text.readers import letters, library, numbers
from vnclone.text.readers.rule import Family, Place
from vnclone.text.readers.tables import table

FAMILY = Family("web")

# Every repetition is bounded, so that 10 MB without a blank stay one linear scan.
_REST = r"[^\s<>\"“”«»,;]{0,300}[^\s<>\"“”«».,;:!?)\]}'’…*_]"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_TOP = (
    "com|vn|net|org|edu|gov|io|ai|dev|app|info|biz|tv|co|gle|asia|xyz|tech|site|online|store|shop|club|uk|jp|cn|kr|sg"
)
_TOP_WORDS = "me|to|us|de|fr|ru|id|in|eu|gg|ly|fm|am|so"  # words as well: only with a path, or after another dot
_FILES = (
    "pdf|docx?|xlsx?|pptx?|txt|csv|tsv|json|xml|html?|md|py|js|ts|java|cpp|css|sql|sh|exe|msi|apk|iso|zip|rar|7z|tar|gz|"
    "jpe?g|png|gif|svg|bmp|webp|mp3|mp4|wav|flac|ogg|m4a|m4b|avi|mkv|mov|epub|rtf|odt|log|ini|yml|yaml|toml|bak|tmp|dll|psd"
)
_PIECE = re.compile(r"[^\W\d_]+|\d+|[\W_]")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SIGNS = {
    ".": "chấm", "/": "gạch chéo", "\\": "gạch chéo", "-": "gạch nối", "_": "gạch dưới", "@": "a còng",
    ":": "hai chấm", "?": "hỏi chấm", "=": "bằng", "&": "và", "#": "thăng", "%": "phần trăm", "+": "cộng", "~": "ngã",
    "*": "sao", "!": "chấm than", "$": "đô la",
}  # fmt: skip
_FRAME = "đường dẫn là x.vn/", "đường dẫn là ích chấm vê nờ gạch chéo "


@FAMILY.rule("Aa", rf"(?:(?i:https?|ftp|wss?|file)://|www\.){_REST}")
def _url(match: re.Match[str], place: Place) -> str:
    return say(match.group())


@FAMILY.rule("dAa", rf"[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@{_LABEL}(?:\.{_LABEL}){{1,4}}")
def _email(match: re.Match[str], place: Place) -> str:
    return say(match.group())


@FAMILY.rule("dAa", rf"(?:{_LABEL}\.){{1,5}}(?:{_TOP})(?![\w-])(?::\d{{1,5}})?(?:[/?#]{_REST}|/)?")
@FAMILY.rule("dAa", rf"(?:{_LABEL}\.){{1,5}}(?:{_TOP_WORDS})/{_REST}")
@FAMILY.rule("dAa", rf"(?:{_LABEL}\.){{2,5}}(?:{_TOP_WORDS})(?![\w-])")
@FAMILY.rule("a", rf"localhost(?::\d{{1,5}})?(?:/{_REST})?")
def _domain(match: re.Match[str], place: Place) -> str | None:
    written = match.group()
    return say(written) if any(sign.isalpha() for sign in written.rsplit(".", 1)[0]) else None


@FAMILY.rule("d", r"\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5}|/\d{1,2})?(?![\w.]*\d)")
@FAMILY.rule("dAa", r"(?:[0-9a-fA-F]{1,4}:){4,7}[0-9a-fA-F]{1,4}(?!\w)")
@FAMILY.rule("dA", r"(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}(?!\w)")
def _number_of_a_machine(match: re.Match[str], place: Place) -> str | None:
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.\d{3}){3}", match.group()) and not place.near(frozenset(("ip", "máy", "chủ"))):
        return None  # "1.000.000.000"
    return say(match.group(), apart=True)


@FAMILY.rule("Aa", rf"[A-Za-z]:\\{_REST}")
@FAMILY.rule("s", rf"\\{{1,2}}[\w.-]{{1,64}}\\{_REST}")
def _windows_path(match: re.Match[str], place: Place) -> str:
    return say(match.group())


@FAMILY.rule("s", rf"~?/[A-Za-z][\w.-]{{0,64}}(?:/{_REST})?")
def _path(match: re.Match[str], place: Place) -> str | None:
    return None if place.before.isalnum() or "/" not in match.group()[1:] else say(match.group())


@FAMILY.rule("dAa", rf"[\w-]{{1,80}}(?:\.[\w-]{{1,30}}){{0,4}}\.(?:{_FILES})(?!\w)")
@FAMILY.rule("s", rf"\.(?:{_FILES})(?!\w)")
def _file(match: re.Match[str], place: Place) -> str | None:
    name = match.group().rsplit(".", 1)[0]
    return None if name.isdigit() and place.follows(frozenset(("tháng",))) else say(match.group())


@FAMILY.rule("dAa", r"[A-Za-z0-9]{1,40}(?:_{1,2}[A-Za-z0-9]{1,40}){1,8}(?!\w)")
@FAMILY.rule("s", r"@[A-Za-z0-9_](?:[\w.]{0,38}\w)?")
@FAMILY.rule("s", r"#[^\W\d_]\w{1,60}")
def _handle(match: re.Match[str], place: Place) -> str:
    return say(match.group())


@FAMILY.rule("s", r"#(\d{3,12})(?!\w)")
def _order_number(match: re.Match[str], place: Place) -> str:
    return numbers.digits(match[1])


@FAMILY.rule("aA", r"[vV](\d{1,4}(?:\.\d{1,6}){1,4})(?![\w.]*\d)")
def _version(match: re.Match[str], place: Place) -> str:
    return f"vê {say(match[1])}"


def say(written: str, apart: bool = False) -> str:
    """An address, sign by sign; runs of letters as words where they are some. `apart`: letter by letter."""
    said = []
    behind = ""
    for piece in _PIECE.findall(written):
        if piece[0].isdecimal():
            said.append(numbers.digits(piece))
        elif piece.isalpha():
            said.append(letters.spell(piece) if apart else _suffix(piece) if behind == "." else _words(piece))
        else:
            said.append(_SIGNS.get(piece) or table("signs").get(piece, ""))
        behind = piece
    return " ".join(part for part in said if part)


def _suffix(piece: str) -> str:
    return table("suffixes").get(piece.lower()) or _words(piece)


def _words(run: str) -> str:
    """ "trungtamtinhoc" -> "trung tam tin hoc", "CaNhan" -> "ca nhan", "TNCN" -> letters."""
    fixed = table("suffixes").get(run.lower()) if run.lower() in ("www", "http", "https", "ftp") else None
    return fixed or " ".join(_word(part) for part in (_CAMEL.findall(run) if run.isascii() else [run]))


@lru_cache(20_000)
def _word(part: str) -> str:
    if len(part) > 1 and part.isupper() and len(part) <= 4:
        return letters.spell(part)
    if len(part) == 1 or not part.isascii():
        return letters.name(part) if len(part) == 1 else part.lower()
    said = library.normalized(_FRAME[0] + part.lower() + " nhé")
    inside = said.startswith(_FRAME[1]) and said.endswith(" nhé")
    return said[len(_FRAME[1]) : -len(" nhé")] if inside else part.lower()
