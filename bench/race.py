"""Runners against each other, taken in turns: every ratio that is printed comes out of one such race."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def race(rounds: int, *runners: Callable[[], Any]) -> list[float]:
    """Each runner's best time in seconds, taken in turns, so that a busy moment hits all alike."""
    times: list[list[float]] = [[] for _ in runners]
    for _ in range(rounds):
        for own, runner in zip(times, runners, strict=True):
            start = time.perf_counter()
            runner()
            own.append(time.perf_counter() - start)
    return [min(own) for own in times]
