"""A person's generations: asked for, followed, paused, cancelled, resumed, kept, deleted."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from vnclone import engines
from vnclone.engines.base import Engine
from vnclone.errors import DiskFull, TooMany, figure
from vnclone.models import OPEN, OVER, UNFINISHED, Document, Generation, Said, Voice
from vnclone.pools.local import PoolClosed
from vnclone.pools.zerogpu import Deserted
from vnclone.services import asking, editions, notes, plans, suiting
from vnclone.services.asking import Request
from vnclone.services.lexicon import Lexicons
from vnclone.services.library import Library
from vnclone.services.plans import Plan, Step
from vnclone.services.reading import Reader, typed
from vnclone.services.sweeping import Sweeper
from vnclone.services.tasks import run_logged
from vnclone.services.turnstile import Turnstile
from vnclone.services.voices import Voices
from vnclone.services.watching import Stopped
from vnclone.settings import Settings, canonical_engine, on_zero_gpu
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.store.patience import patiently
from vnclone.text import cues
from vnclone.text.normalize import normalizer
from vnclone.text.tidy import searchable

log = logging.getLogger(__name__)
AT_ONCE = 32  # generations under way together, everybody's; they share the pool chunk by chunk
EACH_ON_ZERO_GPU = 16  # there most of them wait for a quota, which must not keep the others waiting
MOST_OPEN = 200  # of one user, waiting ones included
POLL_SECONDS = 0.15
TOLD_SECONDS = 3600.0  # how long a full disk may keep a failure from being told
NOTHING = "\0"  # is in no text: what is found by a search for signs alone
SEARCHED = 5000  # characters of a text that a search looks at


class Generations:
    """State lives in the store alone, so that a restart, another tab and every door see the same."""

    def __init__(
        self,
        rows: Owned[Generation],
        voices: Voices,
        library: Library,
        lexicons: Lexicons,
        reader: Reader,
        sweeper: Sweeper,
        files: Files,
        settings: Settings,
    ) -> None:
        self._rows, self._voices, self._library, self._lexicons = rows, voices, library, lexicons
        self._reader, self._sweeper, self._files, self._settings = reader, sweeper, files, settings
        most = {"each": EACH_ON_ZERO_GPU} if on_zero_gpu() else {}
        self._turnstile = Turnstile(self._run, self._moved, AT_ONCE, **most)
        self._held: set[str] = set()  # the ids of those whose files a thread may still be writing
        self._lock = threading.Lock()

    def create(self, user_id: str, request: Request) -> Generation:
        """Ask for a reading; it starts in the background. Raises BadInput, NotFound, Unavailable, TooMany."""
        voice = self._voices.require_ready(user_id, request.voice_id)
        document = self._library.require_ready(user_id, request.document_id) if request.document_id else None
        request = request.tidied()
        asking.check_text(request.text, document)
        others = [self._voices.require_ready(user_id, id) for id in sorted(set(request.voices.values()))]
        chapters = document.to_read if document else typed(request.text)
        chosen = suiting.choose(self._asked(request.engine), voice, request.language, chapters)
        for other in others:
            suiting.check(chosen, other, request.language, chapters)
        self._check_room(user_id)
        generation = self._new(user_id, voice, document, request, chosen)
        # What is said is settled now: the lexicon may be another one when the reading begins, or goes on.
        said = self._lexicons.of(user_id).used(asking.texts(chapters))
        generation = replace(generation, lexicon=said)
        hashed = asking.request_hash(generation, [voice, *others], chapters)
        generation = replace(generation, request_hash=hashed)
        self._rows.add(generation)
        self._turnstile.add(user_id, generation.id)
        return generation

    def _new(
        self, user_id: str, voice: Voice, document: Document | None, request: Request, engine: Engine
    ) -> Generation:
        moment, title = now(), cues.without(document.title) if document else asking.title_of(request.text)
        text = asking.beginning(document.to_read, SEARCHED) if document else request.text
        return Generation(
            id=uuid.uuid4().hex,
            user_id=user_id,
            voice_profile_id=voice.id,
            document_id=document.id if document else "",
            text_input="" if document else request.text,
            title=title,
            voice_name=voice.name,
            language=request.language,
            accent=request.accent,  # type: ignore[arg-type]
            engine=engine.name,
            engine_revision=engine.revision,
            speed=request.speed,
            format=request.format,
            status="pending",
            created_at=moment,
            updated_at=moment,
            quality=request.quality,
            pauses=dict(request.pauses),
            voices=dict(request.voices),
            normalizer=normalizer(),
            search=searchable(f"{title} {voice.name} {text[:SEARCHED]}"),
        )

    def _check_room(self, user_id: str) -> None:
        waiting = sum(self._rows.count(user_id, MOST_OPEN, status=status) for status in OPEN)
        if waiting >= MOST_OPEN:
            raise TooMany(
                f"Bạn đang có {figure(waiting)} bản đọc chưa xong. Hãy đợi hoặc huỷ bớt rồi tạo tiếp.",
                f"You have {waiting} readings that are not finished. Wait, or cancel some of them first.",
            )

    def resume_unfinished(self) -> None:
        """After a restart: go on with what was pending or under way, from the chunks that are there."""
        for generation in self._rows.with_status(*UNFINISHED):
            self._turnstile.add(generation.user_id, generation.id)

    def get(self, user_id: str, generation_id: str) -> Generation:
        return self._rows.get(user_id, generation_id)

    def history(self, user_id: str, limit: int = 50, offset: int = 0, **filters: str) -> list[Generation]:
        """Newest first. `filters`: exact `status`, `engine`, `voice_profile_id`; words of `search`."""
        limit, offset = max(0, min(limit, 1000)), max(0, min(offset, 1 << 32))
        return self._rows.all(user_id, limit, offset, **_folded(filters))

    def count(self, user_id: str, most: int = -1, **filters: str) -> int:
        """How many such there are, counted up to `most`."""
        return self._rows.count(user_id, most, **_folded(filters))

    def follow(self, user_id: str, generation_id: str) -> Iterator[Generation]:
        """Every change until it is over or paused; the last one is that state."""
        last = None
        while True:
            generation = self.get(user_id, generation_id)
            if generation != last:
                yield generation
                last = generation
            if generation.status not in UNFINISHED:
                return
            time.sleep(POLL_SECONDS)

    def following(self, user_id: str, generation_id: str) -> AbstractContextManager[None]:
        """To be open while its owner follows it: where its work needs them (on ZeroGPU), it goes on only then.

        Raises NotFound at once, before it is opened.
        """
        return self._following(self.get(user_id, generation_id))

    @contextmanager
    def _following(self, generation: Generation) -> Iterator[None]:
        with self._reader.pool.following(generation.id):
            self._take_up(generation)
            yield

    def pause(self, user_id: str, generation_id: str) -> Generation:
        """Stop it within one chunk, to be resumed. What is over stays as it is."""
        generation = self.get(user_id, generation_id)
        if self._rows.update(generation_id, only_from=UNFINISHED, status="paused", eta_seconds=None, note=None):
            self._turnstile.drop(user_id, generation.id)
        return self.get(user_id, generation_id)

    def resume(self, user_id: str, generation_id: str) -> Generation:
        """Go on where it was paused, cancelled or failed. What runs or is done stays as it is. Raises Conflict."""
        generation = self.get(user_id, generation_id)
        stopped = ("paused", "cancelled", "failed")
        if generation.status in stopped:
            notes.check_revision(generation)
            cleared = {"error": None, "note": None, "eta_seconds": None}
            if self._rows.update(generation_id, only_from=stopped, status="pending", **cleared):
                self._turnstile.add(user_id, generation_id)
        return self.get(user_id, generation_id)

    def cancel(self, user_id: str, generation_id: str) -> Generation:
        """Stop it within one chunk. What is over stays as it is; of a paragraph read again, the old one stays."""
        generation = self.get(user_id, generation_id)
        if generation.is_heard:
            self._keep_old(generation, None)
        else:
            self._rows.update(generation_id, only_from=OPEN, status="cancelled", eta_seconds=None, note=None)
        self._turnstile.drop(user_id, generation_id)
        with self._lock:
            held = generation_id in self._held
        if not held:
            with suppress(sqlite3.OperationalError):  # a backup holds the database: the next start tidies
                self.tidy(generation_id)
        return self.get(user_id, generation_id)

    def _keep_old(self, generation: Generation, note: Said | None) -> None:
        """The next edition does not come about: what was heard before is what there is."""
        heard = editions.state(self.folder(generation), generation)
        self._rows.update(generation.id, only_from=OPEN, **heard | ({"note": note} if note else {}))

    def tidy(self, generation_id: str) -> None:
        """Remove the files of editions that were replaced, or did not come about, and what was heard meanwhile."""
        generation = self._rows.find(generation_id)
        if generation is None or generation.status in OPEN:
            return
        own = self._files.root / "users" / generation.user_id / "generations" / generation.id  # made by nobody here
        if not editions.scraps(own, generation):
            return
        with self._rows.transaction():  # no change of the recording begins meanwhile
            generation = self._rows.find(generation_id)
            if generation and generation.status not in OPEN:
                for scrap in editions.scraps(own, generation):
                    self._files.remove(scrap) if scrap.is_dir() else scrap.unlink(missing_ok=True)

    def tidy_all(self) -> None:
        """What a process that was killed left behind."""
        for generation in self._rows.before("9999", OVER):
            self.tidy(generation.id)

    def delete(self, user_id: str, generation_id: str) -> None:
        """Stop it, remove its files, and the cached chunks that no other generation of this voice needs.

        Of one that a thread still reads, cancelled or not, that thread removes the files, once the workers have let
        go of them.
        """
        generation = self.get(user_id, generation_id)
        with self._lock:
            self._rows.delete(generation_id)
            self._turnstile.drop(user_id, generation_id)
            held = generation_id in self._held
        if not held:
            self._forget(generation)

    def _forget(self, generation: Generation) -> None:
        """Remove the files of a generation whose row is gone."""
        voices = {step.voice for step in self.plan(generation).steps} | {generation.voice_profile_id}
        self._files.remove(self._files.generation(generation.user_id, generation.id))
        self._files.remove(self._files.copies(generation.user_id, generation.id))
        for voice in voices:
            self._sweeper.soon(generation.user_id, voice)

    def forget_voice(self, user_id: str, voice_id: str, recordings: bool) -> None:
        """Cancel what is running in a voice that is about to be deleted; with `recordings`, delete what is finished."""
        self._voices.get(user_id, voice_id)
        for generation in self._rows.where(user_id, "voice_profile_id", voice_id):
            if recordings:
                self.delete(user_id, generation.id)
            else:
                self.cancel(user_id, generation.id)
        for generation in self._rows.with_status(*OPEN):
            if generation.user_id == user_id and voice_id in generation.voices.values():
                self.cancel(user_id, generation.id)

    def folder(self, generation: Generation) -> Path:
        """Where the edition lies that is heard; before the first is done, the one that is made."""
        return self._files.edition(generation.user_id, generation.id, generation.edition)

    def plan(self, generation: Generation) -> Plan:
        """What it speaks, in order; without a step until it has been planned."""
        return plans.load(self.folder(generation), generation)

    def live(self, generation: Generation) -> Path:
        """Where the first chunk's samples are while they are made."""
        return self._files.live(generation.user_id, generation.id)

    def is_audible(self, generation: Generation) -> bool:
        """Whether there is anything to hear yet."""
        if generation.is_heard:
            return True
        if generation.status not in OPEN:
            return False
        live = self.live(generation)
        return generation.chunks_done > 0 or (live.exists() and live.stat().st_size > 0)

    def sound(self, generation: Generation, step: Step) -> Path:
        """Where the finished sound of one step lies, or will."""
        return self._files.chunks(generation.user_id, step.voice) / f"{step.key}.wav"

    def urge(self, generation: Generation) -> None:
        """Somebody hears it right now and is about to run out."""
        self._reader.pool.urge(generation.id)

    def close(self) -> None:
        self._turnstile.close()
        self._sweeper.close()

    def settle(self, seconds: float) -> None:
        """After the pool has closed: wait, at most so long, until nobody writes any more."""
        until = time.monotonic() + seconds
        while self._held and time.monotonic() < until:
            time.sleep(0.01)

    def engine_name(self, asked: str = "auto") -> str:
        """The engine that `asked` stands for now. Raises BadInput listing what exists."""
        return engines.load(self._asked(asked)).name

    def _asked(self, engine: str) -> str:
        """`engine`, or for "auto" what the settings say, which may be "auto" too."""
        engine = canonical_engine(engine)
        return self._settings.engine if engine == engines.AUTO else engine

    def begin(self, generation: Generation) -> None:
        """Run one whose row has been set to pending."""
        self._turnstile.add(generation.user_id, generation.id)

    def _moved(self, generation_id: str, position: int) -> None:
        with suppress(DiskFull, sqlite3.OperationalError):  # it waits all the same
            self._rows.update(generation_id, only_from=("pending",), note=notes.before(position))

    def _run(self, generation_id: str) -> None:
        with self._lock:
            found = self._rows.find(generation_id)
            if found is None:
                return
            self._held.add(generation_id)
        generation = found

        try:
            run_logged(lambda: self._read(generation), lambda error: self._failed(generation, error))
        finally:
            with self._lock:
                self._held.discard(generation_id)
                deleted = not self._rows.exists(generation_id)
            self._forget(generation) if deleted else run_logged(lambda: self.tidy(generation_id), lambda _: None)

    def _failed(self, generation: Generation, error: Said) -> None:
        def told() -> None:
            if generation.is_heard:
                self._keep_old(generation, error)
            else:
                self._rows.update(generation.id, only_from=UNFINISHED, status="failed", error=error, eta_seconds=None)

        until = time.monotonic() + TOLD_SECONDS
        while True:
            try:
                return patiently(told)
            except DiskFull:  # not even this fits: as soon as there is room, else nobody would ever hear of it
                if self._turnstile.closed or time.monotonic() > until:
                    raise
                time.sleep(POLL_SECONDS)

    def _read(self, generation: Generation) -> None:
        deserted = False
        try:
            if patiently(lambda: self._rows.update(generation.id, only_from=UNFINISHED, note=None)):  # else cancelled
                self._reader.read(generation, self._document(generation))
        except (Stopped, PoolClosed):
            log.info("generation %s was stopped", generation.id)
        except Deserted:
            log.info("generation %s waits for somebody to follow it", generation.id)
            deserted = True
        except FileNotFoundError:  # its voice was deleted, and the folder with it
            if self._rows.update(generation.id, only_from=UNFINISHED):
                raise
        if deserted:
            self._take_up(generation)  # somebody may have come while it was being given back

    def _take_up(self, generation: Generation) -> None:
        """Go on with one that was given back, if somebody follows it now."""
        if self._reader.pool.followed(generation.id) and self._rows.has_status(generation.id, *UNFINISHED):
            self._turnstile.add(generation.user_id, generation.id)

    def _document(self, generation: Generation) -> Document | None:
        return self._library.get(generation.user_id, generation.document_id) if generation.document_id else None


def _folded(filters: dict[str, str]) -> dict[str, str]:
    """Without the empty ones; what is searched for as the search column has it."""
    found = {name: searchable(value) if name == "search" else value for name, value in filters.items() if value.strip()}
    return {name: value or NOTHING for name, value in found.items()}
