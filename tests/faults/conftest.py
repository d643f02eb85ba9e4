"""How much of it is done, the data folders that it is done to, and the table that tells what came of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from faults.desk import Desk
from faults.house import House, Steps, moments_told
from faults.moments import Orders
from tests.conftest import DEMO_VOICE, ROOT, copy_of, new_user
from vnclone.settings import Settings
from vnclone.wire import wire

TABLE = ROOT / "docs" / "reliability.md"
START, END = "<!-- faults: begin -->", "<!-- faults: end -->"
CHAPTERS = ("Chương 1: Mở đầu", "Chương 2: Kết")
BOOK = "\n\n".join(
    [
        CHAPTERS[0],
        *(f"Đây là đoạn số {number}, kể một chuyện ngắn về ngày đẹp trời." for number in range(1, 6)),
        CHAPTERS[1],
        *(f"Còn đây là đoạn thứ {number}, kể tiếp chuyện ngắn ấy." for number in range(6, 10)),
    ]
)
CHANGE = {"text": "Một câu hoàn toàn khác được đặt vào đây."}
FOLLOW: Steps = [["follow"], ["settle"]]
Moments = list[tuple[str, str, int]]  # (who, label, how often in an uninterrupted run)
FULL = [pytest.mark.long, pytest.mark.faults, pytest.mark.timeout(1500)]


# For what needs too long even once.
full_only = pytest.mark.parametrize("scale", [pytest.param("full", marks=FULL)], indirect=True)


@dataclass
class Scale:
    """How often things are done: `full` is for `make test-faults`."""

    full: bool

    def __call__(self, short: int, full: int) -> int:
        return full if self.full else short


@pytest.fixture(params=["short", pytest.param("full", marks=FULL)])
def scale(request: pytest.FixtureRequest) -> Scale:
    return Scale(request.param == "full")


@dataclass
class Table:
    """A row for each kind of fault that the full run did."""

    rows: dict[str, str] = field(default_factory=dict)

    def add(self, order: str, what: str, times: str, found: str) -> None:
        self.rows[order] = f"| {what} | {times} | {found} |"

    def written(self) -> str:
        head = "| What was done | How often | What was found afterwards |\n| --- | --- | --- |"
        return "\n".join([START, head, *(self.rows[order] for order in sorted(self.rows)), END])


_table = Table()


@pytest.fixture
def table(scale: Scale) -> Table:
    """Only what the full run adds is kept."""
    return _table if scale.full else Table()


@pytest.fixture(scope="session", autouse=True)
def table_written(request: pytest.FixtureRequest) -> Iterator[None]:
    """Into the document, when the whole full run went well."""
    yield
    session = request.session
    full = [item for item in session.items if item.get_closest_marker("faults")]
    if _table.rows and len(_table.rows) == len({item.function for item in full}) and not session.testsfailed:
        text = TABLE.read_text(encoding="utf-8")
        before, after = text.split(START)[0], text.split(END)[1]
        TABLE.write_text(before + _table.written() + after, encoding="utf-8")


@dataclass
class Model:
    """A finished recording and how it came about: its folder, its row, its sound, its moments."""

    house: House
    pcm: bytes
    moments: dict[tuple[str, str], int]


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Somebody with a voice and a document, and nothing read yet."""
    house = House(tmp_path_factory.mktemp("ready"))
    services = wire(Settings(data=house.data))
    user = new_user(services)
    upload = copy_of(DEMO_VOICE, house.root)
    services.voices.wait(user.id, services.voices.create(user.id, upload, "Đoan", True).id)
    text = house.root / "book.txt"
    text.write_text(BOOK, encoding="utf-8")
    services.library.wait(user.id, services.library.add(user.id, text, "sach.txt").id)
    services.close()
    return house


def request_of(house: House, format: str = "mp3") -> dict[str, object]:
    """What is asked for: the document in the voice."""
    (voice,), (document,) = house.rows("select id from voice_profiles"), house.rows("select id from documents")
    return {"voice_id": voice["id"], "document_id": document["id"], "format": format, "engine": "parametric"}


@pytest.fixture(scope="session")
def model(ready: House, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The uninterrupted run that all others have to equal."""
    house = ready.copy(tmp_path_factory.mktemp("model"))
    told = house.root / "moments.txt"
    done = house.run([["create", request_of(house)], ["follow"], ["settle"]], Orders(str(house.data), told=str(told)))
    assert done.last("closed"), done.errors
    (row,) = house.rows()
    pcm = house.pcm(row)
    house.check_finished(row, pcm)
    house.check_clean()
    return Model(house, pcm, moments_told(told))


def in_turn(moments: dict[tuple[str, str], int], dice: random.Random) -> Moments:
    """Every kind of moment once: whoever takes some in turn meets all kinds. Openings of files come first."""
    found = [(who, label, count) for (who, label), count in moments.items() if "sql create table tb" not in label]
    dice.shuffle(found)
    return sorted(found, key=lambda moment: not moment[1].startswith("open"))


def redo(row: dict[str, Any]) -> Steps:
    return [["redo", row["id"], 0, 2, CHANGE], *FOLLOW]


@pytest.fixture(scope="session")
def redone(model: Model, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Moments]:
    """What it sounds like with a paragraph worded anew, and the moments until then."""
    house = model.house.copy(tmp_path_factory.mktemp("redone"))
    (row,) = house.rows()
    told = house.root / "moments.txt"
    done = house.run(redo(row), Orders(str(house.data), told=str(told)))
    (row,) = house.rows()
    assert row["edition"] == 1, done.errors
    pcm = house.pcm(row)
    house.check_finished(row, pcm)
    return pcm, in_turn(moments_told(told), random.Random(5))


@pytest.fixture
def desk(ready: House, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(ready.copy(tmp_path / "desk"))
    yield made
    made.services.close()
