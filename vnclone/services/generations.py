"""A person's generations: asked for, followed, heard while they are made, cancelled, kept, deleted."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from vnclone import engines
from vnclone.audio.encode import encode
from vnclone.audio.files import probe
from vnclone.audio.subtitles import Cue
from vnclone.errors import BadInput, NotFound, figure
from vnclone.models import ACCENTS, FORMATS, LANGUAGES, UNFINISHED, Document, Generation, Said
from vnclone.pools.local import PoolClosed
from vnclone.pools.worker import FLAWS
from vnclone.pools.zerogpu import Deserted
from vnclone.services import plans, suiting
from vnclone.services.library import Library
from vnclone.services.plans import Step
from vnclone.services.reading import Reader, Stopped, nothing_to_say, tags, typed
from vnclone.services.tasks import run_logged
from vnclone.services.voices import Voices
from vnclone.settings import Settings, canonical_engine, on_zero_gpu
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now
from vnclone.text import cues
from vnclone.text.tidy import is_speakable, tidy

log = logging.getLogger(__name__)
AT_ONCE = 8  # generations under way together; they share the pool chunk by chunk
AT_ONCE_ON_ZERO_GPU = 64  # there most of them wait for a quota, which must not keep the others waiting
POLL_SECONDS = 0.15
SLOWEST, FASTEST = 0.5, 2.0
MAX_TEXT = 2_000_000  # characters typed or pasted: a long novel

PREPARING = Said("Đang chuẩn bị…", "Preparing…")
SPEAKING = Said("Đang tạo audio…", "Generating the audio…")
FINISHING = Said("Đang hoàn tất…", "Finishing…")
DONE = Said("Audio đã được tạo thành công!", "The audio has been generated!")
CANCELLED = Said("Đã huỷ.", "Cancelled.")
FAILED = Said("Không tạo được audio.", "The audio could not be generated.")


class Generations:
    """State lives in the store alone, so that a restart, another tab and every door see the same."""

    def __init__(
        self,
        rows: Owned[Generation],
        voices: Voices,
        library: Library,
        reader: Reader,
        files: Files,
        settings: Settings,
    ) -> None:
        self._rows, self._voices, self._library = rows, voices, library
        self._reader, self._files, self._settings = reader, files, settings
        threads = AT_ONCE_ON_ZERO_GPU if on_zero_gpu() else AT_ONCE
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="generation")
        self._held: set[str] = set()  # the ids of those whose files a thread may still be writing
        self._lock = threading.Lock()

    def create(
        self,
        user_id: str,
        voice_id: str,
        text: str = "",
        document_id: str = "",
        language: str = "auto",
        engine: str = "auto",
        speed: float = 1.0,
        format: str = "mp3",
        accent: str = "north",
    ) -> Generation:
        """Ask for a reading; it starts in the background. Raises BadInput, NotFound, Unavailable."""
        voice = self._voices.require_ready(user_id, voice_id)
        document = self._library.require_ready(user_id, document_id) if document_id else None
        text = tidy(text)
        check_text(text, document)
        check_choice("language", language, ("auto", *LANGUAGES))
        check_choice("format", format, FORMATS)
        check_choice("accent", accent, ACCENTS)
        check_speed(speed)
        asked, chapters = self._asked(engine), document.chapters if document else typed(text)
        chosen = suiting.choose(asked, voice, language, chapters)
        moment = now()
        generation = Generation(
            id=uuid.uuid4().hex,
            user_id=user_id,
            voice_profile_id=voice.id,
            document_id=document.id if document else "",
            text_input="" if document else text,
            title=cues.without(document.title) if document else title_of(text),
            voice_name=voice.name,
            language=language,
            accent=accent,  # type: ignore[arg-type]
            engine=chosen.name,
            engine_revision=chosen.revision,
            speed=float(speed),
            format=format,
            status="pending",
            created_at=moment,
            updated_at=moment,
        )
        self._rows.add(generation)
        self._start(generation)
        return generation

    def resume_unfinished(self) -> None:
        """After a restart: go on with what was pending or under way, from the chunks that are there."""
        for generation in self._rows.with_status(*UNFINISHED):
            self._start(generation)

    def get(self, user_id: str, generation_id: str) -> Generation:
        return self._rows.get(user_id, generation_id)

    def history(self, user_id: str, limit: int = 50, offset: int = 0) -> list[Generation]:
        """Newest first."""
        return self._rows.all(user_id, max(0, min(limit, 1000)), max(0, min(offset, 1 << 32)))

    def count(self, user_id: str) -> int:
        return self._rows.count(user_id)

    def follow(self, user_id: str, generation_id: str) -> Iterator[Generation]:
        """Every change until it is over; the last one is the end state."""
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

    def cancel(self, user_id: str, generation_id: str) -> Generation:
        """Stop it within one chunk. What is over stays as it is."""
        self.get(user_id, generation_id)
        self._rows.update(generation_id, only_from=UNFINISHED, status="cancelled", eta_seconds=None, note=None)
        return self.get(user_id, generation_id)

    def delete(self, user_id: str, generation_id: str) -> None:
        """Stop it, remove its files, and the cached chunks that no other generation of this voice needs.

        Of one that a thread still reads, cancelled or not, that thread removes the files, once the workers have let
        go of them.
        """
        generation = self.get(user_id, generation_id)
        with self._lock:
            self._rows.delete(generation_id)
            held = generation_id in self._held
        if not held:
            self._forget(generation)

    def _forget(self, generation: Generation) -> None:
        """Remove the files of a generation whose row is gone."""
        user_id, keys = generation.user_id, {step.key for step in self.steps(generation)}
        self._files.remove(self._files.generation(user_id, generation.id))
        self._files.remove(self._files.copies(user_id, generation.id))
        for other in self._rows.where(user_id, "voice_profile_id", generation.voice_profile_id):
            keys -= {step.key for step in self.steps(other)}
        chunks = self._files.chunks(user_id, generation.voice_profile_id)
        for key in keys:
            for sound in chunks.glob(f"{key}.*"):  # and what is known against it
                sound.unlink(missing_ok=True)

    def forget_voice(self, user_id: str, voice_id: str, recordings: bool) -> None:
        """Cancel what is running in a voice that is about to be deleted; with `recordings`, delete what is finished."""
        self._voices.get(user_id, voice_id)
        for generation in self._rows.where(user_id, "voice_profile_id", voice_id):
            if recordings:
                self.delete(user_id, generation.id)
            else:
                self.cancel(user_id, generation.id)

    def audio(self, user_id: str, generation_id: str, format: str = "") -> Path:
        """The finished file, in the format it was asked for or in another. Raises NotFound until it is completed."""
        generation = self.get(user_id, generation_id)
        format = format or generation.format
        check_choice("format", format, FORMATS)
        folder = self._files.generation(user_id, generation_id)
        wav, target = folder / "audio.wav", folder / f"audio.{format}"
        if generation.status != "completed" or not wav.exists():
            raise no_sound()
        if not target.exists():
            encode(wav, target, format, tags(generation))
        return target

    def steps(self, generation: Generation) -> list[Step]:
        """What it speaks, in order; empty until it has been planned."""
        return plans.load(self._files.generation(generation.user_id, generation.id) / "plan.json")

    def live(self, generation: Generation) -> Path:
        """Where the first chunk's samples are while they are made."""
        return self._files.live(generation.user_id, generation.id)

    def is_audible(self, generation: Generation) -> bool:
        """Whether there is anything to hear yet."""
        if generation.status not in UNFINISHED:
            return generation.status == "completed"
        live = self.live(generation)
        return generation.chunks_done > 0 or (live.exists() and live.stat().st_size > 0)

    def sound(self, generation: Generation, step: Step) -> Path:
        """Where the finished sound of one step lies, or will."""
        return self._files.chunks(generation.user_id, generation.voice_profile_id) / f"{step.key}.wav"

    def cues(self, user_id: str, generation_id: str) -> list[Cue]:
        """When each chunk is heard. Raises NotFound while its sound is not complete."""
        generation, cues, at = self.get(user_id, generation_id), [], 0.0
        for step in self.steps(generation):
            sound = self.sound(generation, step)
            if generation.status != "completed" or not sound.exists():
                raise no_sound()
            seconds = probe(sound).duration_seconds
            cues.append(Cue(at, at + seconds, step.chunk.written))
            at += seconds + step.chunk.pause_seconds
        return cues

    def doubtful(self, user_id: str, generation_id: str) -> list[float]:
        """Where, in seconds, a finished reading has what its engine did not like itself. Raises NotFound."""
        generation = self.get(user_id, generation_id)
        pairs = zip(self.cues(user_id, generation_id), self.steps(generation), strict=True)
        return [cue.start for cue, step in pairs if self.sound(generation, step).with_suffix(FLAWS).exists()]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def engine_name(self, asked: str = "auto") -> str:
        """The engine that `asked` stands for now. Raises BadInput listing what exists."""
        return engines.load(self._asked(asked)).name

    def _asked(self, engine: str) -> str:
        """`engine`, or for "auto" what the settings say, which may be "auto" too."""
        engine = canonical_engine(engine)
        return self._settings.engine if engine == engines.AUTO else engine

    def _start(self, generation: Generation) -> None:
        def failed(error: Said) -> None:
            self._rows.update(generation.id, only_from=UNFINISHED, status="failed", error=error, eta_seconds=None)

        with self._lock:
            self._held.add(generation.id)
        self._threads.submit(run_logged, lambda: self._run(generation), failed)

    def _run(self, generation: Generation) -> None:
        deserted = False
        try:
            if self._rows.update(generation.id, only_from=UNFINISHED):  # else it was cancelled while it waited
                generation = self.get(generation.user_id, generation.id)
                self._reader.read(generation, self._document(generation))
        except (Stopped, PoolClosed):
            log.info("generation %s was stopped", generation.id)
        except Deserted:
            log.info("generation %s waits for somebody to follow it", generation.id)
            deserted = True
        except FileNotFoundError:  # its voice was deleted, and the folder with it
            if self._rows.update(generation.id, only_from=UNFINISHED):
                raise
        finally:
            with self._lock:
                self._held.discard(generation.id)
                deleted = not self._rows.exists(generation.id)
            if deleted:
                self._forget(generation)
        if deserted:
            self._take_up(generation)  # somebody may have come while it was being given back

    def _take_up(self, generation: Generation) -> None:
        """Go on with one that was given back, if somebody follows it now."""
        with self._lock:
            wanted = self._reader.pool.followed(generation.id) and generation.id not in self._held
            wanted = wanted and generation.status in UNFINISHED
            self._held |= {generation.id} if wanted else set()
        if wanted:
            self._start(generation)

    def _document(self, generation: Generation) -> Document | None:
        return self._library.get(generation.user_id, generation.document_id) if generation.document_id else None


def message(generation: Generation) -> Said:
    """The state as a sentence; the reason where it failed."""
    if generation.status == "completed" and generation.note:
        return Said(f"{DONE.vi} {generation.note.vi}", f"{DONE.en} {generation.note.en}")
    if generation.status == "processing":
        if generation.note:
            return generation.note
        if generation.chunks_total == 0:
            return PREPARING
        return FINISHING if generation.chunks_done == generation.chunks_total else SPEAKING
    ends = {"pending": PREPARING, "completed": DONE, "cancelled": CANCELLED}
    return ends.get(generation.status) or generation.error or FAILED


def title_of(text: str) -> str:
    """The first words of a typed text."""
    words = " ".join(cues.without(text).split())
    return words if len(words) <= 60 else words[:60].rsplit(" ", 1)[0] + "…"


def no_sound() -> NotFound:
    return NotFound("Bản đọc này chưa có tệp âm thanh để tải.", "This audio is not ready to download yet.")


def check_text(text: str, document: Document | None) -> None:
    if document is None and not is_speakable(text):
        raise nothing_to_say()
    if len(text) > MAX_TEXT:
        raise BadInput(
            f"Văn bản dài {figure(len(text))} ký tự, quá {figure(MAX_TEXT)}. Hãy chia thành nhiều phần.",
            f"The text has {len(text):,} characters; the limit is {MAX_TEXT:,}. Split it into parts.",
        )


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        listed = ", ".join(choices)
        raise BadInput(f"{name} phải là một trong: {listed}.", f"{name} must be one of: {listed}.")


def check_speed(speed: float) -> None:
    if not SLOWEST <= speed <= FASTEST:  # also false for NaN
        raise BadInput(
            f"Tốc độ đọc phải từ {figure(SLOWEST)} đến {figure(FASTEST)}.",
            f"The reading speed must be between {figure(SLOWEST, 'en')} and {figure(FASTEST, 'en')}.",
        )
