"""What of an opened document is unfolded. It travels with the page itself: the server keeps nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from vnclone.models import Document
from vnclone.services.tasks import Progress
from vnclone.ui.actions import asked_number
from vnclone.ui.markup import e

PARAGRAPHS_AT_ONCE = 80  # a chapter of a long book stays light
CHAPTERS_AT_ONCE = 60
MOST = 100_000


@dataclass(frozen=True, slots=True)
class View:
    """`opened`: the chapter that is unfolded (-1: none), `limit` paragraphs of it; `chapters`: how many are listed;
    `page`: the scanned page that is looked at (0: none).
    """

    opened: int = -1
    limit: int = PARAGRAPHS_AT_ONCE
    chapters: int = CHAPTERS_AT_ONCE
    page: int = 0

    def attributes(self) -> str:
        """For the page's element: the script sends them back with whatever is clicked in it."""
        values = {"opened": self.opened, "limit": self.limit, "chapters": self.chapters, "page": self.page}
        return "".join(f' data-{name}="{e(value)}"' for name, value in values.items())


@dataclass(frozen=True, slots=True)
class About:
    """What is shown of a document that its own row does not tell.

    `pace` in words a minute; `link`: a page's number -> the address of its picture; `proposed`: the numbers of the
    chapters that the reader left out; `progress` of being read again; `error`: what did not work just now.
    """

    pace: float
    link: Callable[[int], str] = str
    proposed: frozenset[int] = frozenset()
    progress: Progress | None = None
    error: str = ""


def asked_view(event: gr.EventData, document: Document) -> View:
    """What the page had unfolded, and the button asked to unfold. A single chapter is always open."""
    opened = asked_number(event, "opened", -1) if len(document.chapters) > 1 else 0
    limit = min(asked_number(event, "limit", PARAGRAPHS_AT_ONCE), MOST)
    listed = min(asked_number(event, "chapters", CHAPTERS_AT_ONCE), MOST)
    return View(
        opened if opened < len(document.chapters) else -1,
        max(limit, PARAGRAPHS_AT_ONCE),
        max(listed, CHAPTERS_AT_ONCE, opened + 1),
        asked_number(event, "page"),
    )
