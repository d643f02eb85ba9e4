"""How a document was read and how it could be read instead: its encoding, and the kinds of text that are skipped."""

from __future__ import annotations

from collections import Counter

from vnclone.models import ENCODINGS, Document
from vnclone.services.editing import SKIPPABLE
from vnclone.ui.formatting import number
from vnclone.ui.markup import bar, button, e, facts, notice
from vnclone.ui.view import About
from vnclone.ui.words import say

NAMES = {"tcvn3": "TCVN3 (ABC)", "vni": "VNI", "vps": "VPS", "cp1258": "CP1258", "viqr": "VIQR"}


def how(document: Document, about: About, language: str) -> str:
    """Being read again; else what it was converted from, with the switch beside it."""
    return skips(document, language) + (_under_way(about, language) if about.progress else _again(document, language))


def skips(document: Document, language: str) -> str:
    """A box for each kind that can be skipped and occurs: ticked where it is read."""
    counts: Counter[str] = Counter(p.kind for chapter in document.chapters for p in chapter.paragraphs if p.text)
    boxes = "".join(_box(document, kind, counts[kind], language) for kind in SKIPPABLE if counts[kind])
    if not boxes:
        return ""
    return f'<fieldset class="v-skips"><legend>{e(say("skip", language))}</legend>{boxes}</fieldset>'


def encoding_name(encoding: str, language: str) -> str:
    return NAMES.get(encoding) or say(f"encoding_{encoding}", language)


def _box(document: Document, kind: str, count: int, language: str) -> str:
    label = say(f"skip_{kind.replace(' ', '_')}", language, count=number(count, language))
    checked = "" if kind in document.skipped else " checked"
    return (
        f'<label class="v-check"><input type="checkbox" data-action="skip" data-kind="{e(kind)}"{checked}>'
        f"<span>{e(label)}</span></label>"
    )


def _under_way(about: About, language: str) -> str:
    assert about.progress
    percent, label = round(100 * about.progress.share), say("rereading", language)
    stop = button(say("reread_stop", language), "stop")
    told = facts(e(label), e(about.progress.said.in_(language)), f"{percent}%")
    return f'<div class="v-rereading">{bar(percent, label)}{told}{stop}</div>'


def _again(document: Document, language: str) -> str:
    """The form that reads the file again; folded, but for a document that was converted or asks for something."""
    failed = document.error and say("reread_failed", language, why=document.error.in_(language))
    found = ""
    if document.encoding:
        named = say("encoding_found", language, name=encoding_name(document.encoding, language))
        found = f'<p class="v-encoding"><strong>{e(named)}</strong></p>'
    if document.encoding or document.options.encoding != "auto" or failed:
        return f'<div class="v-reread">{found}{notice(failed or "")}{_form(document, language)}</div>'
    return (
        f'<details class="v-more" id="reread-{e(document.id)}"><summary>{e(say("reread", language))}</summary>'
        f"<div>{_form(document, language)}</div></details>"
    )


def _form(document: Document, language: str) -> str:
    name, chosen = f"encoding-{e(document.id)}", document.options.encoding
    options = "".join(
        f'<option value="{code}"{" selected" if code == chosen else ""}>{e(encoding_name(code, language))}</option>'
        for code in ENCODINGS
    )
    password = ""
    if document.asks == "password":
        label = say("document_password", language, name=document.filename)
        password = (
            f'<label for="again-{e(document.id)}">{e(label)}</label>'
            f'<input type="password" id="again-{e(document.id)}" name="password" autocomplete="off">'
        )
    return (
        f'<form class="v-inline" data-ask data-action="reread"><label for="{name}">'
        f'{e(say("reread_encoding", language))}</label><select id="{name}" name="encoding">{options}</select>{password}'
        f'<button type="submit" class="v-button v-quiet">{e(say("reread_submit", language))}</button></form>'
        f'<p class="v-hint">{e(say("reread_hint", language))}</p>'
    )
