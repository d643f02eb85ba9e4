"""The readers, a family a list: what is written and how a careful newsreader says it."""

from __future__ import annotations

import random
import re
import time
import unicodedata

import pytest

from vnclone.text.normalize import spoken
from vnclone.text.readers.numbers import cardinal, decimals
from vnclone.text.readers.roman import value

FAMILIES = {
    "numbers": [
        ("98.564.407 người", "chín mươi tám triệu năm trăm sáu mươi tư nghìn bốn trăm linh bảy người"),
        ("Giá 5500000 đồng", "giá năm triệu năm trăm nghìn đồng"),
        ("tăng 12,5% so với 3.5", "tăng mười hai phẩy năm phần trăm so với ba chấm năm"),
        ("xếp thứ 4, hạng 21, lần thứ 1", "xếp thứ tư, hạng hai mươi mốt, lần thứ nhất"),
        ("có nơi -5,5 độ", "có nơi âm năm phẩy năm độ"),
        ("lỗ −2,3 tỷ đồng", "lỗ âm hai phẩy ba tỷ đồng"),
        ("3/5 đại biểu, 3/4 cốc nước", "ba phần năm đại biểu, ba phần tư cốc nước"),
        ("8,5/10 điểm, xác suất là 3/5", "tám phẩy năm trên mười điểm, xác suất là ba trên năm"),
    ],
    "ranges and scores": [
        ("khoảng 15-20 người", "khoảng mười lăm đến hai mươi người"),
        ("Gió cấp 5-0", "gió cấp năm đến không"),
        ("thắng Thái Lan 3-2, hiệp 1 dẫn 1-0", "thắng thái lan ba hai, hiệp một dẫn một không"),
        ("thắng 5-0", "thắng năm không"),
        ("Việt Nam 2-1 Thái Lan", "việt nam hai một thái lan"),
        ("10 - 3 = 7", "mười trừ ba bằng bảy"),
        ("500g-1kg, 220V-50Hz", "năm trăm gam đến một ki lô gam, hai trăm hai mươi vôn năm mươi héc"),
        ("tỷ lệ 1:2, sơ đồ 4-4-2", "tỷ lệ một trên hai, sơ đồ bốn bốn hai"),
    ],
    "dates": [
        ("Ngày 2/9/1945", "ngày hai tháng chín năm một nghìn chín trăm bốn mươi lăm"),
        ("nghỉ 30/4-1/5", "nghỉ ngày ba mươi tháng tư đến ngày một tháng năm"),
        ("tháng 4/2023", "tháng tư năm hai nghìn không trăm hai mươi ba"),
        ("quý II/2024", "quý hai năm hai nghìn không trăm hai mươi tư"),
        ("Nguyễn Trãi (1380-1442)", "nguyễn trãi, một nghìn ba trăm tám mươi đến một nghìn bốn trăm bốn mươi hai"),
        ("năm 179 tr.CN", "năm một trăm bảy mươi chín trước công nguyên"),
        ("221-206 TCN", "hai trăm hai mươi mốt đến hai trăm linh sáu trước công nguyên"),
        ("từ 5-10/3/2025", "từ ngày năm đến mười tháng ba năm hai nghìn không trăm hai mươi lăm"),
        ("sáng T2, nghỉ T7 và CN", "sáng thứ hai, nghỉ thứ bảy và chủ nhật"),
        ("ngày 30/2/2024", "ngày ba mươi trên hai trên hai nghìn không trăm hai mươi tư"),
    ],
    "clock": [
        (
            "7h30, 14g45, 23:59",
            "bảy giờ ba mươi phút, mười bốn giờ bốn mươi lăm phút, hai mươi ba giờ năm mươi chín phút",
        ),
        ("7h-11h30", "bảy giờ đến mười một giờ ba mươi phút"),
        ("dài 1h45', hát 3'25\"", "dài một giờ bốn mươi lăm phút, hát ba phút hai mươi lăm giây"),
        ("phút 90+3", "phút chín mươi cộng ba"),
        ("lúc 5pm", "lúc năm giờ chiều"),
    ],
    "money": [
        ("giá 25k, 18tr5, 2,5 củ", "giá hai mươi lăm nghìn, mười tám triệu năm trăm nghìn, hai phẩy năm củ"),
        ("mua 10tr, bán 90t", "mua mười triệu, bán chín mươi tỷ"),
        ("chở 90t hàng", "chở chín mươi tấn hàng"),
        ("$50 và €3", "năm mươi đô la và ba euro"),
        ("2.500đ/kWh", "hai nghìn năm trăm đồng trên ki lô oát giờ"),
        ("350-400 triệu đồng", "ba trăm năm mươi đến bốn trăm triệu đồng"),
    ],
    "measures": [
        ("80 km/h, 9,8 m/s²", "tám mươi ki lô mét trên giờ, chín phẩy tám mét trên giây bình phương"),
        ("120m2, 3.000 m³", "một trăm hai mươi mét vuông, ba nghìn mét khối"),
        ("5m x 10m", "năm mét nhân mười mét"),
        ("cao 1m75", "cao một mét bảy mươi lăm"),
        ("25-30°C", "hai mươi lăm đến ba mươi độ xê"),
        ("lớp 10A, cầu chì 10A", "lớp mười a, cầu chì mười am pe"),
    ],
    "phones and identifiers": [
        ("Gọi 0912345678", "gọi không chín một hai ba bốn năm sáu bảy tám"),
        ("gọi 115 hoặc 113.", "gọi một một năm hoặc một một ba."),
        ("hotline 1900 6868", "hotline một chín không không, sáu tám sáu tám"),
        ("MST 0101234567", "mã số thuế không một không một hai ba bốn năm sáu bảy"),
        ("Biển số 29A-123.45", "biển số hai chín a một hai ba chấm bốn năm"),
        ("Covid-19, U23, H5N1", "covid mười chín, u hai mươi ba, hát năm nờ một"),
    ],
    "law": [
        ("98/2020/NĐ-CP", "chín mươi tám trên hai nghìn không trăm hai mươi trên nghị định chính phủ"),
        ("1/QĐ-TTg", "một trên quyết định thủ tướng"),
        ("18-NQ/TW", "mười tám nghị quyết trung ương"),
        ("31/2024/QH15", "ba mươi mốt trên hai nghìn không trăm hai mươi tư trên quốc hội khóa mười lăm"),
        ("điểm đ khoản 2a Điều 15b", "điểm đê khoản hai a điều mười lăm bê"),
    ],
    "addresses": [
        ("số 12/3A, P.5, Q.1, TP.HCM", "số mười hai trên ba a, phường năm, quận một, thành phố hồ chí minh"),
        ("P. Bến Nghé, Q. Bình Thạnh", "phường bến nghé, quận bình thạnh"),
        ("Km15+300 QL1A", "ki lô mét mười lăm cộng ba trăm quốc lộ một a"),
        ("đường 3/2", "đường ba tháng hai"),
    ],
    "Roman numerals and lists": [
        ("thế kỷ XX, Đại hội XIII, vua Louis XIV", "thế kỷ hai mươi, đại hội mười ba, vua louis mười bốn"),
        ("đĩa CD, size XL", "đĩa c d, size ích lờ"),
        ("I. Mở đầu", "một, mở đầu"),
        ("V. Nguyễn Văn A", "vê nguyễn văn a"),
        ("a) Chanh", "a, chanh"),
        ("2.1. Phạm vi", "hai chấm một, phạm vi"),
    ],
    "abbreviations": [
        ("PGS.TS Nguyễn, ThS. Lê", "phó giáo sư tiến sĩ nguyễn, thạc sĩ lê"),
        ("cam, chanh, v.v.", "cam, chanh, vân vân."),
        ("cộng tác viên (CTV)", "cộng tác viên, xê tê vê"),
    ],
    "the web": [
        ("abc_d@gmail.com", "abc gạch dưới đê a còng gmail chấm com"),
        ("vnexpress.net/thoi-su", "vnexpress chấm nét gạch chéo thoi gạch nối su"),
        ("tệp bao_cao.pdf", "tệp bao gạch dưới cao chấm phê đê ép"),
    ],
    "science": [
        ("2H2 + O2 → 2H2O", "hai hát hai cộng ô hai đến hai hát hai ô"),
        ("x² + 2x + 1 = 0", "ích bình phương cộng hai ích cộng một bằng không"),
        ("10^-3, 6.022e23", "mười mũ trừ ba, sáu chấm không hai hai nhân mười mũ hai mươi ba"),
        ("5 ± 0,2 mm, 3 ≥ 2", "năm cộng trừ không phẩy hai mi li mét, ba lớn hơn hoặc bằng hai"),
        ("hôm 19/3 - hai ngày sau, cha - con", "hôm mười chín tháng ba, hai ngày sau, cha, con"),
        ("№5, §3, 5‰, A & B", "số năm, mục ba, năm phần nghìn, a và bê"),
        ("Tổng α ½ 😀 ✓", "tổng an pha một phần hai"),
    ],
    "English": [
        ("Team đã deploy lên ChatGPT", "team đã deploy lên chat g p t"),
        ("text-to-speech", "text to speech"),
        ("I have 3 dogs and you have 2 cats.", "i have three dogs and you have two cats."),
    ],
}
_FRAGMENTS = re.findall(r"\w+|[^\w\s]| ", " ".join(written for family in FAMILIES.values() for written, _ in family))


@pytest.mark.parametrize(("written", "said"), [pair for family in FAMILIES.values() for pair in family])
def test_a_careful_newsreader_says(written: str, said: str) -> None:
    assert spoken(written, "vi") == said


def test_cardinals_reach_a_milliard_of_milliards() -> None:
    assert cardinal(10**18) == "một tỷ tỷ"
    assert cardinal("1005000021") == "một tỷ không trăm linh năm triệu không trăm hai mươi mốt"
    assert cardinal(0) == "không" and decimals("05") == "không năm"
    assert [value(n) for n in ("IV", "XIX", "MCMXLV")] == [4, 19, 1945]


def _left_over(said: str) -> list[str]:
    """Figures and signs that nobody would have said."""
    return [
        sign
        for sign in said
        if not (sign.isalpha() or sign in " .,!?'’-" or unicodedata.category(sign).startswith("M"))
    ]


@pytest.mark.parametrize(
    "text",
    ["½ ⅞ Ⅷ ① ² ³ ₉ ٣ ९ 𝟗 ⳽", "\ud800 a\u200bb 1", "مرحبا 12", "\x00\x07 5", "€$£¥₫ 5", "*** ### ___", "👍🏽 3", "…—–"],
)
def test_no_figure_and_no_sign_is_left(text: str) -> None:
    assert _left_over(spoken(text, "vi")) == []


@pytest.mark.parametrize("unit", ["a", "1", "1.", "a-", "a1", "(", "😀", "x=", "CO2", "Q.1 "])
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    def seconds(length: int) -> float:
        started = time.perf_counter()
        spoken(unit * (length // len(unit)), "vi")
        return time.perf_counter() - started

    seconds(2_000)  # the library is loaded, what is remembered is remembered
    assert seconds(32_000) < 16 * max(seconds(8_000), 0.02)


@pytest.mark.long
def test_two_hundred_thousand_odd_texts_are_all_said_without_a_figure() -> None:
    chance = random.Random(6)
    signs = "0123456789.,:;/-–+%$€()[]'\"°²xhkmgtrđ QTVIX#@_\\<>=*!?&~^|"
    for number in range(200_000):
        if number % 3 == 0:
            text = "".join(chance.choices(_FRAGMENTS, k=chance.randint(1, 20)))
        elif number % 3 == 1:
            text = "".join(chr(chance.choice([chance.randrange(0x180), chance.randrange(0x110000)])) for _ in range(20))
        else:
            text = "".join(chance.choices(signs, k=chance.randint(1, 30)))
        assert _left_over(spoken(text, "vi")) == [], text
