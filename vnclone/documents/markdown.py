"""Markdown: its headings, lists and tables as blocks, by way of the HTML that markdown-it makes of it."""

from __future__ import annotations

import re
from pathlib import Path

from vnclone.documents.charsets import decoded
from vnclone.documents.draft import Asked, Draft
from vnclone.documents.markup import tree_of_html, walked
from vnclone.documents.plain import check_size
from vnclone.documents.refusals import no_text
from vnclone.documents.zipped import Damaged, spaced
from vnclone.sandbox import Report

_FRONT_MATTER = re.compile(r"\A﻿?(---|\+\+\+)[ \t]*\r?\n(.*?)\r?\n\1[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title\s*[:=]\s*(.+)$", re.MULTILINE | re.IGNORECASE)
_FRONT_CHARS = 20_000  # front matter is short: a rule of dashes far below is none


def read(path: str, asked: Asked, report: Report) -> Draft:
    """The Markdown at `path`. Raises TooLarge above 20 MiB, BadInput for bytes that are no text."""
    from markdown_it import MarkdownIt

    check_size(path)
    text, notes = decoded(Path(path).read_bytes())
    front, text = _parted(text)
    rendered = (
        MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable(["table", "strikethrough"]).render(text)
    )
    try:
        page = walked(tree_of_html(f"<body>{rendered}</body>"))
    except Damaged as error:
        raise no_text() from error
    named = _TITLE.search(front)
    return Draft(spaced(named[1].strip("\"'")) if named else "", tuple(page.blocks), None, notes)


def _parted(text: str) -> tuple[str, str]:
    """(front matter, the text after it)."""
    match = _FRONT_MATTER.match(text[:_FRONT_CHARS])
    return (match[2], text[match.end() :]) if match else ("", text)
