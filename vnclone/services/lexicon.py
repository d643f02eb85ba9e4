"""A person's own pronunciations: looked through, changed, taken from a file and handed out; each person's apart."""

from __future__ import annotations

from collections.abc import Sequence

from vnclone.errors import NotFound
from vnclone.models import Pronunciation
from vnclone.services import lexicon_csv
from vnclone.services.lexicon_csv import check_count, checked
from vnclone.store.lexicons import LexiconRows
from vnclone.text.lexicon import Lexicon
from vnclone.text.tidy import searchable


class Lexicons:
    """Every call names the owner, and reaches nothing of anybody else's."""

    def __init__(self, rows: LexiconRows) -> None:
        self._rows = rows

    def entries(self, user_id: str, search: str = "") -> list[Pronunciation]:
        """In the order of the alphabet; with `search`, those whose word or way of saying has it, marks or not."""
        wanted, found = searchable(search), self._rows.all(user_id)
        if search.strip():
            found = [entry for entry in found if _has(entry, search.strip(), wanted)]
        return sorted(found, key=lambda entry: (searchable(entry.word), entry.word))

    def of(self, user_id: str) -> Lexicon:
        """All entries, ready to be looked for in a text."""
        return Lexicon(self._rows.all(user_id))

    def put(self, user_id: str, word: str, say: str) -> Pronunciation:
        """Add an entry, or say an old one in another way. Raises BadInput, TooLarge."""
        entry = checked(word, say)
        self._add(user_id, [entry])
        return entry

    def delete(self, user_id: str, word: str) -> None:
        """Raises NotFound."""

        def without(before: dict[str, str]) -> dict[str, str]:
            if before.pop(word, None) is None:
                raise NotFound("Không tìm thấy mục này. Có thể nó đã bị xoá.", "There is no such entry any more.")
            return before

        self._rows.change(user_id, without)

    def clear(self, user_id: str) -> None:
        self._rows.change(user_id, lambda _: {})

    def replace(self, user_id: str, entries: Sequence[Pronunciation]) -> None:
        """These instead of all that were there. Raises BadInput, TooLarge."""
        found = [checked(entry.word, entry.say) for entry in entries]
        check_count(len(found))
        self._rows.change(user_id, lambda _: {entry.word: entry.say for entry in found})

    def load(self, user_id: str, content: bytes) -> int:
        """Add a CSV file's entries, all or none; those there are already are said as the file says. Their number."""
        entries = lexicon_csv.read(content)
        self._add(user_id, entries)
        return len(entries)

    def csv(self, user_id: str) -> str:
        """All entries as a file that `load` takes."""
        return lexicon_csv.write(self.entries(user_id))

    def _add(self, user_id: str, entries: Sequence[Pronunciation]) -> None:
        def together(before: dict[str, str]) -> dict[str, str]:
            after = before | {entry.word: entry.say for entry in entries}
            check_count(len(after))
            return after

        self._rows.change(user_id, together)


def _has(entry: Pronunciation, plain: str, wanted: str) -> bool:
    """Signs are looked for as they are, words also without their marks."""
    text = f"{entry.word} {entry.say}"
    return plain.casefold() in text.casefold() or bool(wanted and wanted in searchable(text))
