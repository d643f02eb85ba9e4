"""The vocabulary of RTF: which groups hold no text, which signs are words, which code page a font's bytes are in."""

from __future__ import annotations

import re

# Control words that stand for a character.
CHARACTERS = {
    "tab": "\t", "line": "\n", "page": " ", "column": " ", "softline": " ", "emspace": " ", "enspace": " ",
    "qmspace": " ", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”",
}  # fmt: skip
# "\-" is also how U+00AD is written, which is TCVN3's ư; tidying drops it where it is only a place to divide.
SYMBOLS = {"~": "\u00a0", "-": "\u00ad", "_": "-", "\\": "\\", "{": "{", "}": "}"}
# Groups without text of the document: running heads, pictures, lists of fonts and colours, comments, index entries,
# the copies that Word keeps for older programs.
_SKIPPED = """
    header headerl headerr headerf footer footerl footerr footerf pict nonshppict shprslt colortbl filetbl info
    listtable listoverridetable revtbl sp sn sv tc tcn xe rxe txe ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn
    pntxta pntxtb objdata objclass annotation atnid atnauthor atndate atnref atnicn private keywords comment
    template background nonesttables
"""
SKIPPED = frozenset(_SKIPPED.split())
# Groups marked "\*", to be left out by readers that do not know them, which hold text all the same.
_ENTERED = "shpinst do ud fldinst moMath moMathPara oMath oMathPara footnote cs shptxt nesttableprops"
ENTERED = frozenset(_ENTERED.split())
# Groups with paragraphs of their own, which are read after the paragraph that they stand in.
STORIES = frozenset(("footnote", "shptxt", "dptxbxtext"))
# Fields by their instruction: numbers of pages are not read, contents and indexes are no headings.
PAGE_FIELDS = frozenset(("PAGE", "NUMPAGES", "SECTIONPAGES", "PAGEREF"))
CONTENTS_FIELDS = frozenset(("TOC", "INDEX", "TOA"))
LIST_TEXT = frozenset(("listtext", "pntext"))
# \fcharsetN -> code page (specification, "Font Table"); 0 and 1 mean the document's own.
CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "cp1361", 134: "gbk", 136: "big5", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    254: "cp437",
}  # fmt: skip
DOCUMENT_CODECS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850", "ansi": "cp1252"}
SYMBOL_CHARSET = 2
SYMBOL_BASE = 0xF000  # where Windows keeps the signs of symbol fonts
# Legacy Vietnamese fonts, whatever charset they declare, are seen as Windows-1252: ".VnTime", "VNI-Times", "VPS Times".
LEGACY_FONT = re.compile(r"\.?vn|vps", re.IGNORECASE)
CAPITALS_FONT = re.compile(r"\.[Vv][Nn].*[a-z ]H(?: \w+)?$")
