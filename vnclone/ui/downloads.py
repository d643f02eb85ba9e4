"""What can be downloaded of a finished recording, in one menu: every format, a file a chapter, subtitles."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vnclone.models import FORMATS, Generation
from vnclone.services.generations import Generations
from vnclone.ui.markup import e
from vnclone.ui.words import WORDS, say

Link = Callable[[Generation, str], str]  # (which, "audio", "chapters" or "subtitles") -> its signed address
WITH_WORD_TIMES = ("parametric",)  # engines that tell when each word is heard
MOST_REMEMBERED = 5000


class ChapterCounts:
    """How many chapters of a recording are heard: read from its plan once for each edition."""

    def __init__(self, generations: Generations) -> None:
        self._generations = generations
        self._known: dict[tuple[str, int], int] = {}

    def of(self, generation: Generation) -> int:
        """1 for a typed text, which has no chapters."""
        if not generation.document_id:
            return 1
        key = generation.id, generation.edition
        if key not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = len({step.chunk.chapter for step in self._generations.plan(generation).steps})
        return self._known[key]


def menu(generation: Generation, link: Link, chapters: int, language: str, place: str = "downloads") -> str:
    """A list that opens: one file in every format, a file a chapter where there are several, subtitles. HTML.

    `place` tells two menus of one recording on the same page apart.
    """
    parts = [_group("download_sound", _sounds(generation, link(generation, "audio"), language), language)]
    if chapters > 1:
        parts.append(_group("download_chapters", _zips(generation, link(generation, "chapters"), language), language))
    parts.append(_group("download_subtitles", _texts(generation, link(generation, "subtitles"), language), language))
    hint = f'<p class="v-hint">{e(say("download_first", language))}</p>'
    return (
        f'<details class="v-menu" id="{place}-{e(generation.id)}"><summary class="v-button v-quiet">'
        f"{e(say('downloads', language))}</summary><div>{''.join(parts)}{hint}</div></details>"
    )


def _sounds(generation: Generation, address: str, language: str) -> Iterable[str]:
    """The format that was asked for comes first."""
    for kind in sorted(FORMATS, key=lambda kind: kind != generation.format):
        for quality in ("cbr", "vbr") if kind == "mp3" else ("",):
            label = _name(kind, quality, language)
            asked = f"&format={kind}" + (f"&quality={quality}" if quality else "")
            yield _link(generation, f"{address}{asked}&download=1", label, language)


def _zips(generation: Generation, address: str, language: str) -> Iterable[str]:
    for kind in dict.fromkeys((generation.format, "mp3")):
        label = say("download_chapter_files", language, format=kind.upper())
        yield _link(generation, f"{address}&format={kind}", label, language)


def _texts(generation: Generation, address: str, language: str) -> Iterable[str]:
    for kind in ("srt", "vtt"):
        yield _link(generation, f"{address}&format={kind}", kind.upper(), language)
        if generation.engine in WITH_WORD_TIMES:
            label = say("download_words", language, format=kind.upper())
            yield _link(generation, f"{address}&format={kind}&words=1", label, language)


def _name(kind: str, quality: str, language: str) -> str:
    key = f"download_{kind}_{quality}" if quality else f"download_{kind}"
    return say(key, language) if key in WORDS else kind.upper()


def _link(generation: Generation, address: str, label: str, language: str) -> str:
    """Its name for a screen reader says of what it is: a list of recordings has many such links."""
    of = say("download_of", language, format=label, title=generation.title)
    return f'<a class="v-button v-quiet" href="{e(address)}" aria-label="{e(of)}" download>{e(label)}</a>'


def _group(title: str, links: Iterable[str], language: str) -> str:
    return f'<p class="v-menu-title">{e(say(title, language))}</p><div class="v-actions">{"".join(links)}</div>'
