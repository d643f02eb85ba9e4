"""Builds everything once from Settings. Nothing else in the project makes a service."""

from __future__ import annotations

import fcntl
import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vnclone.errors import Unavailable
from vnclone.pools import places
from vnclone.pools.places import Pool
from vnclone.services.accounts import Accounts
from vnclone.services.downloads import Downloads
from vnclone.services.exports import Exports
from vnclone.services.generations import Generations
from vnclone.services.lexicon import Lexicons
from vnclone.services.library import Library
from vnclone.services.links import Links, secret_in
from vnclone.services.reading import Reader
from vnclone.services.retention import Retention
from vnclone.services.revising import Revisions
from vnclone.services.sweeping import Sweeper
from vnclone.services.tasks import Tasks
from vnclone.services.voices import Voices
from vnclone.settings import Settings
from vnclone.store import owned
from vnclone.store.accounts import AccountRows
from vnclone.store.database import Database
from vnclone.store.files import Files
from vnclone.store.lexicons import LexiconRows
from vnclone.store.paces import Paces

log = logging.getLogger(__name__)
LEAVING_SECONDS = 3.0  # what readings need to let go of their files once the pool has closed


@dataclass(frozen=True, slots=True)
class Services:
    """What every door gets."""

    settings: Settings
    files: Files
    accounts: Accounts
    voices: Voices
    library: Library
    lexicons: Lexicons
    generations: Generations
    exports: Exports
    revisions: Revisions
    retention: Retention
    links: Links
    downloads: Downloads
    paces: Paces
    tasks: Tasks
    pool: Pool
    lock: IO[str]

    def close(self) -> None:
        """Stop taking work. What is unfinished goes on at the next start."""
        self.tasks.close()
        self.downloads.close()
        self.retention.close()
        self.generations.close()
        self.pool.close()
        self.generations.settle(LEAVING_SECONDS)
        self.lock.close()


def wire(settings: Settings, rest: bool = False, pool: Pool | None = None) -> Services:
    """Open the data folder and take up what a former process left unfinished; with `rest`, leave that as it is.

    `pool` is where chunks run, if not in the places that this machine has.
    """
    files = Files(settings.data)
    lock = locked(files.root)
    database = Database(files.database)
    tasks, pool, paces = Tasks(), pool or places.here(files.work()), Paces(database)
    voices = Voices(owned.voices(database), files, tasks, settings)
    library = Library(owned.documents(database), files, tasks, settings)
    lexicons = Lexicons(LexiconRows(database))
    rows = owned.generations(database)
    reader = Reader(rows, voices, files, pool, paces)
    sweeper = Sweeper(rows, files)
    generations = Generations(rows, voices, library, lexicons, reader, sweeper, files, settings)
    retention = Retention(rows, generations, sweeper, settings.retention_days)
    links = Links(settings.secret_key or secret_in(files.root))
    for service in () if rest else (voices, library, generations):
        service.resume_unfinished()
    generations.engine_name()  # a misspelt VNCLONE_ENGINE is told now, not to the first person who reads
    known = {"voices": voices.ids(), "documents": library.ids(), "generations": rows.ids()}
    threading.Thread(target=sweep, args=(files, known, sweeper, generations), daemon=True).start()
    retention.start()
    accounts = Accounts(AccountRows(database), settings)
    return Services(
        settings,
        files,
        accounts,
        voices,
        library,
        lexicons,
        generations,
        Exports(generations),
        Revisions(rows, generations, voices, lexicons, files),
        retention,
        links,
        Downloads(accounts),
        paces,
        tasks,
        pool,
        lock,
    )


def sweep(files: Files, known: dict[str, set[str]], sweeper: Sweeper, generations: Generations) -> None:
    """What a former process left behind. Nothing is too old now: the clock of a machine that starts may be wrong."""
    files.sweep()
    files.sweep_orphans(known | {"chunks": known["voices"]})
    generations.tidy_all()
    sweeper.everything(ages=False)


def locked(root: Path) -> IO[str]:
    """The data folder's lock, held until it is closed. Raises Unavailable when another process has it."""
    lock = (root / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Unavailable(
            f"Thư mục dữ liệu {root} đang được một vnclone khác sử dụng. Hãy dừng nó, hoặc đặt VNCLONE_DATA khác.",
            f"Another vnclone is using the data folder {root}. Stop it, or set another VNCLONE_DATA.",
        ) from None
    except OSError:  # a file system without locks
        log.warning("%s cannot be locked: make sure that one vnclone alone uses it", root)
    return lock
