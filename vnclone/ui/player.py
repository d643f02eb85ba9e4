"""How a generation looks while it is made and when it is done: progress, and what its player needs to know."""

from __future__ import annotations

import json

from vnclone.models import UNFINISHED, Generation
from vnclone.services.notes import message
from vnclone.settings import on_zero_gpu
from vnclone.ui.downloads import menu
from vnclone.ui.formatting import rough_length
from vnclone.ui.markup import bar, button, e, facts
from vnclone.ui.words import WORDS, say
from vnclone.ui.words_listening import LISTENING


def progress(generation: Generation, language: str) -> str:
    """The bar and the sentence beside it; pausing, going on, cancelling. The same skeleton in every state."""
    running = generation.status in UNFINISHED
    said = message(generation).in_(language)
    away = say("stay_hint" if on_zero_gpu() else "away_hint", language)
    hint = f'<p class="v-hint">{e(away)}</p>' if running else ""
    look = '<button type="button" data-action="look" hidden></button>'  # the player's, for a page that missed something
    line = " · ".join([said, *_details(generation, language)]) if running else said
    shown = bar(generation.progress, say("progress_label", language))
    return (
        f'<section class="v-card v-progress v-{generation.status}">{shown}'
        f'<p role="status" class="v-state">{e(line)}</p>{hint}'
        f'<div class="v-actions">{"".join(course(generation, language))}{look}</div></section>'
    )


def course(generation: Generation, language: str) -> list[str]:
    """The buttons that change its course. A paragraph that is read again takes seconds: that is only cancelled."""
    pause = button(say("pause", language), "pause", id=generation.id)
    resume = button(say("resume", language), "resume", "primary", id=generation.id)
    cancel = button(say("keep_old" if generation.is_heard else "stop", language), "cancel", id=generation.id)
    if generation.status in UNFINISHED:
        return [cancel] if generation.is_heard else [pause, cancel]
    if generation.status == "paused":
        return [resume, cancel]
    return [] if generation.status == "completed" else [resume]


def _details(generation: Generation, language: str) -> list[str]:
    """Percent, parts and what is left, as far as they are known."""
    known = [f"{generation.progress}%"]
    if generation.chunks_total:
        known.append(say("progress_chunks", language, done=generation.chunks_done, total=generation.chunks_total))
    if generation.eta_seconds:
        known.append(say("progress_eta", language, time=rough_length(generation.eta_seconds, language)))
    return known


def player(generation: Generation, audible: bool, url: str, language: str, chapters: int = 1) -> str:
    """What assets/player.js goes by, as soon as it is `audible`; and the downloads of what is done. Empty before that.

    The controls and the sound are the script's: a new value of this component neither restarts nor moves them.
    `url` is the signed link to the sound; `data-heard` says that it is a finished file, of the edition told.
    """
    if not audible:
        return ""
    heard = " data-heard" if generation.is_heard else ""
    note = generation.note.in_(language) if generation.note and generation.status == "completed" else ""
    about = facts(e(say("voice_of", language, name=generation.voice_name)), engine_of(generation, language))
    below = menu(generation, lambda _, what: url.replace("/audio?", f"/{what}?"), chapters, language) if heard else ""
    return (
        f'<section class="v-recording" data-player="{e(generation.id)}" data-src="{e(url)}"{heard}'
        f' data-status="{e(generation.status)}" data-edition="{generation.edition}" data-title="{e(generation.title)}"'
        f' data-label="{e(say("player_label", language, title=generation.title))}" data-note="{e(note)}"'
        f' data-words="{e(_words(language))}">{about}{below}</section>'
    )


def _words(language: str) -> str:
    """All that the scripts say, as JSON."""
    return json.dumps({key: said.in_(language) for key, said in LISTENING.items()}, ensure_ascii=False)


def audio(generation: Generation, language: str, url: str) -> str:
    """A native player, for a list of finished recordings."""
    label = e(say("player_label", language, title=generation.title))
    return f'<audio controls preload="none" src="{e(url)}" aria-label="{label}"></audio>'


def engine_of(generation: Generation, language: str) -> str:
    """The engine by its usual name, with the revision it keeps to its end. HTML."""
    key = f"engine_{generation.engine}"
    name = say(key, language) if key in WORDS else generation.engine
    return f'<span title="{e(generation.engine_revision)}">{e(name)}</span>'
