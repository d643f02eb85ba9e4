"""`python -m bench.speak`: the whole `speak` of a 1-hour text to WAV against the engine alone; at most 1.05.

Enrolment is in both terms; encoding is reported apart. The engine alone uses one core and `speak` uses all, so the
processor time of both is compared as well: that ratio does not shrink with the number of cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vnclone import engines
from vnclone.audio.encode import encode
from vnclone.audio.files import read_wav
from vnclone.audio.reference import prepare
from vnclone.models import Chapter, Chunk, Paragraph, Params
from vnclone.text import chunks

LIMIT = 1.05
MINUTES = 60
ROOT = Path(__file__).resolve().parent.parent
VOICE = ROOT / "assets" / "demo_voice.wav"
WORDS = ["một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín", "mười"]
SENTENCE = (
    "Câu thứ {a} {b} {c} kể rằng buổi sáng trời trong, gió thổi nhẹ qua hàng cây, và người trong xóm ra đồng từ sớm."
)


def text_of(minutes: int) -> str:
    """About so many minutes of sentences, no two alike, so that no sound can be used twice; at most 116."""
    numbers = [(a, b, c) for a in WORDS for b in WORDS for c in WORDS][: round(8.6 * minutes)]
    return "\n".join(SENTENCE.format(a=a, b=b, c=c) for a, b, c in numbers)


def engine_alone(text: str, folder: Path) -> tuple[float, float, float]:
    """Wall and processor seconds of preparing and enrolling the voice and speaking every chunk; seconds of sound."""
    wall, cpu = time.perf_counter(), time.process_time()
    engine = engines.load("parametric")
    prepare(str(VOICE), str(folder), 5, 300, lambda said, share: None)
    enrollment = engine.enroll(read_wav(folder / "reference.wav"), None)
    seconds = sum(engine.speak(c.spoken, enrollment, Params(c.language)).seconds for c in planned(text))
    return time.perf_counter() - wall, time.process_time() - cpu, seconds


def planned(text: str) -> list[Chunk]:
    chapter = Chapter("", tuple(Paragraph(line) for line in text.splitlines()))
    return chunks.plan([chapter], "vi", engines.load("parametric").max_chars)


def whole(text: str, folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of `python -m vnclone speak`, children included."""
    document = folder / "text.txt"
    document.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "vnclone", "speak", "--voice", str(VOICE), "--document", str(document)]
    wall, before = time.perf_counter(), os.times()
    out = folder / "out.wav"
    subprocess.run([*command, "--language", "vi", "--out", str(out)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - wall, cpu


def main() -> None:
    text = text_of(MINUTES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wall, cpu = whole(text, folder)
        alone, alone_cpu, seconds = engine_alone(text, folder)
        start = time.perf_counter()
        encode(folder / "out.wav", folder / "out.mp3", "mp3", {})
        encoding = time.perf_counter() - start
    print(f"speak of {seconds / 60:.1f} minutes to WAV: {wall:.1f} s / engine alone {alone:.1f} s = {wall / alone:.2f}")
    print(f"  processor time {cpu:.1f} s / {alone_cpu:.1f} s = {cpu / alone_cpu:.2f} (at most {LIMIT} either way)")
    print(f"  encoding to MP3, apart: {encoding:.1f} s = {encoding / alone:.3f} of the engine alone")


if __name__ == "__main__":
    main()
