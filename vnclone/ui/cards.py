"""A recording as a card of the history: how it stands, its sound, what made it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vnclone.models import UNFINISHED, Generation
from vnclone.services.notes import message
from vnclone.ui import expiry
from vnclone.ui.downloads import Link, menu
from vnclone.ui.formatting import decimal, length, number, size
from vnclone.ui.markup import badge, bar, button, e, error_line, facts, goto, notice, warnings, when
from vnclone.ui.player import audio, engine_of
from vnclone.ui.words import say


@dataclass(frozen=True, slots=True)
class About:
    """What a card shows that the recording's own row does not tell. `trouble`: (id, sentence) of what did not work."""

    link: Link
    expires_at: Callable[[Generation], str | None] = lambda _: None
    chapters: Callable[[Generation], int] = lambda _: 1
    trouble: tuple[str, str] = ("", "")


def card(generation: Generation, about: About, language: str) -> str:
    """One recording as HTML."""
    head = f'<div class="v-head"><h3>{e(generation.title)}</h3>{badge(generation.status, language)}</div>'
    wrong = notice(about.trouble[1]) if about.trouble[0] == generation.id else ""
    parts = (
        _facts(generation, language),
        _body(generation, about, language),
        f'<div class="v-actions">{_actions(generation, language)}</div>{wrong}',
        _downloads(generation, about, language),
        _details(generation, language),
        expiry.told(about.expires_at(generation), language),
    )
    return f'<article class="v-card v-item" id="generation-{e(generation.id)}">{head}{"".join(parts)}</article>'


def _facts(generation: Generation, language: str) -> str:
    voice = say("voice_of", language, name=generation.voice_name)
    long = length(generation.duration, language) if generation.is_heard else ""
    large = size(generation.size_bytes, language) if generation.is_heard and generation.size_bytes else ""
    made = when(generation.created_at, language)
    return facts(e(voice), e(long), e(large), engine_of(generation, language), made)


def _body(generation: Generation, about: About, language: str) -> str:
    """The sound where there is one; how far it is while it goes on; why it stopped."""
    sound = _sound(generation, about, language) if generation.is_heard else ""
    said = message(generation).in_(language)
    if generation.status in UNFINISHED:
        done = bar(generation.progress, say("progress_label", language))
        return sound + done + facts(e(said), f"{generation.progress}%")
    if generation.status == "completed":
        return sound
    if generation.status == "failed":
        return sound + error_line(said)
    return sound + facts(e(said))


def _sound(generation: Generation, about: About, language: str) -> str:
    """The edition is in the address, so that a player takes a newer one up; and what to listen to again."""
    address = f"{about.link(generation, 'audio')}&edition={generation.edition}"
    finished = generation.status == "completed"
    doubtful = [generation.note.in_(language)] if generation.note and finished else []
    return audio(generation, language, address) + warnings(doubtful)


def _actions(generation: Generation, language: str) -> str:
    """What makes sense in this state, the likeliest first."""
    offered = [_open(generation, language), *_course(generation, language)]
    offered.append(goto(say("again", language), "generate", "quiet", "again", id=generation.id))
    delete = button(
        say("delete", language),
        "delete",
        "danger",
        id=generation.id,
        confirm=say("generation_delete_ask", language, title=generation.title),
        accept=say("delete", language),
        decline=say("keep", language),
    )
    return "".join([*offered, delete])


def _open(generation: Generation, language: str) -> str:
    """Into the generate tab, with the player and the text to read along."""
    if generation.status in ("failed", "cancelled") and not generation.is_heard:
        return ""
    label = say("listen_along" if generation.is_heard else "follow", language)
    return goto(label, "generate", "quiet", "follow", id=generation.id)


def _course(generation: Generation, language: str) -> list[str]:
    """Pausing, going on and cancelling. A paragraph that is read again takes seconds: that is only cancelled."""
    pause = button(say("pause", language), "pause", id=generation.id)
    resume = button(say("resume", language), "resume", id=generation.id)
    cancel = button(say("keep_old" if generation.is_heard else "stop", language), "cancel", id=generation.id)
    if generation.status in UNFINISHED:
        return [cancel] if generation.is_heard else [pause, cancel]
    if generation.status == "paused":
        return [resume, cancel]
    return [] if generation.status == "completed" else [resume]


def _downloads(generation: Generation, about: About, language: str) -> str:
    if not generation.is_heard:
        return ""
    return menu(generation, about.link, about.chapters(generation), language, "history-downloads")


def _details(generation: Generation, language: str) -> str:
    """What made it, how long that took, and with which settings; folded."""
    lines = "".join(
        f"<div><dt>{e(say(name, language))}</dt><dd>{value}</dd></div>" for name, value in _told(generation, language)
    )
    return (
        f'<details class="v-more" id="details-{e(generation.id)}"><summary>{e(say("details", language))}</summary>'
        f'<dl class="v-details">{lines}</dl></details>'
    )


def _told(generation: Generation, language: str) -> list[tuple[str, str]]:
    """(key of the name, value as HTML) of all that is known."""
    engine = say("detail_revision", language, engine=generation.engine, revision=generation.engine_revision)
    kind = generation.format.upper() + (f" {generation.quality.upper()}" if generation.format == "mp3" else "")
    told = [("detail_engine", e(engine)), ("detail_normalizer", e(generation.normalizer))]
    told += [("detail_spent", e(_spent(generation, language))), ("detail_format", e(kind))]
    told += [("detail_language", e(_language(generation, language)))]
    told += [("detail_speed", e(decimal(generation.speed, language, 2)))]
    told += [("detail_pauses", e(_pauses(generation, language)))]
    own = len(generation.voices)
    told += [("detail_voices", e(say("detail_voices_count", language, count=own)) if own else "")]
    told += [("detail_edition", number(generation.edition, language) if generation.edition else "")]
    told += [("detail_finished", when(generation.completed_at, language) if generation.completed_at else "")]
    return [(name, value) for name, value in told if value]


def _spent(generation: Generation, language: str) -> str:
    """How long the work took, and that as a share of what there is to hear."""
    if not generation.spent_seconds:
        return ""
    time = length(generation.spent_seconds, language)
    if not generation.duration:
        return time
    ratio = decimal(generation.spent_seconds / generation.duration, language, 3)
    return say("detail_factor", language, time=time, factor=ratio)


def _language(generation: Generation, language: str) -> str:
    spoken, accent = say(f"language_{generation.language}", language), say(f"accent_{generation.accent}", language)
    return spoken if generation.language == "en" else f"{spoken}, {accent}"


def _pauses(generation: Generation, language: str) -> str:
    """Those that are not the usual ones."""
    return ", ".join(
        f"{say(f'pause_{boundary}', language)}: {decimal(seconds, language, 2)} s"
        for boundary, seconds in generation.pauses.items()
        if boundary != "inside"
    )
