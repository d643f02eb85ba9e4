"""`python -m bench.durable`: what is never paid for twice. A document of 2,000 chunks read, read again, and edited.

The same again is to be at least 200 times as fast; one edited sentence costs its chunk and at most 2 % of the first
run, as a new reading of the edited text and as one paragraph of the recording read again. The time left that was told
while it was read is compared with what it took, and the history of 10,000 recordings with that of 100.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.race import race
from bench.speak import VOICE, WORDS
from vnclone.models import Generation
from vnclone.services.asking import Request
from vnclone.services.revising import Change
from vnclone.settings import Settings
from vnclone.wire import Services, wire

CHUNKS = 2_000
LEAST_AGAIN, MOST_EDIT, MOST_HISTORY = 200, 0.02, 1.2
TOLD = 10  # chunks after which the time left should be right within a fifth


def document(chunks: int) -> str:
    """A paragraph a chunk, no two alike."""
    numbers = [f"{a} {b} {c} {d}" for a in WORDS for b in WORDS for c in WORDS for d in WORDS[:2]]
    return "\n".join(f"Chuyện thứ {number} kể về một ngày đẹp trời." for number in numbers[:chunks])


class Bench:
    """One person with one voice."""

    def __init__(self, folder: Path) -> None:
        self.services: Services = wire(Settings(data=folder / "data"))
        self.user = self.services.accounts.register("bench@example.com", "bench bench bench", "bench")[0].id
        upload = folder / "voice.wav"
        upload.write_bytes(VOICE.read_bytes())
        voices = self.services.voices
        self.voice = voices.wait(self.user, voices.create(self.user, upload, "bench", True).id).id
        self.told: list[tuple[float, float]] = []  # (when, seconds left) while the last one was read

    def read(self, text: str, format: str = "wav") -> Generation:
        begun = Request(self.voice, text, language="vi", engine="parametric", format=format)
        return self.finish(self.services.generations.create(self.user, begun))

    def finish(self, generation: Generation) -> Generation:
        self.told = []
        for state in self.services.generations.follow(self.user, generation.id):
            if state.chunks_done >= TOLD and state.eta_seconds:
                self.told.append((time.perf_counter(), state.eta_seconds))
        assert state.status == "completed", state.error
        return state

    def redo(self, generation: Generation, paragraph: int, text: str) -> Generation:
        return self.finish(self.services.revisions.redo(self.user, generation.id, 0, paragraph, Change(text=text)))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it returned."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def reading(bench: Bench) -> None:
    text = document(CHUNKS)
    bench.read("Một câu để khởi động các tiến trình. Và một câu nữa.")
    chunk, _ = timed(lambda: bench.read("Một câu khác hẳn để biết một đoạn mất bao lâu."))
    first, whole = timed(lambda: bench.read(text))
    end = time.perf_counter()
    errors = [abs(eta - (end - at)) / (end - at) for at, eta in bench.told if end - at > 0.1 * first]
    again, _ = timed(lambda: bench.read(text))
    lines = text.splitlines()
    lines[CHUNKS // 2] = "Câu này đã được sửa lại hoàn toàn khác trước."
    edited, _ = timed(lambda: bench.read("\n".join(lines)))
    redone, _ = timed(lambda: bench.redo(whole, CHUNKS // 3, "Đoạn này cũng được viết lại khác đi."))
    compressed = bench.read(text, "mp3")
    redone_mp3, _ = timed(lambda: bench.redo(compressed, CHUNKS // 3, "Đoạn này cũng được viết lại khác đi."))
    print(f"{whole.chunks_total} chunks, {whole.duration / 60:.0f} minutes of sound: {first:.1f} s")
    print(f"  the same again: {again:.3f} s = {first / again:.0f} times as fast (at least {LEAST_AGAIN})")
    for name, seconds in (("one sentence edited, read again", edited), ("one paragraph of it read again", redone)):
        share = (seconds - chunk) / first
        print(f"  {name}: {seconds:.2f} s, without one chunk {share:.1%} of the first (at most {MOST_EDIT:.0%})")
    print(f"  the same paragraph of an MP3, apart: {redone_mp3:.2f} s, most of it encoding the whole again")
    print(f"  time left, from chunk {TOLD} to 90 %: off by {max(errors):.0%} at most (at most 20 %)")


def history(bench: Bench) -> None:
    """10,000 recordings of one person against 100 of another: the newest fifty and the count."""
    generations = bench.services.generations
    model = generations.history(bench.user, 1)[0]
    people = {}
    for count in (100, 10_000):
        person = bench.services.accounts.register(f"{count}@example.com", "bench bench bench", "b")[0].id
        with generations._rows.transaction():
            for number in range(count):
                moment = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000+00:00"
                row = replace(
                    model, id=uuid.uuid4().hex, user_id=person, created_at=moment, search=f"a {number} " * 300
                )
                generations._rows.add(row)
        people[count] = person

    def listed(person: str) -> Callable[[], None]:
        def work() -> None:
            for _ in range(20):
                generations.history(person, 50)
                generations.count(person, 1001)

        return work

    few, many = race(9, listed(people[100]), listed(people[10_000]))
    print(f"history of 10,000 / of 100: {many / few:.2f} (at most {MOST_HISTORY})")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            reading(bench)
            history(bench)
        finally:
            bench.services.close()


if __name__ == "__main__":
    main()
