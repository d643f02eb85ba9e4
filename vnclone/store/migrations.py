"""The tables, step by step: each migration runs once, in order, in its own transaction. Never edit a released one."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

MIGRATIONS = Migrations("vnclone")


@MIGRATIONS()
def m001_accounts(db: Database) -> None:
    db.table("users").create(
        {
            "id": str,
            "email": str,
            "hashed_password": str,
            "full_name": str,
            "is_active": int,
            "created_at": str,
            "updated_at": str,
        },
        pk="id",
        not_null={"email", "hashed_password"},
    ).create_index(["email"], unique=True)
    db.table("sessions").create(
        {"token_hash": str, "user_id": str, "created_at": str, "expires_at": str},
        pk="token_hash",
        foreign_keys=[("user_id", "users", "id")],
    ).create_index(["user_id"])


@MIGRATIONS()
def m002_voices_documents_generations(db: Database) -> None:
    owned = {"id": str, "user_id": str, "status": str, "created_at": str, "updated_at": str, "error": str}
    voices = {
        "name": str,
        "consent_at": str,
        "consent_by": str,
        "transcript": str,
        "duration": float,
        "quality_score": int,
        "reference_hash": str,
        "report": str,
    }
    documents = {
        "filename": str,
        "file_type": str,
        "title": str,
        "word_count": int,
        "pages": int,
        "chapters": str,
        "notes": str,
    }
    generations = {
        "voice_profile_id": str,
        "document_id": str,
        "text_input": str,
        "title": str,
        "voice_name": str,
        "language": str,
        "accent": str,
        "engine": str,
        "engine_revision": str,
        "speed": float,
        "format": str,
        "progress": int,
        "chunks_done": int,
        "chunks_total": int,
        "duration": float,
        "eta_seconds": float,
        "completed_at": str,
    }
    for name, columns in (("voice_profiles", voices), ("documents", documents), ("generations", generations)):
        table = db.table(name)
        table.create(owned | columns, pk="id", foreign_keys=[("user_id", "users", "id")])
        table.create_index(["user_id", "created_at"])


@MIGRATIONS()
def m003_sign_in_failures(db: Database) -> None:
    db.table("sign_in_failures").create({"key": str, "count": int, "blocked_until": float, "last": float}, pk="key")


@MIGRATIONS()
def m004_measured_pace(db: Database) -> None:
    """Words a minute that an engine has been measured to speak, and how many times faster than that it works."""
    db.table("paces").create({"engine": str, "words_per_minute": float, "realtime_factor": float}, pk="engine")


@MIGRATIONS()
def m005_notes(db: Database) -> None:
    """What to know about a generation besides its state: why it waits, which places to listen to again."""
    db.table("generations").add_column("note", str)


@MIGRATIONS()
def m006_editions_and_history(db: Database) -> None:
    """Pauses, voices and editions of a generation; what history shows and searches; a machine's own speed."""
    texts = ("quality", "pauses", "voices", "normalizer", "request_hash", "search")
    columns = dict.fromkeys(texts, str) | {"edition": int, "size_bytes": int, "spent_seconds": float}
    table = db.table("generations")
    for name, kind in columns.items():
        table.add_column(name, kind)
    table.create_index(["user_id", "request_hash"])
    table.create_index(["user_id", "voice_profile_id"])
    table.create_index(["status", "created_at"])
    table.create_index(["user_id", "status", "created_at"])
    db.table("paces").add_column("seconds_per_character", float)


@MIGRATIONS()
def m007_how_documents_are_read(db: Database) -> None:
    """How a document was asked to be read, what was found, and what it waits to be told."""
    for name in ("scans", "encoding", "options", "skipped", "asks"):
        db.table("documents").add_column(name, str)


@MIGRATIONS()
def m008_lexicons(db: Database) -> None:
    """Every person's own pronunciations; and of a generation, those that its text has."""
    db.execute(
        "create table pronunciations (user_id text not null references users(id) on delete cascade,"
        " word text not null, say text not null, primary key (user_id, word)) without rowid"
    )
    db.table("generations").add_column("lexicon", str)
