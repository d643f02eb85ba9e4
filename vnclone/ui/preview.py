"""One document opened: what is read of it and how long that takes, how it was read, its scans, its chapters."""

from __future__ import annotations

import secrets

from vnclone.models import Document, Manuscript
from vnclone.text import cues
from vnclone.text.chunks import estimate_seconds
from vnclone.ui.formatting import number, rough_length
from vnclone.ui.markup import button, e, facts, goto, notice, warnings
from vnclone.ui.paragraphs import editor_words
from vnclone.ui.rereading import how
from vnclone.ui.scans import scans
from vnclone.ui.tree import tree
from vnclone.ui.view import About, View
from vnclone.ui.words import say


def page(document: Document, view: View, about: About, language: str) -> str:
    """The document as HTML, with what `view` says unfolded."""
    back = button(f"← {say('back', language)}", "close", "link")
    use = goto(say("use_document", language), "generate", action="use")
    parts = (
        facts(*included(document, about.pace, language)),
        notice(about.error),
        warnings(note.in_(language) for note in document.notes),
        how(document, about, language),
        scans(document, view, about, language),
        tree(document, view, about, language),
    )
    failed = " data-failed-change" if about.error else ""
    return (
        f'<section class="v-card v-reading" data-scroll="{e(document.id)}" data-id="{e(document.id)}"'
        f' data-words="{e(editor_words(language))}" data-answer="{secrets.token_hex(4)}"{view.attributes()}{failed}>'
        f'{back}<div class="v-head"><h2>{e(name_of(document))}</h2>{use}</div>{"".join(parts)}</section>'
    )


def included(document: Document, pace: float, language: str) -> list[str]:
    """The file's name, the words that will be read, and about how long that takes, as HTML."""
    count = Manuscript("", document.to_read).word_count
    time = rough_length(estimate_seconds(count, pace), language)
    words = say("words", language, count=number(count, language))
    about = say("about", language, time=time) if count else ""
    return [e(part) for part in (document.filename, words, about) if part]


def name_of(document: Document) -> str:
    """What a document is called on the page: cues are for the voice alone."""
    return cues.without(document.title) or document.filename
