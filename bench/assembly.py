"""`python -m bench.assembly`: the memory that joining, encoding and dressing ten hours takes, against ten minutes.

Each in a process of its own, since a process never gives its peak back; at most 50 MB more.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vnclone.audio.encode import Encoder, Trail, dress
from vnclone.audio.files import read_wav
from vnclone.audio.joiner import Joiner

ROOT = Path(__file__).resolve().parent.parent
MINUTES = (10, 600)
FORMATS = ("flac", "m4b", "mp3")
PAUSE_SECONDS = 0.5


def assemble(format: str, minutes: float, folder: Path) -> None:
    """Print the peak of this process in MB, and the seconds that it took."""
    clip, start = read_wav(ROOT / "assets" / "demo_voice.wav"), time.perf_counter()
    count = int(minutes * 60 / (clip.seconds + PAUSE_SECONDS))
    part = folder / "part"
    wav = folder / "audio.wav"
    with Encoder(part, format, clip.sample_rate) as encoder, Trail(wav, encoder) as trail:
        with Joiner(wav, clip.sample_rate, trail.feed) as joiner:
            for _ in range(count):
                joiner.add(clip, PAUSE_SECONDS)
        trail.finish()
    marks = [(f"Chương {number + 1}", number * joiner.seconds / 40) for number in range(40)]
    dress(part, folder / f"audio.{format}", format, {"title": "Sách"}, marks)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, time.perf_counter() - start)


def measured(format: str, minutes: float) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.assembly", format, str(minutes), folder]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    peak, seconds = map(float, done.stdout.split())
    return peak, seconds


def main() -> None:
    for format in FORMATS:
        short, long = (measured(format, minutes) for minutes in MINUTES)
        print(
            f"assembling to {format}: 10 minutes {short[0]:.0f} MB, 10 hours {long[0]:.0f} MB = "
            f"{long[0] - short[0]:+.0f} MB (at most +50); 10 hours in {long[1]:.0f} s"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        assemble(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
    else:
        main()
