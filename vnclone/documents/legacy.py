"""Fonts of the 1990s: recognises text in TCVN3 (ABC) or VNI-Windows that poses as Western letters."""

from __future__ import annotations

import re
from typing import Literal

from vnclone.models import Said

# TCVN3's ă â ê ô ơ ư đ and à ả ã á ạ fall on these signs of Windows-1252; inside words no language uses them.
_TCVN3 = re.compile("(?<=[^\\W\\d_])[¨©ª«¬\u00ad®µ¶·¸¹](?=[^\\W\\d_]|\\b|\\s)|[¨©ª«¬\u00ad®µ¶·¸¹](?=[^\\W\\d_])")
# VNI writes a mark as a letter of its own after the vowel; Vietnamese in Unicode has none of these letters.
_VNI = re.compile(r"[aeouyöô][øûïäåëüæ]|[nh]?ñ[aeiouyöô]|ö[ôøùï]", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_UNICODE_VIETNAMESE = re.compile("[ăđơư\u1ea0-\u1ef9]", re.IGNORECASE)
_SAMPLE_CHARS = 200_000


def legacy_encoding(text: str) -> Literal["TCVN3", "VNI"] | None:
    """The legacy encoding most of `text` is written in, or None.

    Either must touch more than 15 % of the words, and more of them than have Unicode's own Vietnamese letters.
    """
    sample = text[:_SAMPLE_CHARS]
    words = len(_WORD.findall(sample))
    unicode_letters = len(_UNICODE_VIETNAMESE.findall(sample))
    tcvn3, vni = len(_TCVN3.findall(sample)), len(_VNI.findall(sample))
    if max(tcvn3, vni) <= max(0.15 * words, unicode_letters, 2):
        return None
    return "TCVN3" if tcvn3 > vni else "VNI"


def legacy_note(text: str) -> Said | None:
    """What to tell a person whose document is in a legacy encoding, or None."""
    name = legacy_encoding(text)
    if name is None:
        return None
    full = {"TCVN3": "TCVN3 (ABC)", "VNI": "VNI-Windows"}[name]
    return Said(
        f"Tài liệu này dùng bảng mã cũ {full}, hiện chưa chuyển được nên sẽ bị đọc sai. "
        "Hãy chuyển tài liệu sang Unicode (ví dụ bằng UniKey) rồi tải lên lại.",
        f"This document uses the legacy encoding {full}, which cannot be converted yet, so it would be misread. "
        "Convert it to Unicode (with UniKey, for example) and upload it again.",
    )
