"""What is wrong with a change to a document, each fault in a sentence of its own: what came, and what may come."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from vnclone.errors import BadInput, Conflict, figure

_SHOWN = 60  # characters of what came


def late() -> Conflict:
    return Conflict(
        "Phần này đã thay đổi ở nơi khác. Hãy xem lại rồi sửa lần nữa.",
        "This part was changed elsewhere in the meantime. Check it, then edit it again.",
    )


def no_list(value: Any) -> BadInput:
    return BadInput(
        f"Các thay đổi phải là một danh sách, nhưng nhận được {_shown(value)}.",
        f"The changes must be a list, but {_shown(value)} came.",
    )


def no_change(value: Any, names: Iterable[str]) -> BadInput:
    """For one that is no object, or has none of `names`, or several."""
    return BadInput(
        f"Mỗi thay đổi là một đối tượng có đúng một trong các khoá {_listed(names)}; nhận được {_shown(value)}.",
        f"A change is an object with exactly one of the keys {_listed(names)}; {_shown(value)} came.",
    )


def unknown_keys(name: str, unknown: Iterable[str], allowed: Sequence[str]) -> BadInput:
    return BadInput(
        f"Thay đổi “{name}” không có khoá {_listed(unknown)}. Các khoá được dùng: {_listed(allowed)}.",
        f"The change “{name}” has no key {_listed(unknown)}. Its keys are: {_listed(allowed)}.",
    )


def missing_key(name: str, missing: str) -> BadInput:
    return BadInput(
        f"Thay đổi “{name}” còn thiếu khoá “{missing}”. Hãy ghi rõ số thứ tự, đếm từ 0.",
        f"The change “{name}” lacks the key “{missing}”. Say its number, counted from 0.",
    )


def wrong_value(name: str, value: Any, vi: str, en: str) -> BadInput:
    """`vi` and `en` tell what may stand there."""
    return BadInput(
        f"“{name}” phải là {vi}, nhưng nhận được {_shown(value)}.", f"“{name}” must be {en}, but {_shown(value)} came."
    )


def wrong_place(name: str, value: Any, first: int, last: int) -> BadInput:
    """For a number that is no number, or beyond what there is."""
    if last < first:
        return BadInput(
            f"“{name}”: {_shown(value)} không dùng được, ở đây không có chỗ nào như vậy.",
            f"“{name}”: {_shown(value)} cannot be used, there is no such place here.",
        )
    return wrong_value(name, value, f"một số nguyên từ {first} đến {last}", f"a whole number from {first} to {last}")


def long_title(length: int, most: int) -> BadInput:
    return BadInput(
        f"Tiêu đề dài {figure(length)} ký tự, nhiều nhất là {most}. Hãy rút ngắn lại.",
        f"The title has {length:,} characters; the most is {most}. Make it shorter.",
    )


def nothing_before() -> BadInput:
    return BadInput(
        "Chương 0 là chương đầu tiên nên không có chương nào đứng trước để gộp vào. Hãy gộp từ chương 1 trở đi.",
        "Chapter 0 is the first: there is none before it to merge it with. Merge from chapter 1 on.",
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(str(_plain(str(name))[:_SHOWN]) for name in names)


def _shown(value: Any) -> str:
    """As JSON, cut short."""
    text = _plain(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(text: str) -> str:
    """Without half letters, which nothing can send."""
    return text.encode("utf-8", "replace").decode()
