"""RTF: files written here as programs write them, read back; and real ones in a legacy encoding."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import needs
import pytest

from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Asked, Block, Draft
from vnclone.documents.legacy import converted
from vnclone.documents.rtf import read
from vnclone.errors import BadInput

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0{\*\panose 02020603050405020304}Times New Roman;}{\f1\fswiss\fcharset163 Arial;}"
    r"{\f2\fcharset0 .VnTime;}{\f3\fcharset0 .VnTimeH;}{\f4\fcharset162 .VnTimeH Tur;}{\f5\fcharset2 Symbol;}"
    r"{\f6\fcharset204 Times New Roman Cyr;}{\f7\fcharset128 MS Mincho;}{\f8\fnil VNI-Times;}}"
)
STYLES = (
    r"{\stylesheet{\snext0 Normal;}{\s1\keepn\b heading 1;}{\s2\outlinelevel1 M\u7909?c nh\'f4;}{\s3 caption;}"
    r"{\s4 toc 1;}{\s5 Title;}{\*\cs10\additive Default Paragraph Font;}}"
)


def opened(tmp_path: Path, body: str, head: str = r"\ansi\ansicpg1252\uc1\deff0") -> Draft:
    path = tmp_path / "a.rtf"
    path.write_bytes(("{\\rtf1" + head + FONTS + STYLES + body + "}").encode("latin-1"))
    return read(str(path), Asked(), lambda said, share: None)


def texts(draft: Draft) -> list[str]:
    return [" ".join(block.text.split()) for block in draft.blocks]


def escaped(text: str) -> str:
    """As Word writes letters beyond ASCII: their code, then a question mark for old readers."""
    units = text.encode("utf-16-le")
    codes = [int.from_bytes(units[place : place + 2], "little", signed=True) for place in range(0, len(units), 2)]
    return "".join(chr(code) if 0 < code < 128 else f"\\u{code}?" for code in codes)


def test_letters_come_by_their_code_their_byte_and_their_name(tmp_path: Path) -> None:
    body = escaped("Việt Nam ") + r"\'e0 la carte\emdash x\ldblquote y\rdblquote\~z\_a \\ \{\}\line b\tab c" + "\r\nd"
    assert opened(tmp_path, body).blocks[0].text == "Việt Nam à la carte—x“y”\u00a0z-a \\ {}\nb\tcd"


def test_what_repeats_a_code_for_old_readers_is_not_read_twice(tmp_path: Path) -> None:
    body = r"\uc2\u7879\'ea\'bfx {\uc0\u7879 y}\uc1 \u7879\'3fz \u7879?{w} {\upr{cu}{\*\ud{m\u7899?i}}}"
    assert texts(opened(tmp_path, body)) == ["ệx ệyệz ệw mới"]


def test_bytes_are_read_by_the_font_they_stand_in(tmp_path: Path) -> None:
    body = r"{\f1 Ti\'ea\'ecng Vi\'ea\'f2t} {\f6\'cc\'ee} {\f7\'93\'fa} {\f2 tr\'ad\'eang} {\f5\'b7}{\f0\'e9}"
    text = unicodedata.normalize("NFC", opened(tmp_path, body).blocks[0].text)
    assert text == "Tiếng Việt Мо 日 tr\xadêng \uf0b7é"


def test_the_document_s_code_page_holds_where_no_font_says_another(tmp_path: Path) -> None:
    draft = opened(tmp_path, r"Vi\'ea\'f2t {\f2 \'e3}{\f8 \'f5}", r"\ansi\ansicpg1258\deff0")
    assert unicodedata.normalize("NFC", draft.blocks[0].text) == "Việt ãõ"  # legacy fonts are Windows-1252 all the same


def test_fonts_of_capitals_are_marked_even_where_their_name_has_a_tail(tmp_path: Path) -> None:
    text = opened(tmp_path, r"\f2 a{\f3 b\'b8}{\f4 c}\f2 d\par\f3 e\par\f0 f").blocks
    b, e = CAPITALS_BEGIN, CAPITALS_END
    assert [block.text for block in text] == [f"a{b}b¸c{e}d", f"{b}e{e}", "f"]


def test_soft_hyphens_survive_for_the_letter_they_may_be(tmp_path: Path) -> None:
    text = opened(tmp_path, r"\f2 C\'a8n c\'f8 LuËt; tr\-íc nh÷ng ng\'ad\'eai".replace("Ë", r"\'cb")).blocks[0].text
    assert converted([text], "auto").texts == ["Căn cứ Luật; trước những người"]


def test_paragraphs_tell_headings_lists_captions_and_contents(tmp_path: Path) -> None:
    body = (
        r"\pard\s5 Ten sach\par\pard\s1 Chuong I\par\pard\s2 Muc\par\pard\plain\outlinelevel2 Tieu de ba\par"
        r"\pard\plain Than bai.\par{\listtext\pard\plain 1.\tab}\pard\ls1 Diem mot\par\pard\s3 Hinh 1\par"
        r"{\field{\*\fldinst{ TOC \\o }}{\fldrslt\pard\s4 Chuong I\tab {\field{\*\fldinst PAGEREF x}{\fldrslt 5}}\par"
        r"\pard\s4 Chuong II\tab 9\par}}\pard\plain Trang {\field{\*\fldinst PAGE}{\fldrslt 7}} het.\par"
    )
    found = [
        (block.kind, block.level, block.sure, " ".join(block.text.split())) for block in opened(tmp_path, body).blocks
    ]
    assert found == [
        ("heading", 1, True, "Ten sach"),
        ("heading", 1, True, "Chuong I"),
        ("heading", 2, True, "Muc"),
        ("heading", 3, True, "Tieu de ba"),
        ("body", None, False, "Than bai."),
        ("list item", None, False, "1. Diem mot"),
        ("caption", None, False, "Hinh 1"),
        ("body", None, True, "Chuong I"),
        ("body", None, True, "Chuong II"),
        ("body", None, False, "Trang het."),
    ]


def test_rows_are_blocks_and_a_frame_of_one_cell_is_not(tmp_path: Path) -> None:
    body = (
        r"Truoc\par\trowd\cellx1\cellx2\cellx3\pard\intbl A\par A2\cell\cell C\cell\row"
        r"\trowd\cellx1\pard\intbl Khung\par hai\cell\row\pard Sau\par"
        r"\trowd\cellx1\cellx2\pard\intbl x\cell\pard\intbl\itap2 n1\nestcell n2\nestcell"
        r"{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\pard\intbl y\cell\row\pard Het"
    )
    found = [(block.kind, " ".join(block.text.split())) for block in opened(tmp_path, body).blocks]
    assert found == [
        ("body", "Truoc"),
        ("table row", "A A2 | C"),
        ("body", "Khung"),
        ("body", "hai"),
        ("body", "Sau"),
        ("table row", "x | n1 | n2 y"),
        ("body", "Het"),
    ]


def test_notes_and_text_boxes_come_after_their_paragraph_once(tmp_path: Path) -> None:
    body = (
        r"Mot{\super\chftn{\footnote\pard\plain{\super\chftn} Ghi chu\'e1.\par Hai.}} cau"
        r"{\shp{\*\shpinst\shpleft1{\sp{\sn txt}{\sv 9}}{\shptxt\pard Trong khung\par}}{\shprslt{\*\do\dptxbx"
        r"{\dptxbxtext\pard Trong khung\par}}}}.\par Ba"
    )
    draft = opened(tmp_path, body)
    assert texts(draft) == ["Mot cau.", "Ghi chuá.", "Hai.", "Trong khung", "Ba"]
    assert [block.kind for block in draft.blocks] == ["body", "footnote", "footnote", "body", "body"]


def test_nothing_is_read_that_is_not_shown(tmp_path: Path) -> None:
    body = (
        r"{\info{\title Ten\'e0}{\author Ai do}{\*\company X}}{\header\pard Dau\par}{\footerf Chan}{\*\unknown la}"
        r"{\pict\wmetafile8 0123abcd}{\*\shppict{\pict\pngblip 00ff}}{\object{\*\objdata 00}{\result hien}}"
        r"{\v an}{\deleted xoa}{\xe{\*\xe muc}chi muc}{\*\bkmkstart b}{\*\annotation nhan xet}"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt lien ket}}\bin4 {}\\{ x"
    )
    draft = opened(tmp_path, body)
    assert (draft.title, texts(draft)) == ("Tenà", ["hienlien ket x"])


def test_a_file_cut_short_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.rtf"
    whole = "{\\rtf1\\ansi" + FONTS + r"Mot\par\trowd\pard\intbl A\cell B\cell\row\trowd\pard\intbl C\cell D"
    path.write_bytes(whole.encode())
    assert texts(read(str(path), Asked(), lambda said, share: None)) == ["Mot", "A | B", "C | D"]
    for length in range(0, len(whole), 7):
        path.write_bytes(whole.encode()[:length])
        read(str(path), Asked(), lambda said, share: None)


@pytest.mark.parametrize("body", ["{" * 100_000, r"{\footnote " * 50_000])
def test_braces_without_end_are_refused(tmp_path: Path, body: str) -> None:
    with pytest.raises(BadInput) as caught:
        opened(tmp_path, body)
    assert "damaged" in caught.value.said.en


@pytest.mark.parametrize(
    "body",
    [
        "}" * 50_000,
        r"\'" * 50_000,
        r"\u99999999 ?\u-70000?\uc-5\bin-4 x",
        r"\bin999999999 x",
        "\\" * 9_999,
        r"\f99999\'e9x",
    ],
)
def test_nonsense_is_no_crash(tmp_path: Path, body: str) -> None:
    opened(tmp_path, body)


def test_progress_of_a_large_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_bytes(b"{\\rtf1 " + (b"x y z " * 90 + b"\\par\r\n") * 20_000 + b"}")
    shares: list[float] = []
    draft = read(str(tmp_path / "a.rtf"), Asked(), lambda said, share: shares.append(share))
    assert len(draft.blocks) == 20_000 and len(shares) >= 2 and shares == sorted(shares)


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold()))


def unicode_text(blocks: tuple[Block, ...]) -> str:
    return "\n".join(converted([block.text for block in blocks], "auto").texts)


def test_real_files_say_what_their_transcripts_say() -> None:
    paths = sorted(needs.documents().glob("*.rtf"))
    assert paths
    for path in paths:
        got = words(unicode_text(read(str(path), Asked(), lambda said, share: None).blocks))
        expected = words(path.with_suffix(".txt").read_text("utf-8"))
        common = (got & expected).total()
        assert common >= 0.995 * expected.total() and common >= 0.995 * got.total(), path.name
