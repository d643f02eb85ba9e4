"""PyTorch's surroundings for the engines that run on it: is there a card, whose dice are thrown, what if it is full."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

from vnclone.errors import Unavailable
from vnclone.settings import Settings

T = TypeVar("T")

TRIES = 2  # the second one with all that PyTorch had set aside given back to the card
_DRIVERS = ("libcuda.so.1", "nvcuda.dll")
_DICE = threading.RLock()


def available() -> bool:
    """Whether PyTorch is installed and an NVIDIA card can be used. Takes milliseconds: it loads PyTorch for nobody.

    Where PyTorch is loaded already it is asked, so that what changes its answer (a Space's `spaces`) counts.
    """
    if "torch" in sys.modules:
        import torch

        return bool(torch.cuda.is_available())
    return bool(find_spec("torch")) and _cards() > 0


def wanted() -> bool:
    """Whether there is a card to run on and VNCLONE_DEVICE lets it be used."""
    return Settings().device != "cpu" and available()


def device() -> str:
    """ "cuda" or "cpu", as VNCLONE_DEVICE says; "auto" is the card where there is one.

    Raises Unavailable when a card is demanded that PyTorch cannot use.
    """
    wanted = Settings().device
    if wanted == "auto":
        return "cuda" if available() else "cpu"
    if wanted == "cuda" and not available():
        raise Unavailable(
            "VNCLONE_DEVICE=cuda nhưng PyTorch không dùng được card đồ hoạ NVIDIA nào. Hãy kiểm tra trình điều khiển "
            "và bản PyTorch có CUDA, hoặc đặt VNCLONE_DEVICE=auto.",
            "VNCLONE_DEVICE is cuda, but PyTorch can use no NVIDIA graphics card. Check the driver and that PyTorch "
            "was built for CUDA, or set VNCLONE_DEVICE=auto.",
        )
    return wanted


class Dice:
    """A seeded run of PyTorch's global generators, for one reading among several.

    Between `thrown` blocks other readings may throw theirs; the generators are left as they were found. They are the
    process's own, so one block runs at a time.
    """

    def __init__(self, seed: int, device: str) -> None:
        self._seed, self._on_card = seed, device.startswith("cuda")
        self._states: list[Any] = []

    @contextmanager
    def thrown(self) -> Iterator[None]:
        import torch

        with _DICE, torch.random.fork_rng(devices=[torch.cuda.current_device()] if self._on_card else []):
            if self._states:
                torch.set_rng_state(self._states[0])
                if self._on_card:
                    torch.cuda.set_rng_state(self._states[1])
            else:
                torch.manual_seed(self._seed)
            try:
                yield
            finally:
                self._states = [torch.get_rng_state(), torch.cuda.get_rng_state() if self._on_card else None]


def retried(work: Callable[[], T]) -> T:
    """`work()`, once again when the card's memory was full. Raises Unavailable when it still is."""
    import torch

    for _ in range(TRIES):
        try:
            return work()
        except torch.cuda.OutOfMemoryError:
            pass  # the error holds what the failed try had computed: it has to be gone before memory is given back
        torch.cuda.empty_cache()
    raise full()


def full() -> Unavailable:
    return Unavailable(
        "Bộ nhớ của card đồ hoạ đã đầy nên chưa đọc được đoạn này. Hãy đóng chương trình khác đang dùng card, hoặc đặt "
        "VNCLONE_DEVICE=cpu, rồi thử lại.",
        "The graphics card's memory is full, so this passage could not be read. Close other programs that use the "
        "card, or set VNCLONE_DEVICE=cpu, then try again.",
    )


@cache
def _cards() -> int:
    """How many cards NVIDIA's driver offers this process; 0 without a driver. CUDA_VISIBLE_DEVICES counts."""
    for name in _DRIVERS:
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            continue
        count = ctypes.c_int(0)
        if driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0:
            return count.value
    return 0
