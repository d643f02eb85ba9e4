"""Legacy encodings: every letter of every table there and back, real texts, and clean texts that stay as they are."""

from __future__ import annotations

import gettext
import re
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path

import needs
import pytest

from vnclone.documents.codepages import CODEPAGES
from vnclone.documents.docx import read as read_docx
from vnclone.documents.draft import CAPITALS_BEGIN, CAPITALS_END, Asked
from vnclone.documents.legacy import NAMES, converted
from vnclone.models import ENCODINGS

TABLES = {page.name: page.table for page in reversed(CODEPAGES)}
FOUND = ("tcvn3", "vni", "vps", "cp1258")  # what "auto" finds
VOWELS = "aăâeêioôơuưy"
TONES = "\u0300\u0301\u0303\u0309\u0323"
LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ("", *TONES)] + ["đ"]
TEXT = (
    "Căn cứ Luật Tổ chức Chính phủ ngày 25 tháng 12 năm 2001; theo đề nghị của Bộ trưởng Bộ Nội vụ,\n"
    "Điều 1. Những người được hưởng lương hưu, trợ cấp mất sức lao động hằng tháng: ưu tiên ở, ăn, ý kiến.\n"
    "Nghị định này có hiệu lực thi hành sau mười lăm ngày, kể từ ngày đăng Công báo (Quý IV, mức 500.000 đ/tháng).\n"
    "Kỹ thuật nuôi thủy sản: cá trắm cỏ, ngỗng, khỉ; giỏi, kẽ, ngõ, mũi, quỹ, phẫu thuật, hẻm, xẻng, tủi, lẳng lặng."
)


def written(text: str, name: str) -> str:
    """`text` as a font of the code page `name` has it, seen as Windows-1252. Capitals it lacks become small letters."""
    if name == "cp1258":
        return cp1258(text).decode("cp1252")
    back: dict[str, str] = {}
    for sign, letter in TABLES[name].items():
        back.setdefault(letter, sign)
    return "".join(back.get(c) or back.get(c.lower(), c) for c in unicodedata.normalize("NFC", text))


def cp1258(text: str) -> bytes:
    """As Windows wrote Vietnamese: the letter, then its tone mark."""
    out = b""
    for character in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", character)
        letter = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES))
        out += (letter + "".join(mark for mark in marks if mark in TONES)).encode("cp1258")
    return out


def auto(text: str) -> str:
    return converted([text], "auto").texts[0]


@pytest.mark.parametrize("name", FOUND)
def test_every_letter_comes_back(name: str) -> None:
    letters = LETTERS if name in ("tcvn3", "vps") else LETTERS + [letter.upper() for letter in LETTERS]
    for letter in letters:
        assert converted([written(f"x{letter}", name)], name).texts == [f"x{letter}"], letter


@pytest.mark.parametrize("name", FOUND)
def test_a_whole_text_is_recognised_and_comes_back(name: str) -> None:
    result = converted(written(TEXT, name).split("\n"), "auto")
    assert "\n".join(result.texts) == TEXT and result.encoding == name
    assert result.note and NAMES[name] in result.note.vi and NAMES[name] in result.note.en


def test_tcvn3_agrees_with_iconv() -> None:
    needs.program("iconv", "libc-bin")
    for sign, letter in TABLES["tcvn3"].items():
        if sign <= "\xff":
            known = subprocess.run(
                ["iconv", "-f", "TCVN", "-t", "UTF-8"], input=sign.encode("latin-1"), capture_output=True
            )
            assert known.stdout.decode() == letter
    told = subprocess.run(["iconv", "-f", "TCVN"], input=written(TEXT, "tcvn3").encode("latin-1"), capture_output=True)
    assert unicodedata.normalize("NFC", told.stdout.decode()) == TEXT


def test_the_table_of_windows_1258_agrees_with_python() -> None:
    for sign, letter in TABLES["cp1258"].items():
        assert sign.encode("cp1252").decode("cp1258") == letter
    differing = [bytes([code]) for code in range(0xA0, 0x100) if bytes([code]).decode("cp1252") not in TABLES["cp1258"]]
    assert all(code.decode("cp1252") == code.decode("cp1258") for code in differing)


def test_no_two_letters_share_a_code() -> None:
    for name in ("tcvn3", "vni", "vps"):
        letters = set(TABLES[name].values())
        capitals = {letter.upper() for letter in LETTERS}
        assert set(LETTERS) - set(VOWELS) <= letters
        missing = capitals - letters - set(VOWELS.upper())
        assert (name == "vni") <= (not missing), missing


@pytest.mark.parametrize("name", ["tcvn3", "vni"])
def test_text_that_was_taken_for_windows_1258_is_recognised(name: str) -> None:
    seen = written(TEXT, name).encode("cp1252").decode("cp1258", "ignore")
    assert converted(seen.split("\n"), "auto").encoding == name
    assert sum(a == b for a, b in zip(auto(seen).split(), TEXT.split(), strict=True)) > 0.97 * len(TEXT.split())


def test_vni_is_complete_in_both_ways_of_writing_i_and_with_mixed_marks() -> None:
    assert converted(["chiùnh chính KYÕ Kyõ thuaät laúng laëng LAÚNG Laù quyù mî"], "vni").texts == [
        "chính chính KỸ Kỹ thuật lẳng lặng LẲNG Lá quý mỵ"
    ]
    assert converted(["AÙ Aù aÙ"], "vni").texts == ["Á Á á"]


def test_letters_that_pdf_files_show_otherwise_are_known() -> None:
    seen = written(TEXT, "tcvn3").replace("\xad", "\u2212").replace("·", "\u2219").replace("µ", "\u03bc")
    assert auto(seen) == TEXT


def test_a_hyphen_in_the_place_of_the_hidden_one_is_read_where_it_makes_a_word() -> None:
    seen = written(TEXT, "tcvn3").replace("\xad", "-")
    assert auto(seen) == TEXT
    pairs = written("Hà Nội-Huế, Việt Nam-Lào, hữu nghị-hợp tác; điều 5 - mục 6; - u ám; T-55, e-mail", "tcvn3")
    assert converted([pairs], "tcvn3").texts[0].startswith("Hà Nội-Huế, Việt Nam-Lào, hữu nghị-hợp tác; điều 5 - mục")


def test_soft_hyphens_of_a_program_are_no_letters() -> None:
    assert auto(written("Chính phủ ban hành nghị định về soft\xadware", "tcvn3")).endswith("software")


def test_capitals_follow_their_font_even_from_the_middle_of_a_word() -> None:
    b, e = CAPITALS_BEGIN, CAPITALS_END
    lines = [
        f"{b}{written('cộng hoà xã hội chủ nghĩa việt nam', 'tcvn3')}{e}",
        f"Đ{b}iều 1{e}. ".replace("Đ", "§").replace("ề", "Ò")
        + written("Phạm vi điều chỉnh của nghị định này", "tcvn3"),
        written(f"Chương {b}hai\nvà ba{e} bốn", "tcvn3"),
    ]
    assert converted(lines, "auto").texts == [
        "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "ĐIỀU 1. Phạm vi điều chỉnh của nghị định này",
        "Chương HAI\nVÀ BA bốn",
    ]


def test_a_font_of_capitals_around_unicode_lies_and_its_marks_go() -> None:
    text = f"{CAPITALS_BEGIN}cộng hòa xã hội{CAPITALS_END} và plain"
    for choice in ("auto", "keep", "tcvn3"):
        assert converted([text], choice).texts == ["cộng hòa xã hội và plain"]


def test_capitals_typed_in_a_font_without_them_are_capitals() -> None:
    assert auto(written("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc", "tcvn3")) == (
        "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    )
    assert auto(written("Việt Nam và QUYẾT ĐỊNH của Bộ. Số: 28/2003/QĐ-BTC", "tcvn3")).endswith("Số: 28/2003/QĐ-BTC")


def test_only_the_lines_in_it_are_converted() -> None:
    unicode_line = "Tiêu đề bằng Unicode: Nghị định số 114"
    foreign = [
        "The Microsoft® Windows® licence © 2003, 25 °C ± 2, 10 µm",
        "La réunion générale a été très réussie",
        "3×4 = 12",
    ]
    lines = [unicode_line, *written(TEXT, "tcvn3").split("\n"), *foreign, "123/456"]
    assert converted(lines, "auto").texts == [unicode_line, *TEXT.split("\n"), *foreign, "123/456"]


def test_signs_beside_figures_keep_their_meaning_and_dong_is_a_letter() -> None:
    text = written("Giá hàng hoá tăng tới 500.000 đ và 30.000đ; chiều dài sợi ", "tcvn3")
    assert auto(text + "10 µm, 3×4, © 2003") == (
        "Giá hàng hoá tăng tới 500.000 đ và 30.000đ; chiều dài sợi 10 µm, 3×4, © 2003"
    )


def test_keep_converts_nothing_and_unknown_names_are_told() -> None:
    seen = written(TEXT, "tcvn3")
    assert converted([seen], "keep").texts == [seen] and converted([seen], "keep").note is None
    with pytest.raises(ValueError, match="tcvn3"):
        converted([seen], "tcvn")
    assert set(NAMES) == set(ENCODINGS) - {"auto", "keep"}


def test_a_named_encoding_is_believed_where_there_is_too_little_to_find_it() -> None:
    assert auto("c¸") == "c¸"
    assert converted(["c¸"], "tcvn3").texts == ["cá"]


VIQR = {
    "Vie^.t Nam dda^'t nu+o+'c cu?a chu'ng ta.": "Việt Nam đất nước của chúng ta.",
    "DDa.i ho.c Ha` No^.i, ddu+o+`ng pho^'": "Đại học Hà Nội, đường phố",
    "Ba.n co' kho?e kho^ng? How are you? Fine.": "Bạn có khỏe không? How are you? Fine.",
    "nhu+~ng ngu*o*`i a(n o+? DDo^`ng Ba(`ng": "những người ăn ở Đồng Bằng",
    "ho.c xong ro^`i\\. Ve^`": "học xong rồi. Về",
    "so^' 5.000 (na(m nga`n)": "số 5.000 (năm ngàn)",
    "Qua'n a'o tre? em": "Quán áo trẻ em",
}


@pytest.mark.parametrize(("seen", "meant"), VIQR.items())
def test_viqr_is_read_when_it_is_asked_for(seen: str, meant: str) -> None:
    assert converted([seen], "viqr").texts == [meant]
    assert auto(seen) == seen


CLEAN = [
    "Trường đại học Bách khoa «Hà Nội», thuê xe, toà nhà, khuya rồi. ",
    "Toà nhà hoà bình, hoá chất, là nhà tôi thuê cho cô chú, và tên tôi là Hoà. ",
    "Ein schöner Tag für die große Brücke über den Fluss; »%s« wurde »%s« geändert. ",
    "Où vas-tu, né à côté? Le thé est très bon, même tôt; «bonjour» dit-il, déjà vu. ",
    "Señor, el niño está aquí; «¿cómo?» Não são opções: o 2º nível, o 3º nível e o 4º nível. ",
    "På vår gård får de små så många blåbär; skriv ”på” och ”så”. ",
    "Katten som sprang på taket såg ett hus på berget och ville gå dit på kvällen, då den var på gott humör. ",
    "Programmet pekar på %s, och det gick inte att komma åt på grund av ett fel på disken. ",
    "Das Feld »%s« wurde im Wert »%s« von »%s« auf »%s« gesetzt. ",
    "El campo «%s» con valor «%s» no admite la clave «%s» de este programa. ",
    "Kertoimet ovat ”KiB” (2¹⁰), ”MiB” (2²⁰) ja ”GiB” (2³⁰). ",
    "Copyright © 2024 Acme® Inc.™ 25 °C ± 0,5; x² + y³ = ½·z; 10 µm × 3 ¶ § 5 ¹²³ ",
    "for (i = 0; i < n; ++i) { a[i] *= b[i] ^ ~c; } // don't: x.y('z')? ",
    "H₂SO₄ + 2NaOH → Na₂SO₄ + 2H₂O; [Cu(NH₃)₄]²⁺; α·β·γ ≤ ∑ ∫ f(x)dx − 5∙3 ",
]


@pytest.mark.parametrize("text", CLEAN)
@pytest.mark.parametrize("times", [1, 12])
def test_clean_text_stays_as_it_is(text: str, times: int) -> None:
    assert converted([text * times] * times, "auto") == converted([text * times] * times, "keep")


def test_sentences_of_western_languages_stay_as_they_are() -> None:
    checked = 0
    for language in ("fr", "de", "es", "pt", "sv", "da", "fi", "it", "nl", "cs", "tr", "vi"):
        for catalogue in sorted(Path("/usr/share/locale").glob(f"{language}/LC_MESSAGES/*.mo"))[:4]:
            with open(catalogue, "rb") as file:
                said = gettext.GNUTranslations(file)._catalog.values()  # type: ignore[attr-defined]
            for text in [text for text in said if isinstance(text, str) and len(text) > 60][:150]:
                assert auto(text) == text
                checked += 1
    if not checked:
        pytest.skip("no translations of programs are installed")


def paragraphs() -> list[str]:
    folder = needs.documents()
    lines = [line for path in sorted(folder.glob("*.txt")) for line in path.read_text("utf-8").split("\n")]
    return [text for line in lines if len(text := unicodedata.normalize("NFC", " ".join(line.split()))) > 80]


@pytest.mark.parametrize("name", FOUND)
def test_long_paragraphs_of_real_texts_are_exact_each_on_its_own(name: str) -> None:
    texts = paragraphs()
    exact = sum(auto(written(text, name)) == text for text in texts)
    assert len(texts) > 200 and exact >= 0.9875 * len(texts), exact  # 395 of 400


def test_real_texts_in_unicode_stay_as_they_are() -> None:
    for text in paragraphs():
        bare = re.sub("[\u1ea0-\u1ef9ăđơư]", "", text)  # letters that Western languages have too
        assert (auto(text), auto(bare)) == (text, bare)


def test_a_hostile_line_is_read_in_time_that_grows_with_it() -> None:
    for line in ("©" * 100_000, "a-" * 50_000, "µ " * 50_000, "aù" * 50_000, "tr\xad" * 25_000, "a^(" * 30_000):
        for choice in ("auto", "tcvn3", "vni", "viqr"):
            converted([line], choice)


def test_a_real_document_in_vni_says_what_its_transcript_says() -> None:
    path = needs.documents() / "vni-2003-02144qd.docx"
    draft = read_docx(str(path), Asked(), lambda said, share: None)
    result = converted([block.text for block in draft.blocks], "auto")
    expected = path.with_suffix(".txt").read_text("utf-8")
    got, wanted = (Counter(re.findall(r"\w+", text.casefold())) for text in ("\n".join(result.texts), expected))
    assert result.encoding == "vni" and (got & wanted).total() >= 0.995 * max(got.total(), wanted.total())
    assert converted(expected.split("\n"), "auto").note is None
