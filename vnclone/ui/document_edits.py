"""What a button of an opened document changes, as the changes that the library takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gradio as gr

from vnclone.models import Document, ReadOptions
from vnclone.services.library import Library
from vnclone.ui.actions import asked, asked_number, asked_yes
from vnclone.ui.view import View


def change(library: Library, owner: str, document: Document, event: gr.EventData) -> Document | None:
    """Make the change that the event asks for; a button that only unfolds something changes nothing.

    What has become of `document`, since a long one takes a while to get; None where its file is read again or no
    more, so that it has to be asked for. Raises BadInput and Conflict, as the library does.
    """
    action = asked(event, "action")
    if action == "reread":
        options = ReadOptions(encoding=asked(event, "encoding", "auto"))
        library.read_again(owner, document.id, options, asked(event, "password") or None)
        return None
    if action == "stop":
        library.stop_reading_again(owner, document.id)
        return None
    changes = _of_all(document, action, event) if action in ("all", "none", "skip") else _of_one(action, event)
    return library.update(owner, document.id, changes) if changes else document


def moved(view: View, event: gr.EventData) -> View:
    """The view after a change that has given chapters other numbers: what was looked at stays unfolded."""
    action, chapter = asked(event, "action"), asked_number(event, "chapter")
    if action == "merge" and view.opened >= 0:
        return replace(view, opened=view.opened - (view.opened >= chapter))
    if action == "split" and view.opened >= 0:
        return replace(view, opened=view.opened + (view.opened >= chapter))
    return view


def _of_all(document: Document, action: str, event: gr.EventData) -> list[dict[str, Any]]:
    if action == "skip":
        kind = asked(event, "kind")
        kept = [other for other in document.skipped if other != kind]
        return [{"skipped": kept if asked_yes(event, "checked") else [*kept, kind]}]
    return [{"chapter": number, "included": action == "all"} for number in range(len(document.chapters))]


def _of_one(action: str, event: gr.EventData) -> list[dict[str, Any]]:
    """Of a chapter or a paragraph, with the mark of what was seen there."""
    chapter, at = {"chapter": asked_number(event, "chapter", -1)}, {"paragraph": asked_number(event, "paragraph", -1)}
    seen = {"mark": asked(event, "mark")}
    corrected = {**chapter, **at, **seen, "text": asked(event, "text")}
    changes: dict[str, list[dict[str, Any]]] = {
        "include": [{**chapter, **seen, "included": asked_yes(event, "checked")}],
        "rename": [{**chapter, **seen, "title": asked(event, "text")}],
        "merge": [{**chapter, **seen, "merge": True}],
        "edit": [corrected],
        "restore": [{**chapter, **at, **seen, "restore": True}],
        # The box to write in sends its text along: what was typed is not lost.
        "split": [corrected, {**chapter, "split": at["paragraph"]}],
        "kind": [corrected, {**chapter, **at, "kind": asked(event, "value")}],
    }
    return changes.get(action, [])
