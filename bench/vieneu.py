"""`python -m bench.vieneu`: what our layer adds to the bare package, on tiny models in VieNeu's layout.

Chunks are of realistic length. The tiny model takes a small part of a real one's time, so the ratio here is far above
the one that people meet: beside it stands our layer's own time for a second of sound, and the ratio that it makes with
the package's published real-time factors (vieneu 3.8.3's README: fp32 0.55 and int8 0.35 on six cores, Nano 0.22).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.race import race

LIMIT = 1.05
ROUNDS = 11
TEXT = "Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ và nói chuyện rất lâu. Ngày mai có thể sẽ mưa, nên ai cũng vui."
PUBLISHED = {"vieneu": 0.35, "vieneu_nano": 0.22}  # the fastest: our part weighs most there


def reference() -> Any:
    from vnclone.models import Clip

    times = np.arange(5 * 24_000) / 24_000
    return Clip((0.3 * (np.sin(6 * np.pi * times) > 0) * np.sin(800 * np.pi * times)).astype(np.float32), 24_000)


def measure(name: str) -> float:
    """Print one engine's figures; the ratio at the package's published pace."""
    from vnclone import engines
    from vnclone.engines import guard, vieneu, vieneu_nano
    from vnclone.models import Params

    engine: Any = engines.load(name)
    voice = engine.enroll(reference(), None)
    backend: Any = vieneu._backend(vieneu._kind()) if name == "vieneu" else vieneu_nano._backend()
    bare: Callable[..., Any] = backend._engine.infer
    arrays = list(voice.arrays.values())
    extra = {"speaker_emb": arrays[0], "ref_codes": arrays[1]} | ({} if name == "vieneu" else {"seed": 0})
    raw = bare(phonemes=vieneu.phonemes(TEXT, "vi"), **extra)
    seconds = len(raw) / engine.sample_rate
    ours, package, judged = race(
        ROUNDS,
        lambda: engine.speak(TEXT, voice, Params()),
        lambda: bare(phonemes=vieneu.phonemes(TEXT, "vi"), **extra),
        lambda: guard.judge(raw, engine.sample_rate, TEXT),
    )
    layer = (ours - package) / seconds
    ratio = (PUBLISHED[name] + layer) / PUBLISHED[name]
    print(f"{name}: {seconds:.1f} s of sound; tiny model alone {package:.3f} s, with our layer {ours:.3f} s")
    print(f"  ratio on the tiny model {ours / package:.2f}")
    print(f"  our layer {layer:.4f} s for a second of sound, the guard in it {judged / seconds:.4f}")
    print(f"  ratio at the published real-time factor {PUBLISHED[name]}: {ratio:.3f} (at most {LIMIT})")
    return ratio


def once_and_twice() -> None:
    """Print what the second generation saves, for it enrols nobody, and two threads against one after the other."""
    from concurrent.futures import ThreadPoolExecutor

    from vnclone import engines
    from vnclone.models import Params

    engine: Any = engines.load("vieneu")
    voice = engine.enroll(reference(), None)
    with ThreadPoolExecutor(2) as pool:
        enrol, speak, in_turn, at_once = race(
            ROUNDS,
            lambda: engine.enroll(reference(), None),
            lambda: engine.speak(TEXT, voice, Params()),
            lambda: [engine.speak(TEXT, voice, Params()) for _ in range(2)],
            lambda: list(pool.map(lambda _: engine.speak(TEXT, voice, Params()), range(2))),
        )
    print(f"enrolment {enrol:.3f} s, once a voice; a chunk afterwards {speak:.3f} s")
    print(f"two at once in one process {at_once:.3f} s, one after the other {in_turn:.3f} s: {at_once / in_turn:.2f}")


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    import tiny_hub
    from huggingface_hub import constants

    with tempfile.TemporaryDirectory() as folder:
        tiny_hub.hub(Path(folder) / "hub", Path(folder) / "work")
        constants.HF_HUB_CACHE = str(Path(folder) / "hub")
        ratios = [measure(name) for name in PUBLISHED]
        once_and_twice()
    if max(ratios) > LIMIT:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
