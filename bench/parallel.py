"""`python -m bench.parallel`: two readings at once against one after the other, and a voice's second reading.

On this machine's processor, with the parametric engine and with VieNeu's package on tiny models.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from vnclone.services.asking import Request

ROOT = Path(__file__).resolve().parent.parent
SENTENCE = "Đây là câu số {number} của bài {reading}, dài vừa phải để máy có việc mà làm trong một lúc."
SENTENCES = 24


def text(reading: str) -> str:
    return " ".join(SENTENCE.format(number=number, reading=reading) for number in range(SENTENCES))


def measure(services: Any, user_id: str, voice_id: str, engine: str) -> None:
    """Print one engine's two ratios."""

    def read(*readings: str) -> float:
        start = time.perf_counter()
        asked = [Request(voice_id, text(name), engine=engine) for name in readings]
        begun = [services.generations.create(user_id, request) for request in asked]
        for generation in begun:
            last = list(services.generations.follow(user_id, generation.id))[-1]
            assert last.status == "completed", last.error
        return time.perf_counter() - start

    first, second = read("một"), read("hai")
    in_turn, at_once = read("ba") + read("bốn"), read("năm", "sáu")
    print(f"{engine}: a voice's first reading {first:.2f} s, its second {second:.2f} s (no process, no enrolment)")
    print(f"  two at once {at_once:.2f} s, one after the other {in_turn:.2f} s: {at_once / in_turn:.2f}")


def main() -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    import tiny_hub
    from huggingface_hub import constants

    from vnclone.engines import weights
    from vnclone.settings import Settings
    from vnclone.wire import wire

    with tempfile.TemporaryDirectory() as folder:
        hub = Path(folder) / "hub"
        tiny_hub.hub(hub, Path(folder) / "work")
        constants.HF_HUB_CACHE = os.environ["HF_HUB_CACHE"] = str(hub)
        for name in ("VIENEU_FP32", "VIENEU_INT8", "VIENEU_NANO"):
            setattr(weights, name, tiny_hub.manifest(getattr(weights, name)))
        services = wire(Settings(data=Path(folder) / "data"))
        user = services.accounts.register("bench@example.com", "bench bench bench", "bench")[0]
        upload = Path(folder) / "voice.wav"
        upload.write_bytes((ROOT / "assets" / "demo_voice.wav").read_bytes())
        voice = services.voices.wait(user.id, services.voices.create(user.id, upload, "bench", True).id)
        for engine in ("parametric", "vieneu"):
            measure(services, user.id, voice.id, engine)
        services.close()


if __name__ == "__main__":
    main()
