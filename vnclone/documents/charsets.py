"""Bytes of unknown encoding as text: by byte order mark, by what a web page declares, else by what reads well."""

from __future__ import annotations

import codecs
import re
import unicodedata

from vnclone.documents.legacy import encoding_of
from vnclone.documents.refusals import not_text
from vnclone.models import Said

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_READABLE = re.compile("[\t\n\r\x20-\x7e\u00a0-\u024f\u0300-\u0323\u1ea0-\u1ef9\u2010-\u2026]")
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_DECLARED_WITHIN = 4096
# VISCII (RFC 1456): its 134 letters fill the bytes that Latin-1 leaves to controls and more; six stand in C0.
_VISCII_C0 = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_HIGH = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫ"
    "èéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII = {byte: chr(byte) for byte in range(128)} | _VISCII_C0
_VISCII |= dict(zip(range(128, 256), _VISCII_HIGH, strict=True))


# Windows-1252; where that has no letters VPS does, and they come out as Latin-1 has them.
_WESTERN = [bytes([code]).decode("latin-1" if code in b"\x81\x8d\x8f\x90\x9d" else "cp1252") for code in range(256)]


def decoded(data: bytes) -> tuple[str, tuple[Said, ...]]:
    """(text, notes). By byte order mark, else UTF-8, else UTF-16 or 32 by their zeros, else one-byte text.

    Text in TCVN3 and VNI comes out as the Western letters that its bytes look like. Raises BadInput for no text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, "replace").replace("\x00", ""), ()
    if b"\x00" in data[:4096]:
        return _decoded_wide(data), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _damaged_or_old(data)


def decoded_page(data: bytes) -> str:
    """A web page or e-book part: by byte order mark, UTF-8 wherever it is that, what it declares, else as any text."""
    if data.startswith(tuple(bom for bom, _ in _BOMS)) or b"\x00" in data[:4096]:
        return decoded(data)[0]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        declared = _DECLARED.search(data[:_DECLARED_WITHIN])
    name = declared[1].decode("ascii") if declared else ""
    if not name or name.lower().replace("-", "") in ("utf8", "iso88591", "windows1252", "usascii", "utf16"):
        return decoded(data)[0]
    if name.lower().replace("-", "") == "viscii":
        return viscii(data)
    try:
        return data.decode(codecs.lookup(name).name, "replace") if _is_text_codec(name) else decoded(data)[0]
    except (LookupError, UnicodeError):
        return decoded(data)[0]


def _is_text_codec(name: str) -> bool:
    """Python knows codecs that are none of letters: "zip", "rot13", "idna"."""
    return bool(getattr(codecs.lookup(name), "_is_text_encoding", True)) and codecs.lookup(name).name not in (
        "idna",
        "punycode",
        "unicode_escape",
        "raw_unicode_escape",
        "undefined",
    )


def _decoded_wide(data: bytes) -> str:
    """UTF-16 or UTF-32 without a mark, in the byte order that gives readable letters."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = data.decode(encoding, "replace")
        if len(_READABLE.findall(text[:4096])) > 0.9 * len(text[:4096]):
            return text
    if data[:65536].count(0) <= 0.02 * len(data[:65536]):
        return decoded(data.replace(b"\x00", b""))[0]
    raise not_text()


def _damaged_or_old(data: bytes) -> tuple[str, tuple[Said, ...]]:
    text = data.decode("utf-8", "replace")
    letters = sum(character > "\x7f" for character in text)
    if text.count("\ufffd") < 0.05 * letters:
        return text.replace("\ufffd", ""), (_damaged(),)
    controls = sum(byte < 9 or 13 < byte < 27 or byte == 127 for byte in data[:65536])
    if controls > 0.02 * len(data[:65536]):
        raise not_text()
    return _one_byte(data), ()


def _one_byte(data: bytes) -> str:
    """cp1258 writes tone marks after their letters; composed, they make letters that only Vietnamese has."""
    western = "".join(_WESTERN[byte] for byte in data)
    if encoding_of(western.split("\n")) not in ("", "cp1258"):
        return western
    vietnamese = unicodedata.normalize("NFC", data.decode("cp1258", "replace"))
    loose_marks = sum(unicodedata.combining(character) > 0 for character in vietnamese)
    composed = len(re.findall("[\u1ea0-\u1ef9]", vietnamese))
    if composed > 2 and composed > 5 * loose_marks and "\ufffd" not in vietnamese:
        return vietnamese
    if _is_viscii(data):
        return viscii(data)
    return western


def _is_viscii(data: bytes) -> bool:
    """Whether nearly all words are Vietnamese syllables as VISCII, and clearly fewer as Western text."""
    shares = []
    for text in (viscii(data[:20_000]), data[:20_000].decode("cp1252", "replace")):
        words = _WORD.findall(unicodedata.normalize("NFC", text).lower())
        shares.append(sum(bool(_SYLLABLE.fullmatch(word)) for word in words) / max(1, len(words)))
    return shares[0] > max(0.8, 1.3 * shares[1])


_VOWELS = "aăâeêioôơuưy" + "".join(
    unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in "\u0300\u0301\u0303\u0309\u0323"
)
_WORD = re.compile(r"[^\W\d_]+")
_SYLLABLE = re.compile(
    rf"(?:ngh?|nh|ch|th|tr|ph|kh|gh|gi|qu|[bcdđghklmnprstvx])?[{_VOWELS}]{{1,3}}(?:ch|ng|nh|[cmnpt])?"
)


def viscii(data: bytes) -> str:
    """Text in VISCII (RFC 1456)."""
    return data.decode("latin-1").translate(_VISCII)


def _damaged() -> Said:
    return Said(
        "Một vài ký tự trong tệp bị hỏng và đã được bỏ qua.",
        "A few characters of the file are damaged and were left out.",
    )
