"""How a generation looks while it is made and when it is done: progress, the sound, and its downloads."""

from __future__ import annotations

from vnclone.models import FORMATS, UNFINISHED, Generation
from vnclone.services.generations import message
from vnclone.settings import on_zero_gpu
from vnclone.ui.formatting import length, rough_length
from vnclone.ui.markup import bar, button, e, error_line, facts
from vnclone.ui.words import WORDS, say

DOWNLOADS = ("mp3", "wav")


def progress(generation: Generation, language: str) -> str:
    """The bar and the sentence beside it; a button that stops what is running. The same skeleton in every state."""
    running = generation.status in UNFINISHED
    said = message(generation).in_(language)
    stop = button(say("stop", language), "cancel", id=generation.id) if running else ""
    away = say("stay_hint" if on_zero_gpu() else "away_hint", language)
    hint = f'<p class="v-hint">{e(away)}</p>' if running else ""
    line = " · ".join([said, *_details(generation, language)]) if running else said
    shown = bar(generation.progress, say("progress_label", language))
    return (
        f'<section class="v-card v-progress v-{generation.status}">{shown}'
        f'<p role="status" class="v-state">{e(line)}</p>{hint}<div class="v-actions">{stop}</div></section>'
    )


def _details(generation: Generation, language: str) -> list[str]:
    """Percent, parts and what is left, as far as they are known."""
    known = [f"{generation.progress}%"]
    if generation.chunks_total:
        known.append(say("progress_chunks", language, done=generation.chunks_done, total=generation.chunks_total))
    if generation.eta_seconds:
        known.append(say("progress_eta", language, time=rough_length(generation.eta_seconds, language)))
    return known


def player(generation: Generation, audible: bool, url: str, language: str) -> str:
    """The sound in a native player, as soon as it is `audible`; empty before that and where there will be none.

    While it is made, the link streams what there is. When it is done, the script moves a player that is running to the
    finished file (`data-final`) at the same position. Whether it starts by itself is the script's to say: only
    what was asked for in this very page does.
    """
    done = generation.status == "completed"
    if not audible:
        return ""
    final = f' data-final="{e(url)}&amp;final=1"' if done else ""
    hint = f'<p class="v-hint">{e(say("listening_live", language))}</p>'
    below = downloads(generation, url, language) if done else hint
    more = facts(
        e(say("voice_of", language, name=generation.voice_name)),
        engine_of(generation, language),
        _length(generation, language),
    )
    return (
        f'<section class="v-card v-player" data-player="{e(generation.id)}"{final} data-src="{e(url)}">'
        f"<h3>{e(generation.title)}</h3>{more}{audio(generation, language)}{below}</section>"
    )


def audio(generation: Generation, language: str, url: str = "") -> str:
    """A native player; without `url` the script gives it its source."""
    label, source = e(say("player_label", language, title=generation.title)), f' src="{e(url)}"' if url else ""
    return f'<audio controls preload="none"{source} aria-label="{label}"></audio>'


def downloads(generation: Generation, url: str, language: str) -> str:
    """Links to the usual formats, and to the one that was asked for."""
    offered = [kind for kind in FORMATS if kind in DOWNLOADS or kind == generation.format]
    links = "".join(
        f'<a class="v-button v-quiet" href="{e(url)}&amp;format={kind}&amp;download=1" download>'
        f"{e(say('download_as', language, format=kind.upper()))}</a>"
        for kind in offered
    )
    return f'<div class="v-actions">{links}</div>'


def engine_of(generation: Generation, language: str) -> str:
    """The engine by its usual name, with the revision it keeps to its end. HTML."""
    key = f"engine_{generation.engine}"
    name = say(key, language) if key in WORDS else generation.engine
    return f'<span title="{e(generation.engine_revision)}">{e(name)}</span>'


def _length(generation: Generation, language: str) -> str:
    return e(length(generation.duration, language)) if generation.status == "completed" else ""


def failure(generation: Generation, language: str) -> str:
    return error_line(generation.error.in_(language) if generation.error else None)
