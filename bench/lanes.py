"""`python -m bench.lanes`: two worker processes against one, and what the pool adds to a task; at least 1.85 times."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import wait
from pathlib import Path

from bench.race import race
from bench.speak import planned, text_of
from vnclone import engines
from vnclone.audio.files import read_wav
from vnclone.engines.base import save_enrollment
from vnclone.models import Params
from vnclone.pools.local import LocalPool
from vnclone.pools.worker import SpeakTask

ROOT = Path(__file__).resolve().parent.parent
CHUNKS, ROUNDS = 40, 3


def main() -> None:
    engine = engines.load("parametric")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_enrollment(folder / "voice.npz", engine.enroll(read_wav(ROOT / "assets" / "demo_voice.wav"), None))
        texts = [chunk.spoken for chunk in planned(text_of(10))][:CHUNKS]
        pools = [LocalPool(cores=1), LocalPool(cores=2)]
        for pool in pools:  # processes are started, libraries imported
            speak(pool, folder, [text[:20] for text in texts[: 2 * pool.workers("parametric")]])
        one, two = race(ROUNDS, *(lambda pool=pool: speak(pool, folder, texts) for pool in pools))  # type: ignore[misc]
        direct = alone(folder, texts)
        for pool in pools:
            pool.close()
    print(f"{CHUNKS} chunks: one worker {one:.2f} s, two {two:.2f} s = {one / two:.2f} times as fast (at least 1.85)")
    print(f"  one worker / the engine called directly in a process: {one / direct:.3f}")


def speak(pool: LocalPool, folder: Path, texts: list[str]) -> None:
    """Every text in a task of its own."""
    outs = [str(folder / f"{number}.wav") for number in range(len(texts))]
    voice, params = str(folder / "voice.npz"), Params("vi")
    futures = [
        pool.submit(SpeakTask("parametric", voice, (t,), (o,), params)) for t, o in zip(texts, outs, strict=True)
    ]
    wait(futures)
    for future in futures:
        future.result()


def alone(folder: Path, texts: list[str]) -> float:
    from threadpoolctl import threadpool_limits

    from vnclone.engines.base import load_enrollment

    engine, voice, times = engines.load("parametric"), load_enrollment(folder / "voice.npz"), []
    with threadpool_limits(1, user_api="blas"):  # as in a worker
        for _ in range(ROUNDS):
            start = time.perf_counter()
            for text in texts:
                engine.speak(text, voice, Params("vi"))
            times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
