"""What a person is told about a reading: its tags, its doubtful places, and why it could not be made."""

from __future__ import annotations

from collections.abc import Sequence

from vnclone import engines
from vnclone.errors import BadInput, Conflict, NotFound, Unavailable, clock
from vnclone.models import UNFINISHED, Generation, Said

MOST_NAMED = 5  # places that a note names; more of them are counted
PREPARING = Said("Đang chuẩn bị…", "Preparing…")
SPEAKING = Said("Đang tạo audio…", "Generating the audio…")
REDOING = Said("Đang đọc lại chỗ vừa sửa…", "Reading the changed part again…")
CATCHING_UP = Said("Đang ghép lại phần đã đọc…", "Putting together what has been read…")
FINISHING = Said("Đang hoàn tất…", "Finishing…")
DONE = Said("Audio đã được tạo thành công!", "The audio has been generated!")
CANCELLED = Said("Đã huỷ.", "Cancelled.")
PAUSED = Said("Đang tạm dừng. Phần đã đọc được giữ lại.", "Paused. What has been read is kept.")
FAILED = Said("Không tạo được audio.", "The audio could not be generated.")


def message(generation: Generation) -> Said:
    """The state as a sentence; the reason where it failed."""
    if generation.status == "completed" and generation.note:
        return Said(f"{DONE.vi} {generation.note.vi}", f"{DONE.en} {generation.note.en}")
    if generation.status in UNFINISHED and generation.note:
        return generation.note
    if generation.status == "processing":
        if generation.chunks_total == 0:
            return PREPARING
        if generation.chunks_done == generation.chunks_total:
            return FINISHING
        return REDOING if generation.is_heard else SPEAKING
    ends = {"pending": PREPARING, "paused": PAUSED, "completed": DONE, "cancelled": CANCELLED}
    return ends.get(generation.status) or generation.error or FAILED


def listen_again(seconds: Sequence[float]) -> Said:
    """Where the engine read something that it did not like even after reading it again."""
    places = _named(seconds)
    return Said(f"Nên nghe lại ở {places.vi}.", f"Listen again at {places.en}.")


def left_out(seconds: Sequence[float]) -> Said:
    """Where there is a short silence instead of a sentence that the engine failed to read."""
    places = _named(seconds)
    return Said(
        f"Không đọc được và để trống ở {places.vi}. Hãy đọc lại các đoạn đó.",
        f"Could not be read and left empty at {places.en}. Read these paragraphs again.",
    )


def doubts(flawed: Sequence[float], gaps: Sequence[float]) -> Said | None:
    """Both sentences, as far as there is something to say."""
    told = ([left_out(gaps)] if gaps else []) + ([listen_again(flawed)] if flawed else [])
    return Said(" ".join(t.vi for t in told), " ".join(t.en for t in told)) if told else None


def _named(seconds: Sequence[float]) -> Said:
    named = ", ".join(clock(moment) for moment in seconds[:MOST_NAMED])
    more = len(seconds) - MOST_NAMED
    if more <= 0:
        return Said(named, named)
    return Said(f"{named} và {more} chỗ khác", f"{named} and {more} more places")


def tags(generation: Generation) -> dict[str, str]:
    """What the file says of itself: always that it is made by a machine."""
    comment = f"AI-generated with vnclone, voice {generation.voice_name}, {generation.created_at[:10]}"
    return {"title": generation.title, "artist": generation.voice_name, "comment": comment}


def before(position: int) -> Said:
    """Of one that waits for its turn; `position` counts from 1."""
    return Said(
        f"Đang chờ tới lượt: bản đọc thứ {position} trong hàng đợi của bạn.",
        f"Waiting for its turn: number {position} in your queue.",
    )


def check_revision(generation: Generation) -> None:
    """A generation keeps its engine and revision to the end. Raises Conflict when this revision is gone."""
    if engines.load(generation.engine).revision != generation.engine_revision:
        raise Conflict(
            f"Bộ đọc {generation.engine} đã được thay bằng phiên bản khác từ lúc bản đọc này bắt đầu, nên không thể "
            "đọc tiếp cho liền giọng. Hãy tạo lại bản đọc.",
            f"The engine {generation.engine} has changed since this reading began, so the rest would sound different. "
            "Start the reading again.",
        )


def unreadable(generation: Generation) -> BadInput:
    """Every chunk came out silent: letters of a script that the engine does not know."""
    return BadInput(
        f"Bộ đọc {generation.engine} không đọc được chữ nào trong văn bản này (có thể là chữ của ngôn ngữ khác). "
        "Hãy chọn bộ đọc khác hoặc sửa văn bản.",
        f"The engine {generation.engine} could read nothing in this text (it may be in another script). Choose another "
        "engine, or change the text.",
    )


def nothing_to_say() -> BadInput:
    return BadInput(
        "Không có chữ nào để đọc. Hãy nhập văn bản, hoặc chọn ít nhất một chương có nội dung.",
        "There is nothing to read aloud. Type some text, or tick at least one chapter with text in it.",
    )


def keeps_failing() -> Unavailable:
    return Unavailable(
        "Bộ đọc gặp lỗi ở nhiều câu liền nhau nên đã dừng lại. Phần đã đọc vẫn được giữ: hãy bấm Đọc tiếp để thử lại, "
        "hoặc đọc bằng bộ đọc khác.",
        "The engine failed at several sentences in a row, so the reading was stopped. What has been read is kept: "
        "press Resume to try again, or read with another engine.",
    )


def no_progress() -> Unavailable:
    return Unavailable(
        "Đã 30 phút không đọc thêm được câu nào nên bản đọc tạm dừng lại. Phần đã đọc vẫn được giữ: hãy bấm Đọc tiếp.",
        "Nothing more could be read for 30 minutes, so the reading was stopped. What has been read is kept: press "
        "Resume.",
    )


def no_sound() -> NotFound:
    return NotFound("Bản đọc này chưa có tệp âm thanh để tải.", "This audio is not ready to download yet.")
