"""The same services from a shell. Exit 0; 2 with one plain line on stderr for bad input; never a traceback."""

from __future__ import annotations

import errno
import io
import json
import locale
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from vnclone.errors import BadInput, VncloneError
from vnclone.models import ENCODINGS, Chapter, Generation, Manuscript, Pronunciation, ReadOptions, Said, Voice
from vnclone.services.asking import Request
from vnclone.settings import Settings
from vnclone.wire import Services, wire

if TYPE_CHECKING:
    from vnclone.engines.weights import Bundle, Progress

HELP = "Documents read aloud in a cloned voice."
app = typer.Typer(help=HELP, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="print JSON")]
# Typer may bring its own copy of click, so the class is found from one that Typer exports.
UsageError: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
INTERRUPTED = 130
GOODBYES = 20
PERSONS_OWN = (VncloneError, ValidationError, UnicodeError, OSError)
EXISTING = {"exists": True, "dir_okay": False}
Password = Annotated[str | None, typer.Option(help="of an encrypted document")]
Own = Annotated[Path | None, typer.Option("--lexicon", help="pronunciations: a CSV file of word,say", **EXISTING)]
Encoding = Annotated[str, typer.Option(help=f"how the document's letters are written: {', '.join(ENCODINGS)}")]


@app.command()
def speak(
    voice: Annotated[Path, typer.Option(help="recording of the voice; using it asserts that you may", **EXISTING)],
    out: Annotated[Path, typer.Option(help="file to write: .mp3, .wav, .flac, .m4a, .m4b or .opus")],
    transcript: Annotated[str, typer.Option(help="what is said in the recording")] = "",
    text: Annotated[str, typer.Option(help="text to read")] = "",
    document: Annotated[Path | None, typer.Option(help="document to read", **EXISTING)] = None,
    engine: str = "auto",
    language: Annotated[str, typer.Option(help="auto, vi or en")] = "auto",
    accent: Annotated[str, typer.Option(help="north, central or south")] = "north",
    speed: Annotated[float, typer.Option(help="0.5 to 2.0")] = 1.0,
    subtitles: Annotated[Path | None, typer.Option(help="file to write: .srt or .vtt")] = None,
    password: Password = None,
    encoding: Encoding = "auto",
    lexicon: Own = None,
    as_json: Json = False,
) -> None:
    """Read a text or a document aloud in a voice."""
    for words in (text, transcript, str(voice)):
        words.encode()  # raises UnicodeError
    format = output_format(out)
    check_subtitles(subtitles)
    check_settings(language, accent, speed, engine)
    if bool(text.strip()) == (document is not None):
        raise BadInput(
            "Hãy dùng đúng một trong hai: --text hoặc --document.", "Use exactly one of --text and --document."
        )
    own = pronunciations(lexicon)
    with private_services() as services, progress_bar() as show:
        user_id = services.accounts.register("cli@localhost.localdomain", secrets.token_hex(16), "cli")[0].id
        services.lexicons.replace(user_id, own)
        ready = enrol(services, user_id, voice, transcript)
        document_id = add_document(services, user_id, document, password, encoding) if document else ""
        asked = Request(ready.id, text, document_id, language, engine, speed, format, accent)
        generation = services.generations.create(user_id, asked)
        for state in services.generations.follow(user_id, generation.id):
            show(state)
        finished = require_completed(state)
        deliver(services, finished, out, subtitles)
        doubtful = [round(seconds, 2) for seconds in services.exports.doubtful(user_id, finished.id)]
    summary = {"out": str(out), "duration_seconds": round(finished.duration, 2), "engine": finished.engine}
    summary |= {"chunks": finished.chunks_total, "subtitles": str(subtitles) if subtitles else None}
    summary |= {"listen_again": doubtful}
    note = f"\n{finished.note.in_(reader_language())}" if finished.note else ""
    print_result(summary, as_json, f"{out}: {finished.duration:.1f} s, {finished.engine}{note}")


@app.command()
def read(
    file: Annotated[Path, typer.Argument(**EXISTING)],
    as_json: Json = False,
    password: Password = None,
    encoding: Encoding = "auto",
) -> None:
    """Print what a document says."""
    with private_services() as services:
        manuscript = services.library.read(file, file.name, password, encoding)
    print_result(manuscript_shape(manuscript), as_json, manuscript.text)


@app.command()
def normalize(text: Annotated[str | None, typer.Argument()] = None, lexicon: Own = None) -> None:
    """Print a text as it will be spoken; without TEXT, a line in, a line out."""
    from vnclone.text.language import detect
    from vnclone.text.lexicon import Lexicon, spoken

    own = Lexicon(pronunciations(lexicon))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    for line in [text] if text is not None else sys.stdin:
        print(spoken(line.rstrip("\n"), detect(line), own), flush=text is None)


@app.command()
def check_voice(clip: Annotated[Path, typer.Argument(**EXISTING)], as_json: Json = False) -> None:
    """Judge a recording before it is used."""
    from vnclone.services.voices import voice_summary

    with private_services() as services:
        report = services.voices.check(clip)
    shape = voice_summary(report, reader_language())
    lines = [f"{shape['score']}/100", *(finding["message"] for finding in shape["findings"])]
    print_result(shape, as_json, "\n".join(lines))


@app.command()
def engines(as_json: Json = False) -> None:
    """List the engines and whether each can speak here."""
    from vnclone import engines as known

    rows = [engine_shape(known.load(name)) for name in known.names()]
    print_result(rows, as_json, "\n".join(f"{row['name']:12} {row['status']:14} {row['detail']}" for row in rows))


@app.command()
def download(engine: Annotated[str, typer.Argument(help="its name, as `engines` lists it")]) -> None:
    """Fetch what an engine needs to run here, and mend what is damaged; one that was stopped goes on where it ended."""
    from vnclone import engines
    from vnclone.engines import weights

    chosen = engines.load(engine)
    bundle = chosen.weights()
    if bundle is None:
        nothing = Said("không cần tải gì.", "needs no download.")
        print(f"{chosen.name}: {nothing.in_(reader_language())}")
        return
    if weights.missing_bytes(bundle):
        announce(bundle)
    with download_bar() as show:
        weights.download(bundle, show)
    print(f"{chosen.name}: {chosen.status().detail.in_(reader_language())}")


@app.command()
def purge() -> None:
    """Delete recordings older than VNCLONE_RETENTION_DAYS, and cached sound by age and size; not while the app runs."""
    services = wire(Settings(), rest=True)
    try:
        count = services.retention.purge()
    finally:
        services.close()
    print(Said(f"Đã xoá {count} bản đọc quá hạn.", f"{count} expired recordings deleted.").in_(reader_language()))


@app.command()
def serve() -> None:
    """Serve the page and its APIs."""
    from vnclone.serve import serve

    serve()


@contextmanager
def private_services() -> Iterator[Services]:
    """Services over a data folder of their own that vanishes afterwards: the shell shares nothing with the app."""
    Settings()  # a wrong one is told before anything is made
    with tempfile.TemporaryDirectory(prefix="vnclone-", ignore_cleanup_errors=True) as folder:
        services = wire(Settings(data=Path(folder), registration="open"))
        try:
            yield services
        finally:
            services.close()
            for _ in range(GOODBYES):  # a thread that has not seen the end yet may still write a file
                shutil.rmtree(folder, ignore_errors=True)
                if not os.path.exists(folder):
                    break
                time.sleep(0.1)
            os.makedirs(folder, exist_ok=True)  # for the block above, which removes it


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A bar on stderr; call what it yields with each state."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("…", total=100)

        def show(state: Generation) -> None:
            from vnclone.services.notes import message

            bar.update(task, completed=state.progress, description=message(state).in_(reader_language()))

        yield show


def announce(bundle: Bundle) -> None:
    """What will be fetched, from where and under which licence, before the first byte."""
    from vnclone.engines.weights import amount, missing_bytes

    language = reader_language()
    source = ", ".join(repository.id for repository in bundle.repositories)
    print(f"{source}: {bundle.licence}, {amount(missing_bytes(bundle), language)}", file=sys.stderr)
    if bundle.notice:
        print(bundle.notice.in_(language), file=sys.stderr)


@contextmanager
def download_bar() -> Iterator[Callable[[Progress], None]]:
    """On a terminal a bar with bytes, rate and time left, else a line now and then; call what it yields. On stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    from vnclone.engines.weights import DownloadStopped

    console = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.description}", markup=False))  # rich would count kept bytes as fast ones
    try:
        if not console.is_terminal:
            yield download_lines()
            return
        with Bar(*columns, console=console) as bar:
            task = bar.add_task("…", total=None)
            yield lambda at: bar.update(task, completed=at.done, total=at.total, description=download_line(at))
    except KeyboardInterrupt:
        print(DownloadStopped().said.in_(reader_language()), file=sys.stderr)
        raise


def download_lines() -> Callable[[Progress], None]:
    """Prints a line for every tenth, and for every half a minute."""
    tenth, since = 0, time.monotonic()

    def show(at: Progress) -> None:
        nonlocal tenth, since
        if not at.file:  # everything was there
            return
        if (reached := 10 * at.done // max(1, at.total)) > tenth or time.monotonic() - since > 30:
            tenth, since = reached, time.monotonic()
            print(download_line(at), file=sys.stderr, flush=True)

    return show


def download_line(at: Progress) -> str:
    from vnclone.engines.weights import amount
    from vnclone.errors import lasting

    language = reader_language()
    done, total, rate = (amount(round(n), language) for n in (at.done, at.total, at.bytes_per_second))
    left = lasting(round(at.eta_seconds or 0), language)
    until = f", {Said(f'còn {left}', f'{left} left').in_(language)}" if at.eta_seconds else ""
    return f"{100 * at.done // max(1, at.total)} %, {done} / {total}, {rate}/s{until}, {at.file}"


def enrol(services: Services, user_id: str, clip: Path, transcript: str) -> Voice:
    voice = services.voices.create(user_id, copied(services, clip), clip.stem, True, transcript, door="cli")
    return services.voices.wait(user_id, voice.id)


def add_document(services: Services, user_id: str, path: Path, password: str | None, encoding: str) -> str:
    """As many pages as may be: whoever types a command means them all."""
    options = ReadOptions(encoding, all_pages=True)
    document = services.library.add(user_id, copied(services, path), path.name, password, options)
    return services.library.wait(user_id, document.id).id


def pronunciations(file: Path | None) -> list[Pronunciation]:
    from vnclone.services import lexicon_csv

    return lexicon_csv.read(file.read_bytes()) if file else []


def copied(services: Services, path: Path) -> Path:
    """A copy for a service to move away: the person's own file stays where it is."""
    return Path(shutil.copy(path, services.files.temporary() / "upload"))


def require_completed(state: Generation) -> Generation:
    if state.status != "completed":
        error = state.error or Said("Không tạo được audio.", "The audio could not be generated.")
        raise BadInput(error.vi, error.en)
    return state


def deliver(services: Services, generation: Generation, out: Path, subtitles: Path | None) -> None:
    from vnclone.disk import writing

    with writing(out) as part:
        shutil.copyfile(services.exports.audio(generation.user_id, generation.id), part)
    if subtitles:
        made = services.exports.subtitles(generation.user_id, generation.id, subtitles.suffix[1:].lower())
        with writing(subtitles) as part:
            shutil.copyfile(made, part)


def output_format(out: Path) -> str:
    from vnclone.models import FORMATS

    format = out.suffix[1:].lower()
    if format not in FORMATS:
        listed = ", ".join(f".{name}" for name in FORMATS)
        raise BadInput(f"Tên tệp --out phải kết thúc bằng {listed}.", f"The --out file must end in {listed}.")
    check_writable(out)
    return format


def check_writable(path: Path) -> None:
    """Before the work, not after it. Raises BadInput."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise BadInput(
            f"Không ghi được tệp {path} ({error.strerror}).", f"The file {path} cannot be written ({error.strerror})."
        ) from None


def check_subtitles(path: Path | None) -> None:
    if path is None:
        return
    check_writable(path)
    if path.suffix.lower() not in (".srt", ".vtt"):
        raise BadInput(
            "Tệp --subtitles phải kết thúc bằng .srt hoặc .vtt.", "The --subtitles file must end in .srt or .vtt."
        )


def check_settings(language: str, accent: str, speed: float, engine: str) -> None:
    """Before the work of enrolment, not after it."""
    from vnclone import engines
    from vnclone.models import ACCENTS, LANGUAGES
    from vnclone.services.asking import check_choice, check_speed

    check_choice("--language", language, ("auto", *LANGUAGES))
    check_choice("--accent", accent, ACCENTS)
    check_speed(speed)
    engines.load(engine)


def manuscript_shape(manuscript: Manuscript) -> dict[str, Any]:
    from vnclone.text.chunks import estimate_seconds

    def chapter_shape(chapter: Chapter) -> dict[str, Any]:
        paragraphs = [{"kind": p.kind, "text": p.text, "page": p.page} for p in chapter.paragraphs]
        return {"title": chapter.title, "included": chapter.included, "paragraphs": paragraphs}

    words = manuscript.word_count
    return {
        "title": manuscript.title,
        "text": manuscript.text,
        "chapters": [chapter_shape(chapter) for chapter in manuscript.chapters],
        "pages": manuscript.pages,
        "word_count": words,
        "estimated_seconds": round(estimate_seconds(words), 1),
        "notes": [note.in_(reader_language()) for note in manuscript.notes],
    }


def engine_shape(engine: Any) -> dict[str, Any]:
    status = engine.status()
    return {
        "name": engine.name,
        "status": status.state,
        "detail": status.detail.in_(reader_language()),
        "download_bytes": status.download_bytes,
        "sample_rate": engine.sample_rate,
        "languages": sorted(engine.languages),
        "licence": engine.licence,
    }


def print_result(value: Any, as_json: bool, plain: str) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2) if as_json else plain)


def reader_language() -> str:
    """English for an English locale, else Vietnamese."""
    return "en" if locale.setlocale(locale.LC_MESSAGES).startswith("en") else "vi"


def main(arguments: list[str] | None = None) -> None:
    """Run a command; the one door where errors become a line and an exit code."""
    settle()
    try:
        if app(arguments, standalone_mode=False) == INTERRUPTED:  # Typer turns Ctrl-C into this answer
            raise KeyboardInterrupt
    except (typer.Abort, KeyboardInterrupt):
        print("Đã dừng. / Stopped.", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)  # a thread that waits for a child must not hold the exit for minutes
    except UsageError as error:
        fail(error.format_message())
    except Exception as error:  # noqa: BLE001 - the door
        said = in_plain_words(error)
        fail(said.in_(reader_language()), code=2 if isinstance(error, PERSONS_OWN) else 1)


def settle() -> None:
    """The reader's locale; an end by signal removes what is private too; no traceback in a shell."""
    with suppress(locale.Error):  # a locale that is not installed reads Vietnamese
        locale.setlocale(locale.LC_ALL, "")
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # nohup
            signal.signal(ending, signal.default_int_handler)
    logging.getLogger().addHandler(logging.NullHandler())


def in_plain_words(error: Exception) -> Said:
    """What to tell the person; an error that is not theirs is logged under an id."""
    if isinstance(error, VncloneError):
        return error.said
    if isinstance(error, ValidationError):
        return wrong_setting(error)
    if isinstance(error, UnicodeError):
        return Said("Văn bản hoặc tên tệp không phải UTF-8.", "A text or a file name is not UTF-8.")
    if isinstance(error, OSError):
        return Said(f"Không đọc hoặc ghi được tệp: {error}", f"A file could not be read or written: {error}")
    from vnclone.services.tasks import unexpected

    return unexpected(error)


def wrong_setting(error: ValidationError) -> Said:
    """The settings that could not be used, by the names that a person sets."""
    wrong = "; ".join(f"{name_of_setting(e['loc'])}: {e['msg']}" for e in error.errors())
    return Said(f"Thiết lập chưa đúng: {wrong}.", f"A setting is wrong: {wrong}.")


def name_of_setting(place: tuple[int | str, ...]) -> str:
    name = str(place[0])
    return name if name.startswith("VNCLONE_") else f"VNCLONE_{name.upper()}"


def fail(sentence: str, code: int = 2) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)
    raise SystemExit(code)
