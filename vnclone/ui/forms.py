"""Forms with an upload: plain HTML that the script sends, so that errors stay beside it and nothing typed is lost."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from vnclone.ui.formatting import size
from vnclone.ui.markup import e
from vnclone.ui.words import say


@dataclass(frozen=True, slots=True)
class Form:
    """`name` is the prefix of the ids; `fields` is HTML; `max_bytes` bounds the file before it is sent."""

    name: str
    title: str
    hint: str
    fields: str
    submit: str
    max_bytes: int

    def html(self, language: str, error: str = "", done: str = "") -> str:
        """`error` is shown inside; `done` (an id) empties the form. The answer's mark makes each answer a new value."""
        limit = size(self.max_bytes, language)
        says = {
            "missing": say("file_missing", language),
            "too-large": say("file_too_large", language, limit=limit),
            "uploading": say("uploading", language, percent="{percent}"),
            "failed": say("upload_failed", language),
            "consent": say("consent_missing", language),
            "expired": say("session_over", language),
            "sign-in": say("sign_in_again", language),
        }
        messages = "".join(f' data-{name}="{e(text)}"' for name, text in says.items())
        return (
            f'<form id="{self.name}" class="v-card v-form" data-form data-max-bytes="{self.max_bytes}"{messages}'
            f' data-answer="{secrets.token_hex(4)}" data-done="{e(done)}" novalidate'
            f' aria-labelledby="{self.name}-title">'
            f'<h2 id="{self.name}-title">{e(self.title)}</h2><p class="v-hint">{e(self.hint)}</p>{self.fields}'
            f'<p class="v-notice v-bad" role="alert" data-error{"" if error else " hidden"}>{e(error)}</p>'
            '<div class="v-sending" data-sending hidden><p role="status" data-status></p>'
            '<progress max="100"></progress></div>'
            f'<button type="submit" class="v-button v-primary v-wide">{e(self.submit)}</button></form>'
        )


def drop_zone(name: str, label: str, accept: str, language: str, several: bool = False) -> str:
    """A file input that also takes a dropped file, or `several`. The original bytes are sent as they are."""
    multiple = " multiple" if several else ""
    return (
        f'<div class="v-drop" data-drop><input class="v-file" type="file" id="{name}" name="file" accept="{accept}"'
        f'{multiple} aria-label="{e(label)}"><label for="{name}"><strong>{e(say("choose_file", language))}</strong>'
        f" <span>{e(say('or_drop', language))}</span></label>"
        '<p class="v-chosen" data-chosen aria-live="polite" hidden></p></div>'
    )


def recorder(language: str) -> str:
    """A microphone button; what it records is sent like a chosen file."""
    says = {
        "start": say("record", language),
        "running": say("recording", language, seconds="{seconds}"),
        "recorded": say("recorded", language, seconds="{seconds}"),
        "denied": say("record_denied", language),
    }
    messages = "".join(f' data-{name}="{e(text)}"' for name, text in says.items())
    return (
        f'<div class="v-recorder" data-recorder{messages}><button type="button" class="v-button v-quiet" data-record>'
        f'<span class="v-dot" aria-hidden="true"></span><span data-record-label>{e(says["start"])}</span></button>'
        f'<p class="v-hint">{e(say("record_tip", language))}</p></div>'
    )


def text_field(name: str, label: str, example: str = "", hint: str = "", lines: int = 1, kind: str = "text") -> str:
    """A labelled input, or a text area when `lines` is more than one. `name` ends in the field's name: "voice-name"."""
    field, described = name.rsplit("-", 1)[-1], f' aria-describedby="{name}-hint"' if hint else ""
    common = f'id="{name}" name="{field}" placeholder="{e(example)}"{described}'
    if lines > 1:
        control = f'<textarea {common} rows="{lines}" maxlength="5000"></textarea>'
    else:
        control = f'<input {common} type="{kind}" maxlength="200" autocomplete="off">'
    below = f'<p class="v-hint" id="{name}-hint">{e(hint)}</p>' if hint else ""
    return f'<div class="v-field"><label for="{name}">{e(label)}</label>{control}{below}</div>'


def more(name: str, summary: str, fields: str) -> str:
    """Fields that few people need, folded away."""
    return f'<details class="v-more" id="{name}"><summary>{e(summary)}</summary>{fields}</details>'


def check_box(name: str, label: str) -> str:
    field = name.rsplit("-", 1)[-1]
    return (
        f'<label class="v-check" for="{name}"><input type="checkbox" id="{name}" name="{field}">'
        f"<span>{e(label)}</span></label>"
    )
