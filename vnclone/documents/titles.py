"""What a document is called: an official text or a thesis by what stands on it, else as its format or its words say."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from vnclone.documents.contents import is_listed
from vnclone.documents.draft import Block
from vnclone.text.headings import heading_level, is_alone, labelled
from vnclone.text.tidy import fold, is_speakable, tidy

TITLE_CHARS = 120
_PROGRAM_TITLE = re.compile(
    r"microsoft (?:word|powerpoint)|untitled|^document\d*$|\.(?:docx?|pdf|rtf|txt|odt|pptx?|indd|qxd)$|^slide \d|"
    r"^powerpoint presentation$",
    re.IGNORECASE,
)
# What stands over every official text, and the kinds of such texts, which their titles begin with.
_OVER_ALL = re.compile(
    r"cộng h(?:oà|òa|oa) xã hội chủ nghĩa việt nam|độc lập\s*[-–—.]?\s*tự do\s*[-–—.]?\s*hạnh phúc|"
    r"số\s*:.*|[-–—_*=\s]+",
    re.IGNORECASE,
)
_OFFICIAL = (
    r"NGHỊ ĐỊNH|QUYẾT ĐỊNH|THÔNG TƯ(?: LIÊN TỊCH)?|LUẬT|BỘ LUẬT|PHÁP LỆNH|NGHỊ QUYẾT|CHỈ THỊ|THÔNG BÁO|KẾ HOẠCH|"
    r"HƯỚNG DẪN|QUY CHẾ|QUY ĐỊNH|TỜ TRÌNH|BÁO CÁO|SẮC LỆNH|HIẾN PHÁP|HỢP ĐỒNG|BIÊN BẢN"
)
_IN_CAPITALS = re.compile(rf"(?:{_OFFICIAL})(?: (?:của|số|về|CỦA|SỐ|VỀ) .{{2,250}})?")
_OF_A_BODY = re.compile(rf"(?:{_OFFICIAL})(?: số \S+)? của .{{2,120}}", re.IGNORECASE)
_ALL_CAPITALS = re.compile(r"(?:LUẬT|BỘ LUẬT|HỢP ĐỒNG|BIÊN BẢN|BÁO CÁO|KẾ HOẠCH|TỜ TRÌNH) .{2,120}")
_IN_SMALL_LETTERS = re.compile(_OFFICIAL, re.IGNORECASE)  # alone on its line: in a sentence it names another text
_NOISE = re.compile(r"^[\s:;.,_\-–—'\"`~*|]+(?=\w)|\s+$")  # what OCR makes of a rule or a stamp before a line
# What follows the name of an official text: who issues it, on what ground, its first chapter.
_AFTER_TITLE = re.compile(
    r"(?:Căn cứ|Xét|Theo đề nghị|Thực hiện|Để |Chương|CHƯƠNG|Phần|PHẦN|Điều|ĐIỀU|I\.|1\.|-|–|\(|BỘ TRƯỞNG|THỦ TƯỚNG|"
    r"CHÍNH PHỦ|CHỦ TỊCH|QUỐC HỘI|ỦY BAN|UỶ BAN|GIÁM ĐỐC|HỘI ĐỒNG|TỔNG GIÁM ĐỐC|HIỆU TRƯỞNG|THỐNG ĐỐC|"
    r"Kính gửi|Ngày|Hà Nội)"
)
_TITLE_LINES = 3
_NAME_CHARS = 300

# Bodies that stand over a text and are not what it is called.
_ISSUER = re.compile(
    r"(?:văn phòng )?(?:chính phủ|thủ tướng chính phủ|quốc hội|chủ tịch nước|chủ tịch chính phủ.*)|"
    r"(?:bộ|sở) (?:giáo dục|tài chính|y tế|công thương|công an|quốc phòng|nội vụ|ngoại giao|tư pháp|xây dựng|"
    r"giao thông|khoa học|văn hoá|văn hóa|lao động|nông nghiệp|tài nguyên|thông tin|kế hoạch|thương mại|công nghiệp|"
    r"thuỷ sản|thủy sản)\b.*|"
    r"(?:ubnd|(?:uỷ|ủy) ban nhân dân|hội đồng nhân dân|hđnd|ngân hàng nhà nước|(?:toà|tòa) án nhân dân|viện hàn lâm|"
    r"viện kiểm sát|tổng cục|học viện|(?:trường )?đại học|trường (?:thpt|thcs|tiểu học|cao đẳng|trung học))\b.*",
    re.IGNORECASE,
)
_THESIS = re.compile(
    r"(?:luận văn|luận án|khoá luận|khóa luận|đồ án|tiểu luận|chuyên đề|bài tập lớn|đề tài nghiên cứu|"
    r"báo cáo (?:thực tập|đồ án|tổng kết)|sáng kiến kinh nghiệm)\b.*",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"(?:tên )?(?:đề tài|luận văn|luận án|đồ án|khoá luận|khóa luận|sáng kiến)\s*:\s*(?P<name>.*)", re.IGNORECASE
)
_ON_COVERS = re.compile(  # who wrote it, where and under whom; a faculty; a year
    r"(?:chuyên ngành|ngành|mã (?:số|ngành|học viên|sinh viên)|(?:cán bộ |giảng viên |giáo viên |người )?hướng dẫn|"
    r"gvhd|sinh viên|svth|học viên|nghiên cứu sinh|lớp|mssv|khoá|khóa|niên khoá|họ và tên|họ tên|tác giả|chủ nhiệm|"
    r"khoa|bộ môn|viện|trường|p?gs\.|ts\.|ths\.|giảng viên|nhóm|tháng|năm)\b.*|.{0,60}\b(?:19|20)\d\d",
    re.IGNORECASE,
)
_NAMES = """
    nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn trịnh mai đào lâm cao hà tô tạ
    trương lương phùng chu thái kiều nông tăng triệu vương quách lưu
"""
_SURNAMES = frozenset(_NAMES.split())
_NAME_WORDS = 5
_LEAST_WORDS = 3  # of a thesis's title
_COVER_BLOCKS = 40


def _thesis(blocks: Sequence[Block]) -> str:
    """What a cover that says "Luận văn thạc sĩ" calls its work: neither the school nor the author nor the year."""
    lines = list(_on_cover(blocks))
    if not any(_THESIS.fullmatch(line) for line in lines):
        return ""
    for place, line in enumerate(lines):
        if match := _TOPIC.fullmatch(line):
            return shortened(match["name"].strip(' "“”') or " ".join(lines[place + 1 : place + 2]))
    for is_name, group in itertools.groupby(lines, _may_be_title):
        name = " ".join(group).strip(' "“”')
        if is_name and len(name.split()) >= _LEAST_WORDS:
            return shortened(name)
    return ""


def _on_cover(blocks: Sequence[Block]) -> Iterator[str]:
    """The lines before the first chapter, or whatever else begins under a name of its own."""
    for block in blocks[:_COVER_BLOCKS]:
        if is_alone(block.text) or labelled(block.text) or is_listed(block):
            return
        yield from (line.strip() for line in block.text.split("\n") if is_speakable(line))


def _may_be_title(line: str) -> bool:
    others = (_ISSUER, _THESIS, _ON_COVERS, _OVER_ALL)
    words = line.casefold().split()
    is_person = words[0] in _SURNAMES and len(words) <= _NAME_WORDS
    return len(line) <= _NAME_CHARS and not is_person and not any(kind.fullmatch(line) for kind in others)


def title_of(declared: str, blocks: Sequence[Block], filename: str) -> str:
    """A thesis's or an official text's, else the declared title when the text bears it out, else the first heading,
    else a short first line that is no sentence, else the file's name. "Chương 1: …" names a part of it, never all."""
    first = [block for block in blocks[:30] if is_speakable(block.text) and not _OVER_ALL.fullmatch(block.text)]
    if found := _thesis(first) or _official(first):
        return found
    declared = tidy(declared).replace("\n", " ")
    opening = fold(" ".join(block.text for block in blocks[:30]))
    if declared and not _PROGRAM_TITLE.search(declared) and fold(declared) and fold(declared) in opening:
        return declared[:TITLE_CHARS]
    first = [block for block in first[:10] if not is_listed(block) and block.kind != "table row"]
    first = [block for block in first if not _ISSUER.fullmatch(block.text)] or first
    head = next((block for block in first if block.level == 1), first[0] if first else None)
    if head and _is_part(head.text):
        head = first[0]
    if head and not _is_part(head.text) and (head.level or _like_a_title(head.text)):
        return shortened(head.text)
    return PurePath(filename).stem


def _official(blocks: Sequence[Block]) -> str:
    """ "NGHỊ ĐỊNH" on a line of its own, and what it is about on the next lines; a declared heading that follows
    "Báo cáo" in small letters is rather its first chapter."""
    spoken = [block for block in blocks if block.kind in ("body", "heading")]
    lines = [(_NOISE.sub("", line), block.sure) for block in spoken for line in block.text.split("\n")]
    lines = list(itertools.takewhile(lambda line: not line[0].startswith("Căn cứ"), lines))
    for place, (line, _) in enumerate(lines):
        following = lines[place + 1 : place + 1 + _TITLE_LINES]
        begins_a_chapter = bool(following) and following[0][1]
        if _names_itself(line) and (line.isupper() or _OF_A_BODY.fullmatch(line) or not begins_a_chapter):
            name = itertools.takewhile(_goes_on_as_title, (text for text, _ in following))
            return shortened(" ".join([line, *name]).rstrip("."))
    return ""


def _names_itself(line: str) -> bool:
    small, capitals = _IN_SMALL_LETTERS.fullmatch(line), _IN_CAPITALS.fullmatch(line)
    of_body = _OF_A_BODY.fullmatch(line) and not line.endswith((".", ";", ":", ","))
    return bool(small or capitals or of_body or (line.isupper() and _ALL_CAPITALS.fullmatch(line)))


def _goes_on_as_title(line: str) -> bool:
    ends = line.endswith((";", ":")) or (line.endswith(".") and not line[:1].islower())
    other = _AFTER_TITLE.match(line) or _ISSUER.fullmatch(line)
    return len(line) <= _NAME_CHARS and not ends and not other


def _is_part(text: str) -> bool:
    return heading_level(text) is not None


def _like_a_title(text: str) -> bool:
    return len(text) <= TITLE_CHARS and not text.rstrip().endswith((".", "!", "?", "…", ":", ";", ","))


def shortened(text: str) -> str:
    """The first line, at most 120 characters, cut between words."""
    line = text.split("\n", 1)[0].strip()
    if len(line) <= TITLE_CHARS:
        return line
    return line[: line.rfind(" ", 0, TITLE_CHARS) if " " in line[:TITLE_CHARS] else TITLE_CHARS].rstrip(" ,;:") + "…"
