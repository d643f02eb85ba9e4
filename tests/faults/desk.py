"""Services on a data folder of their own, in the test's own process: for what many hands, or a clock, do to them."""

from __future__ import annotations

import time

import soundfile

from faults.house import House
from vnclone.models import Generation
from vnclone.pools.local import LocalPool
from vnclone.pools.worker import SpeakTask, Task
from vnclone.services.asking import Request
from vnclone.settings import Settings
from vnclone.wire import Services, wire

PATIENCE_SECONDS = 120.0


class Desk:
    """Services on a folder of their own, one reader, and what the workers were asked to say."""

    def __init__(self, house: House) -> None:
        self.house, self.spoken = house, list[str]()
        pool = LocalPool(cores=2, temporary=house.data / "work")
        submit = pool.submit

        def counted(task: Task) -> object:
            if isinstance(task, SpeakTask):
                self.spoken.extend(task.outs)
            return submit(task)

        pool.submit = counted  # type: ignore[method-assign, assignment]
        (house.data / "work").mkdir(exist_ok=True)
        self.services: Services = wire(Settings(data=house.data), pool=pool)
        (voice,) = house.rows("select * from voice_profiles")
        self.user, self.voice = voice["user_id"], voice["id"]

    def ask(self, text: str, **more: object) -> Generation:
        asked = Request(self.voice, text, engine="parametric", **more)  # type: ignore[arg-type]
        return self.services.generations.create(self.user, asked)

    def finished(self, generation: Generation) -> Generation:
        *_, last = self.services.generations.follow(self.user, generation.id)
        return last

    def pcm(self, generation: Generation) -> bytes:
        path = self.services.exports.audio(self.user, generation.id, "wav")
        return soundfile.read(path, dtype="int16")[0].tobytes()  # type: ignore[no-any-return]

    def rest(self) -> None:
        """Until no thread works on any recording."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.services.generations._held or self.services.generations._turnstile._users:
            assert time.monotonic() < until, "something hangs"
            time.sleep(0.02)
        self.services.retention._sweeper.settle()
