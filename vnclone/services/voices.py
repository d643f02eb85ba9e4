"""From an upload to a voice that can speak: checked in a child process, cleaned, judged, kept with its consent."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vnclone import sandbox
from vnclone.errors import BadInput, NotFound, TooLarge
from vnclone.models import ReferenceReport, Said, Voice, report_from_json
from vnclone.services.tasks import Progress, Report, Tasks
from vnclone.settings import Settings
from vnclone.store.files import Files
from vnclone.store.owned import Owned, now

MIN_SECONDS = 5.0
LIMITS = sandbox.Limits(seconds=300, memory_bytes=4 << 30, file_bytes=1 << 30)
CHECKING = Said("Đang kiểm tra file audio…", "Checking the audio file…")
READY = Said("Voice profile đã sẵn sàng!", "The voice is ready!")


class Voices:
    """A user's voices. Uploads are moved out of wherever the door received them before this returns."""

    def __init__(self, rows: Owned[Voice], files: Files, tasks: Tasks, settings: Settings) -> None:
        self._rows, self._files, self._tasks, self._settings = rows, files, tasks, settings

    def create(
        self, user_id: str, upload: Path, name: str, consent: bool, transcript: str = "", door: str = "page"
    ) -> Voice:
        """Take the upload and start on it; `follow` tells when it is ready. Raises BadInput, TooLarge.

        `consent` is the person's word that they may use this voice; `door` is where they gave it.
        """
        check_consent(consent)
        check_size(upload, self._settings.max_upload_size)
        moment = now()
        name = " ".join(name.split())[:200] or "Giọng của tôi"
        transcript = transcript.strip()[:5000]
        voice = Voice(uuid.uuid4().hex, user_id, name, "processing", moment, door, moment, moment, transcript)
        original = self._files.voice(user_id, voice.id) / "original"
        try:
            self._files.take(upload, original)
            self._rows.add(voice)
        except BaseException:
            self._files.remove(original.parent)
            raise
        self._start(voice)
        return voice

    def resume_unfinished(self) -> None:
        """After a restart: take up again what was being worked on."""
        for voice in self._rows.with_status("processing"):
            self._start(voice)

    def get(self, user_id: str, voice_id: str) -> Voice:
        return self._rows.get(user_id, voice_id)

    def list(self, user_id: str) -> list[Voice]:
        return self._rows.all(user_id)

    def follow(self, user_id: str, voice_id: str) -> Iterator[Progress]:
        """Progress until it is ready or failed."""
        self.get(user_id, voice_id)
        yield from self._tasks.follow(voice_id)

    def wait(self, user_id: str, voice_id: str) -> Voice:
        """The finished voice. Raises BadInput with the reason when it cannot be cloned; such a voice is not kept."""
        for _ in self.follow(user_id, voice_id):
            pass
        voice = self.get(user_id, voice_id)
        if voice.error:
            self.delete(user_id, voice_id)
            raise BadInput(voice.error.vi, voice.error.en)
        return voice

    def require_ready(self, user_id: str, voice_id: str) -> Voice:
        voice = self.get(user_id, voice_id)
        if voice.status != "ready":
            raise BadInput(
                "Giọng này chưa sẵn sàng. Hãy đợi xử lý xong hoặc chọn giọng khác.",
                "This voice is not ready. Wait until it is processed, or choose another.",
            )
        return voice

    def rename(self, user_id: str, voice_id: str, name: str) -> Voice:
        name = " ".join(name.split())[:200]
        if not name:
            raise BadInput("Hãy đặt tên cho giọng.", "Give the voice a name.")
        self.get(user_id, voice_id)
        self._rows.update(voice_id, name=name)
        return self.get(user_id, voice_id)

    def delete(self, user_id: str, voice_id: str) -> None:
        """Remove the reference, the enrolments and the cached chunks. Finished recordings stay."""
        self.get(user_id, voice_id)
        self._rows.delete(voice_id)
        self._files.remove(self._files.voice(user_id, voice_id))
        self._files.remove(self._files.chunks(user_id, voice_id))

    def reference(self, voice: Voice) -> Path:
        """The cleaned recording, a WAV."""
        return self._files.voice(voice.user_id, voice.id) / "reference.wav"

    def enrollment(self, voice: Voice, engine: str, revision: str) -> Path:
        """Where an engine's enrolment of this voice lies, or will."""
        return self._files.voice(voice.user_id, voice.id) / f"enrollment-{engine}-{revision}.npz"

    def check(self, clip: Path) -> ReferenceReport:
        """The verdict on a recording, without keeping anything. Raises BadInput when it cannot be read."""
        check_size(clip, self._settings.max_upload_size)
        return report_from_json(sandbox.run("vnclone.audio.reference:check", self._job(clip), LIMITS))

    def _start(self, voice: Voice) -> None:
        def failed(error: Said) -> None:
            self._rows.update(voice.id, only_from=("processing",), status="failed", error=error)
            self._files.remove(self._files.voice(voice.user_id, voice.id))

        self._tasks.start(voice.id, CHECKING, lambda report: self._process(voice, report), failed)

    def _process(self, voice: Voice, report: Report) -> None:
        folder = self._files.voice(voice.user_id, voice.id)
        job = {**self._job(folder / "original"), "folder": str(folder)}
        found = report_from_json(sandbox.run("vnclone.audio.reference:prepare", job, LIMITS, report))
        ready = self._rows.update(
            voice.id,
            only_from=("processing",),
            status="ready",
            duration=found.duration_seconds,
            quality_score=found.score,
            reference_hash=hashlib.sha256((folder / "reference.wav").read_bytes()).hexdigest(),
            report=found,
        )
        (folder / "original").unlink(missing_ok=True)  # a voice is kept as the clean part of it, nothing more
        if not ready:  # deleted meanwhile
            self._files.remove(folder)

    def _job(self, source: Path) -> dict[str, Any]:
        return {"source": str(source), "min_seconds": MIN_SECONDS, "max_seconds": self._settings.max_audio_duration}


def check_consent(consent: bool) -> None:
    if consent is not True:
        raise BadInput(
            "Hãy xác nhận rằng bạn được phép dùng giọng nói này.",
            "Please confirm that you may use this voice.",
        )


def check_size(upload: Path, limit: int) -> None:
    """Raises NotFound, BadInput for an empty file, TooLarge above `limit` bytes."""
    if not upload.is_file():
        raise NotFound("Không tìm thấy tệp. Hãy tải lên lại.", "The file is not there. Upload it again.")
    size = upload.stat().st_size
    if size == 0:
        raise BadInput("Tệp này rỗng (0 byte). Hãy chọn tệp khác.", "This file is empty (0 bytes). Choose another one.")
    if size > limit:
        have, allowed = f"{size / 2**20:.0f} MB", f"{limit / 2**20:.0f} MB"
        raise TooLarge(
            f"Tệp lớn {have}, quá giới hạn {allowed}. Hãy chọn tệp nhỏ hơn.",
            f"The file is {have}, above the limit of {allowed}. Choose a smaller one.",
        )


def voice_summary(report: ReferenceReport, language: str) -> dict[str, Any]:
    """`check-voice --json`'s shape: the measures, and each finding in the reader's language."""
    shape = asdict(report)
    shape["findings"] = [
        {"code": f.code, "severity": f.severity, "message": f.message.in_(language), "from": f.start, "to": f.end}
        for f in report.findings
    ]
    return shape
