"""The one door of this room: any uploaded file in, a manuscript out as JSON. Called in a limited child process."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from vnclone.documents.bounds import check_blocks, check_length
from vnclone.documents.chapters import assemble
from vnclone.documents.draft import READING, Asked, Draft
from vnclone.documents.encrypted import decrypted, is_encrypted
from vnclone.documents.sniff import no_text, sniff
from vnclone.models import Said, manuscript_to_json
from vnclone.sandbox import Report
from vnclone.text.tidy import is_speakable

ANALYSING = Said("Đang phân tích văn bản…", "Analysing the text…")
# One module a format, imported only when that format comes.
_READERS = {
    "pdf": "vnclone.documents.pdf",
    "docx": "vnclone.documents.docx",
    "doc": "vnclone.documents.doc",
    "rtf": "vnclone.documents.rtf",
    "odt": "vnclone.documents.odt",
    "pptx": "vnclone.documents.pptx",
    "epub": "vnclone.documents.epub",
    "html": "vnclone.documents.html",
    "md": "vnclone.documents.markdown",
    "txt": "vnclone.documents.plain",
    "image": "vnclone.documents.image",
}
_READING_SHARE = 0.9


def read(path: str, report: Report, **asked: Any) -> dict[str, Any]:
    """The document at `path` as `manuscript_to_json` writes it; `asked` are the fields of `Asked`.

    Raises BadInput, Locked, TooLarge or ManyPages with what was wrong and what to do.
    """
    wanted = Asked(**asked)
    report(READING, 0.0)
    clear = decrypted(path, wanted.password) if is_encrypted(path) else path
    try:
        kind = sniff(clear, wanted.filename)
        draft: Draft = importlib.import_module(_READERS[kind]).read(clear, wanted, _scaled(report))
    finally:
        if clear != path:
            Path(clear).unlink()
    report(ANALYSING, _READING_SHARE)
    check_blocks(draft.blocks)
    manuscript = assemble(draft, wanted.filename, wanted.encoding)
    if not is_speakable(manuscript.text):
        raise no_text()
    check_length(manuscript.chapters)
    report(ANALYSING, 1.0)
    return manuscript_to_json(replace(manuscript, file_type=kind))


def _scaled(report: Report) -> Report:
    """A reader counts its own work from 0 to 1; it is 90 % of the whole."""
    return lambda said, share: report(said, share * _READING_SHARE)
