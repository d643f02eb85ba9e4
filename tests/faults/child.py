"""The app without its page, as a process: wired on a data folder, it does some steps and tells what came of them.

    python -m faults.child DATA '[["create", {"text": "…"}], ["follow"]]'

Each step's outcome is a line of JSON. It ends as the app does: with what is under way left for the next start.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faults import moments

Step = Callable[..., Any]


def tell(**said: Any) -> None:
    print(json.dumps(said, ensure_ascii=False, default=str), flush=True)


class Doing:
    """One method a step."""

    def __init__(self, services: Any) -> None:
        self._services = services
        self._user = services.accounts._rows.first_user()

    def create(self, asked: dict[str, Any]) -> None:
        from vnclone.errors import VncloneError
        from vnclone.services.asking import Request

        try:
            tell(created=self._services.generations.create(self._user, Request(**asked)).id)
        except VncloneError as error:
            tell(refused=error.said.vi)

    def follow(self) -> None:
        """All that is unfinished, to its end."""
        from vnclone.models import UNFINISHED

        for status in UNFINISHED:
            for generation in self._services.generations.history(self._user, 1000, status=status):
                *_, last = self._services.generations.follow(self._user, generation.id)
                tell(followed=last.id, status=last.status, error=asdict(last.error) if last.error else None)

    def resume(self, generation: str) -> None:
        tell(resumed=self._services.generations.resume(self._user, generation).status)

    def redo(self, generation: str, chapter: int, paragraph: int, change: dict[str, Any]) -> None:
        from vnclone.errors import VncloneError
        from vnclone.services.revising import Change

        try:
            self._services.revisions.redo(self._user, generation, chapter, paragraph, Change(**change))
            tell(redone=generation)
        except VncloneError as error:
            tell(refused=error.said.vi)

    def delete(self, generation: str) -> None:
        self._services.generations.delete(self._user, generation)
        tell(deleted=generation)

    def voice(self, upload: str) -> None:
        from vnclone.errors import VncloneError

        try:
            voice = self._services.voices.create(self._user, Path(upload), "Một giọng nữa", True)
            tell(taken=voice.id)
            tell(voice=self._services.voices.wait(self._user, voice.id).status)
        except VncloneError as error:
            tell(refused=error.said.vi)

    def settle(self) -> None:
        """Until all is swept that was to be swept, and what was uploaded before is ready."""
        from vnclone import wire

        for thread in threading.enumerate():
            if getattr(thread, "_target", None) is wire.sweep:
                thread.join()
        for voice in self._services.voices.list(self._user):
            for _ in self._services.voices.follow(self._user, voice.id):
                pass
        self._services.retention._sweeper.settle()


def main() -> None:
    data, steps = Path(sys.argv[1]), json.loads(sys.argv[2])
    moments.watch("app")
    from vnclone.pools.local import LocalPool, Rules
    from vnclone.settings import Settings
    from vnclone.wire import wire

    work = data / "work"
    work.mkdir(exist_ok=True)
    pool = LocalPool(cores=2, rules=Rules(str(work), work=moments.work))
    services = wire(Settings(data=data), pool=pool)
    doing = Doing(services)
    try:
        for name, *arguments in steps:
            getattr(doing, name)(*arguments)
    except KeyboardInterrupt:
        tell(interrupted=True)
    services.close()
    tell(closed=True)
    os._exit(0)


if __name__ == "__main__":
    main()
