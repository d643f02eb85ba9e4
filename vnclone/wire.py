"""Builds everything once from Settings. Nothing else in the project makes a service."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from vnclone.pools.local import LocalPool
from vnclone.services.accounts import Accounts
from vnclone.services.generations import Generations
from vnclone.services.library import Library
from vnclone.services.links import Links, secret_in
from vnclone.services.reading import Reader
from vnclone.services.tasks import Tasks
from vnclone.services.voices import Voices
from vnclone.settings import Settings
from vnclone.store import owned
from vnclone.store.accounts import AccountRows
from vnclone.store.database import Database
from vnclone.store.files import Files
from vnclone.store.paces import Paces


@dataclass(frozen=True, slots=True)
class Services:
    """What every door gets."""

    settings: Settings
    files: Files
    accounts: Accounts
    voices: Voices
    library: Library
    generations: Generations
    links: Links
    paces: Paces
    tasks: Tasks
    pool: LocalPool

    def close(self) -> None:
        """Stop taking work. What is unfinished goes on at the next start."""
        self.tasks.close()
        self.generations.close()
        self.pool.close()


def wire(settings: Settings) -> Services:
    """Open the data folder and take up what a former process left unfinished."""
    files = Files(settings.data)
    database = Database(files.database)
    tasks, pool, paces = Tasks(), LocalPool(), Paces(database)
    voices = Voices(owned.voices(database), files, tasks, settings)
    library = Library(owned.documents(database), files, tasks, settings)
    rows = owned.generations(database)
    reader = Reader(rows, voices, files, pool, paces)
    generations = Generations(rows, voices, library, reader, files, settings)
    threading.Thread(target=files.sweep, daemon=True).start()
    links = Links(settings.secret_key or secret_in(files.root))
    for service in (voices, library, generations):
        service.resume_unfinished()
    accounts = Accounts(AccountRows(database), settings)
    return Services(settings, files, accounts, voices, library, generations, links, paces, tasks, pool)
