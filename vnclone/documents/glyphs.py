"""A PDF page in, its runs of type with their places out, read once: spaces restored, hidden and doubled text left out.

MuPDF takes a gap for a space only after code points below U+0700 (and in U+2000–20CF), so that "phân bố tần số" set
without space characters comes out as "phân bốtần số". Where every such word divides into well-formed syllables at those
letters, it is divided; pages with words that do not, and those with turned or hidden text, are read again letter by
letter and their gaps measured. For the others MuPDF's own JSON of lines is enough, at a quarter of the time.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from vnclone.documents.lines import SPACE_SHARE, Piece, in_capitals
from vnclone.documents.spaces import restored

Rect = tuple[float, float, float, float]

_SCALE = 10  # MuPDF's JSON rounds coordinates to whole numbers: these are tenths of a point
_FILLED_OR_STROKED = 16 | 32  # FZ_STEXT_FILLED and FZ_STEXT_STROKED: letters with neither are invisible
_BOLD_FLAG = 16
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_LEGACY = re.compile(r"(?:^|\+)(?:\.?Vn|VNI|\.VN|VPS|TCVN)", re.IGNORECASE)
_LEGACY_CAPITALS = re.compile(r"(?:^|\+)\.?Vn[A-Za-z]*H(?:$|[ ,-])")
_TCVN3 = re.compile(r"(?:^|\+)\.?Vn", re.IGNORECASE)
# TCVN3's ư is byte 0xAD, which fonts in WinAnsi's encoding call a hyphen. It is ư where the letters before it have no
# vowel yet (n-íc: nước; nh-: như), or where ơ or u follow it at a word's beginning (-íc: ước; -u: ưu).
_VOWEL = r"aeiouyAEIOUY¨©ª«¬\u00ad\u00b5-\u00bf\u00c6-\u00cf\u00d0-\u00de\u00df-\u00ff\u2219"
_U_HORN = re.compile(rf"(?<=[^\W\d_])(?<![{_VOWEL}])-(?![A-Z\d§])|(?<![^\W\d_\s\d])-(?=[u¬íêëìî])")
_MOST_RULES = 3000  # a page with more drawn paths is a drawing; its lines are no table
_LARGE = 0.5  # of the page: a picture that may be the whole of it
_INVISIBLE = re.compile(rb"\b[37]\s+Tr\b")  # the render modes of letters that are neither filled nor stroked
_WHITE = 0xFFFFFF


class Sheet(NamedTuple):
    """What a page shows. `pictures` and `rules` are boxes of images and of drawn paths; `paths` counts the latter.

    `hidden`: letters of an invisible layer, as OCR programs lay over a scan; `has_legacy_font`: letters of .VnTime,
    VNI-Times and their like, which pose as Western ones.
    """

    pieces: list[Piece]
    pictures: list[Rect]
    rules: list[Rect]
    paths: int
    width: float
    height: float
    hidden: int = 0
    has_legacy_font: bool = False


def sheet(page: Any, with_widgets: bool = False, with_rules: bool = True) -> Sheet:
    """The page's type and drawings, as the page is shown (turned pages stand upright).

    `with_rules`: its drawn paths as well, of which a map may have millions.
    """
    text_page, width, height = _text_page(page, with_widgets, 0, with_rules)
    try:
        found = _quick(text_page, width, height)
    except ValueError:  # a font's name that is no JSON
        found = None
    if found is not None and not _needs_letters(page, found) and (spaced := _with_spaces(found)):
        return spaced
    letters = _Letters(text_page, width, height)
    if turn := letters.turn():
        text_page, width, height = _text_page(page, with_widgets, turn, with_rules)
        letters = _Letters(text_page, width, height)
    return letters.sheet(found.rules if found and not turn else _rules(text_page))


def _text_page(page: Any, with_widgets: bool, turn: int, with_rules: bool) -> tuple[Any, float, float]:
    """(MuPDF's page of text, width, height in points) with `turn` degrees added; annotations are not read."""
    from pymupdf import mupdf

    box = mupdf.fz_bound_page(page.this)
    matrix = mupdf.fz_rotate(turn) if turn else mupdf.FzMatrix()
    box = mupdf.fz_transform_rect(box, matrix)
    matrix = mupdf.fz_concat(matrix, mupdf.fz_translate(-box.x0, -box.y0))
    width, height = box.x1 - box.x0, box.y1 - box.y0
    options = mupdf.FzStextOptions()
    options.flags = (
        mupdf.FZ_STEXT_PRESERVE_WHITESPACE
        | mupdf.FZ_STEXT_MEDIABOX_CLIP
        | mupdf.FZ_STEXT_PRESERVE_IMAGES
        | mupdf.FZ_STEXT_PRESERVE_SPANS
        | (mupdf.FZ_STEXT_COLLECT_VECTORS if with_rules else 0)
    )
    text_page = mupdf.FzStextPage(mupdf.FzRect(0, 0, width, height))
    device = mupdf.fz_new_stext_device(text_page, options)
    mupdf.fz_run_page_contents(page.this, device, matrix, mupdf.FzCookie())
    if with_widgets:
        mupdf.fz_run_page_widgets(page.this, device, matrix, mupdf.FzCookie())
    mupdf.fz_close_device(device)
    return text_page, width, height


def _quick(text_page: Any, width: float, height: float) -> Sheet:
    """Lines as MuPDF sees them. Raises ValueError where its JSON is none."""
    from pymupdf import mupdf

    buffer = mupdf.fz_new_buffer(16384)
    out = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(out, text_page, _SCALE)
    out.fz_close_output()
    blocks = json.loads(mupdf.fz_buffer_extract_copy(buffer).decode("utf-8", "replace"), strict=False)["blocks"]
    pieces: list[Piece] = []
    pictures: list[Rect] = []
    paths, is_legacy = 0, False
    for number, block in enumerate(blocks):
        kind = block["type"]
        if kind == "text":
            for line in block["lines"]:
                piece, font = _piece(line, number), line["font"]["name"]
                if _is_legacy(font):
                    is_legacy = True
                    piece = piece._replace(text=_legacy_text(piece.text, font))
                pieces.append(piece)
        elif kind == "image":
            box = block["bbox"]
            x, y = box["x"] / _SCALE, box["y"] / _SCALE
            pictures.append((x, y, x + box["w"] / _SCALE, y + box["h"] / _SCALE))
        else:
            paths += 1
    rules = _rules(text_page) if 0 < paths <= _MOST_RULES else []
    return Sheet(_without_doubles(pieces), pictures, rules, paths, width, height, 0, is_legacy)


def _piece(line: dict[str, Any], block: int) -> Piece:
    box, font = line["bbox"], line["font"]
    x, y = box["x"] / _SCALE, box["y"] / _SCALE
    bold = font["weight"] == "bold" or _is_bold(font["name"])
    return Piece(
        line["text"],
        x,
        y,
        x + box["w"] / _SCALE,
        y + box["h"] / _SCALE,
        line["y"] / _SCALE,
        font["size"] / _SCALE,
        bold,
        block,
    )


@lru_cache(maxsize=1000)
def _is_bold(font: str) -> bool:
    return bool(_BOLD.search(font))


@lru_cache(maxsize=1000)
def _is_legacy(font: str) -> bool:
    return bool(_LEGACY.search(font))


def _legacy_text(text: str, font: str) -> str:
    """Text in a legacy font: TCVN3's ư told from the hyphen that it comes as, capitals marked."""
    if _TCVN3.search(font):
        text = _U_HORN.sub("\u00ad", text)
        text = in_capitals(text) if text.strip() and _LEGACY_CAPITALS.search(font) else text
    return text


def _rules(text_page: Any) -> list[Rect]:
    """The boxes of drawn paths, in the order of drawing."""
    from pymupdf import mupdf

    found: list[Rect] = []
    block = text_page.m_internal.first_block
    while block is not None and len(found) <= _MOST_RULES:
        if block.type == mupdf.FZ_STEXT_BLOCK_VECTOR:
            box = block.bbox
            found.append((box.x0, box.y0, box.x1, box.y1))
        block = block.next
    return found if len(found) <= _MOST_RULES else []


def _needs_letters(page: Any, found: Sheet) -> bool:
    """Whether text may be hidden behind a picture, or lines are not level or upside down."""
    if any(
        (piece.y1 - piece.y0 > 2.4 * piece.size and len(piece.text) > 1) or piece.base < (piece.y0 + piece.y1) / 2
        for piece in found.pieces
    ):
        return True
    if not found.pieces or not found.pictures:
        return False
    return large_picture(found) or bool(_INVISIBLE.search(page.read_contents()))


def _with_spaces(found: Sheet) -> Sheet | None:
    """The sheet with glued words divided; None where only the gaps can tell how."""
    words = set(" ".join([piece.text for piece in found.pieces]).split())
    glued = {}
    for word in words:
        apart = restored(word)
        if apart is None:
            return None
        if apart is not word and apart != word:
            glued[word] = apart
    if not glued:
        return found
    return found._replace(pieces=[_divided(piece, glued) for piece in found.pieces])


def _divided(piece: Piece, glued: dict[str, str]) -> Piece:
    words = [glued.get(word, word) for word in piece.text.split(" ")]
    return piece._replace(text=" ".join(words))


def large_picture(found: Sheet, share: float = _LARGE) -> bool:
    """Whether pictures cover more than `share` of the page: one, or the strips that some scanners cut it into."""
    page = (0.0, 0.0, found.width, found.height)
    return sum(_area(_overlap(box, page)) for box in found.pictures) > share * found.width * found.height


def _overlap(a: Rect, b: Rect) -> Rect:
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def _area(box: Rect) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


class _Letters:
    """A page letter by letter: slower, and exact about gaps, directions and what is invisible."""

    def __init__(self, text_page: Any, width: float, height: float) -> None:
        import pymupdf

        read: Any = pymupdf.TextPage
        self._blocks = read(text_page).extractRAWDICT()["blocks"]
        self._width, self._height = width, height

    def turn(self) -> int:
        """Degrees by which to turn a page most of whose letters do not stand upright; else 0."""
        counts: Counter[int] = Counter()
        for line in self._lines():
            counts[_angle(line["dir"])] += sum(len(span["chars"]) for span in line["spans"])
        angle, most = counts.most_common(1)[0] if counts else (0, 0)
        return angle if angle in (90, 180, 270) and most > 0.6 * counts.total() else 0

    def _lines(self) -> Iterator[dict[str, Any]]:
        for block in self._blocks:
            yield from block.get("lines", ())

    def sheet(self, rules: list[Rect]) -> Sheet:
        pictures = [tuple(block["bbox"]) for block in self._blocks if block["type"] == 1]
        seen: list[Piece] = []
        hidden: list[Piece] = []
        is_legacy = False
        for number, block in enumerate(self._blocks):
            for line in block.get("lines", ()):
                if _angle(line["dir"]) != 0:
                    continue  # a watermark, or a stamp in the margin
                for span in line["spans"]:
                    is_legacy = is_legacy or _is_legacy(span["font"])
                    target = hidden if _is_invisible(span) else seen
                    if piece := _spaced(span, number):
                        target.append(piece)
        seen = _without_doubles(seen)
        layer = [piece for piece in hidden if _shows_picture(piece, pictures) and not _is_covered(piece, seen)]
        paths = sum(block["type"] == 3 for block in self._blocks)
        letters = sum(len(piece.text) for piece in layer)
        pieces = sorted([*seen, *layer], key=lambda piece: piece.block) if layer else seen
        return Sheet(pieces, pictures, rules, paths, self._width, self._height, letters, is_legacy)


def _angle(direction: tuple[float, float]) -> int:
    """0, 90, 180 or 270: how far text of this direction is to be turned to stand upright; -1 for slanting text."""
    x, y = direction
    if abs(y) < 0.1:
        return 0 if x > 0 else 180
    if abs(x) < 0.1:
        return 90 if y < 0 else 270
    return -1


def _is_invisible(span: dict[str, Any]) -> bool:
    """Neither filled nor stroked, wholly transparent, or white: a layer that a scanner's program laid over a page."""
    if span.get("color") == _WHITE:
        return True
    return span.get("alpha", 255) == 0 or not span.get("char_flags", _FILLED_OR_STROKED) & _FILLED_OR_STROKED


def _spaced(span: dict[str, Any], block: int) -> Piece | None:
    """The span's letters with a space at every gap that is as wide as one."""
    out: list[str] = []
    size = span["size"]
    gap = SPACE_SHARE * size
    right = left = None
    for char in span["chars"]:
        sign = char["c"]
        if sign.isspace():
            out.append(" ")
            continue
        x0, _, x1, _ = char["bbox"]
        if right is None:
            left = x0
        elif x0 - right > gap and out[-1] != " " and not unicodedata.combining(sign[0]):
            out.append(" ")
        out.append(sign)
        right = x1 if right is None or x1 > right else right
    if left is None or right is None:
        box = span["bbox"]
        left, right = box[0], box[0]  # blanks alone: their place tells nothing, but the space is kept
    _, y0, _, y1 = span["bbox"]
    text, font = "".join(out), span["font"]
    if _is_legacy(font):
        text = _legacy_text(text, font)
    bold = bool(span["flags"] & _BOLD_FLAG) or _is_bold(font)
    return Piece(text, left, y0, right, y1, span["origin"][1], size, bold, block)


def _without_doubles(pieces: list[Piece]) -> list[Piece]:
    """Pieces less those printed again at nearly the same place, as programs do for want of a bold font."""
    if len({piece.text for piece in pieces}) == len(pieces):
        return pieces
    places: dict[str, list[Piece]] = {}
    kept: list[Piece] = []
    for piece in pieces:
        same = places.setdefault(piece.text, [])
        reach = 0.4 * piece.size
        is_double = (
            any(abs(other.x0 - piece.x0) < reach and abs(other.y0 - piece.y0) < reach for other in same[-20:])
            and not piece.text.isspace()
        )
        if not is_double:
            same.append(piece)
            kept.append(piece)
    return kept


def _shows_picture(piece: Piece, pictures: list[Rect]) -> bool:
    """Whether there is a picture where the letters are: then they say what it shows."""
    x, y = (piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2
    return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in pictures)


def _is_covered(piece: Piece, seen: list[Piece]) -> bool:
    """Whether visible letters stand at the same place; looks at the first 2,000."""
    x, y = (piece.x0 + piece.x1) / 2, (piece.y0 + piece.y1) / 2
    return any(other.x0 <= x <= other.x1 and other.y0 <= y <= other.y1 for other in seen[:2000])
