"""Which place a task runs in: this machine's cores or, on a ZeroGPU Space, the shared card for engines that want it."""

from __future__ import annotations

import os
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Protocol

from vnclone import engines
from vnclone.engines.base import Batch
from vnclone.models import Said
from vnclone.pools import worker
from vnclone.pools.local import LocalPool
from vnclone.pools.zerogpu import ZeroPool
from vnclone.settings import on_zero_gpu


class Pool(Protocol):
    """What every place does."""

    def workers(self, engine: str) -> int:
        """How many tasks of this engine run at once."""
        ...

    def batch(self, engine: str) -> Batch:
        """How much of a text one task speaks."""
        ...

    def obstacle(self, task: worker.Task) -> Said | None:
        """What keeps a queued task from being begun, for people; None when only other work is before it."""
        ...

    def submit(self, task: worker.Task) -> Future[None]:
        """Queue a task, to be waited for with `finish`. Raises PoolClosed."""
        ...

    def finish(self, task: worker.Task, future: Future[None]) -> None:
        """Wait for `task`. Raises what it raised, TooSlow, WorkerDied, PoolClosed, Deserted; tries nothing again."""
        ...

    def run(self, task: worker.Task) -> None:
        """`submit` and `finish`."""
        ...

    def following(self, generation: str) -> AbstractContextManager[None]:
        """Open while the caller follows a generation, for work that needs somebody's presence."""
        ...

    def followed(self, generation: str) -> bool:
        """Whether somebody follows it whose presence its work needs."""
        ...

    def urge(self, generation: str) -> None:
        """Somebody hears this generation now and is about to run out; said again within 2 s, or it lapses."""
        ...

    def sharing(self, engine: str) -> int:
        """How many different generations have tasks of this engine queued or running."""
        ...

    def processes(self, engine: str) -> list[int]:
        """The process ids of this engine's workers that run now."""
        ...

    def close(self) -> None:
        """Stop taking work; afterwards nobody writes any more."""
        ...


class Places:
    """Follows Pool: each task goes to one of two pools by its engine's placement."""

    def __init__(self, local: Pool, card: Pool) -> None:
        self._local, self._card = local, card

    def workers(self, engine: str) -> int:
        return self._place(engine).workers(engine)

    def batch(self, engine: str) -> Batch:
        return self._place(engine).batch(engine)

    def obstacle(self, task: worker.Task) -> Said | None:
        return self._place(task.engine).obstacle(task)

    def submit(self, task: worker.Task) -> Future[None]:
        return self._place(task.engine).submit(task)

    def finish(self, task: worker.Task, future: Future[None]) -> None:
        self._place(task.engine).finish(task, future)

    def run(self, task: worker.Task) -> None:
        self._place(task.engine).run(task)

    def following(self, generation: str) -> AbstractContextManager[None]:
        return self._card.following(generation)

    def followed(self, generation: str) -> bool:
        return self._card.followed(generation)

    def urge(self, generation: str) -> None:
        self._local.urge(generation)
        self._card.urge(generation)

    def sharing(self, engine: str) -> int:
        return self._place(engine).sharing(engine)

    def processes(self, engine: str) -> list[int]:
        return self._place(engine).processes(engine)

    def close(self) -> None:
        with ExitStack() as both:
            both.callback(self._local.close)
            both.callback(self._card.close)

    def _place(self, engine: str) -> Pool:
        return self._card if engines.load(engine).placement(os.cpu_count() or 1).gpu else self._local


def here(temporary: Path) -> Pool:
    """The places that this machine has. Workers put what they need for a moment into `temporary`."""
    local = LocalPool(temporary=temporary)
    return Places(local, ZeroPool()) if on_zero_gpu() else local
