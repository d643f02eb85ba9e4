"""From an upload to a voice that can speak: checked in a child process, cleaned, judged, kept with its consent."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vnclone import sandbox
from vnclone.errors import BadInput
from vnclone.models import ReferenceReport, Said, Voice, report_from_json
from vnclone.services.accounts import printable
from vnclone.services.tasks import Report
from vnclone.services.uploads import Uploads, check_size
from vnclone.store.owned import now
from vnclone.store.patience import patiently
from vnclone.text.tidy import tidy

MIN_SECONDS = 5.0
MAX_TRANSCRIPT = 5000  # characters: five minutes of speech have about as many
LIMITS = sandbox.Limits(seconds=300, memory_bytes=4 << 30, file_bytes=1 << 30)


class Voices(Uploads[Voice]):
    """A user's voices. Uploads are moved out of wherever the door received them."""

    waiting = Said("Đang kiểm tra file audio…", "Checking the audio file…")
    not_ready = Said(
        "Giọng này chưa sẵn sàng. Hãy đợi xử lý xong hoặc chọn giọng khác.",
        "This voice is not ready. Wait until it is processed, or choose another.",
    )

    def folder(self, item: Voice) -> Path:
        return self._files.voice(item.user_id, item.id)

    def create(
        self, user_id: str, upload: Path, name: str, consent: bool, transcript: str = "", door: str = "page"
    ) -> Voice:
        """Take the upload and start on it; `follow` tells when it is ready. Raises BadInput, TooLarge.

        `consent` is the person's word that they may use this voice; `door` is where they gave it.
        """
        check_consent(consent)
        check_size(upload, self._settings.max_upload_size)
        moment = now()
        name = printable(name) or "Giọng của tôi"
        transcript = clean_transcript(transcript)
        voice = Voice(uuid.uuid4().hex, user_id, name, "processing", moment, door, moment, moment, transcript)
        self._take(voice, upload)
        return voice

    def rename(self, user_id: str, voice_id: str, name: str) -> Voice:
        name = printable(name)
        if not name:
            raise BadInput("Hãy đặt tên cho giọng.", "Give the voice a name.")
        self.get(user_id, voice_id)
        self._rows.update(voice_id, name=name)
        return self.get(user_id, voice_id)

    def set_transcript(self, user_id: str, voice_id: str, transcript: str) -> Voice:
        """What the recording says, told later; engines that need it enrol the voice with it from then on."""
        self.get(user_id, voice_id)
        self._rows.update(voice_id, transcript=clean_transcript(transcript))
        return self.get(user_id, voice_id)

    def delete(self, user_id: str, item_id: str) -> None:
        """Remove the reference, the enrolments and the cached chunks. Finished recordings stay."""
        super().delete(user_id, item_id)
        self._files.remove(self._files.chunks(user_id, item_id))

    def reference(self, voice: Voice) -> Path:
        """The cleaned recording, a WAV."""
        return self.folder(voice) / "reference.wav"

    def enrollment(self, voice: Voice, engine: str, revision: str) -> Path:
        """Where an engine's enrolment of this voice, with what its recording says, lies or will."""
        words = hashlib.sha256(voice.transcript.encode()).hexdigest()[:8]
        return self.folder(voice) / f"enrollment-{engine}-{revision}-{words}.npz"

    def check(self, clip: Path) -> ReferenceReport:
        """The verdict on a recording, without keeping anything. Raises BadInput when it cannot be read."""
        check_size(clip, self._settings.max_upload_size)
        return report_from_json(sandbox.run("vnclone.audio.reference:check", self._job(clip), LIMITS, reads=[clip]))

    def _process(self, item: Voice, report: Report) -> None:
        folder, original = self.folder(item), self._original(item)
        job = {**self._job(original), "folder": str(folder)}
        prepared = sandbox.run(
            "vnclone.audio.reference:prepare", job, LIMITS, report, reads=[original], writes=[folder]
        )
        found = report_from_json(prepared)
        ready = {
            "status": "ready",
            "duration": found.duration_seconds,
            "quality_score": found.score,
            "reference_hash": hashlib.sha256((folder / "reference.wav").read_bytes()).hexdigest(),
            "report": found,
        }
        patiently(lambda: self._rows.update(item.id, only_from=("processing",), **ready))
        self._original(item).unlink(missing_ok=True)  # a voice is kept as the clean part of it, nothing more

    def resume_unfinished(self) -> None:
        """Killed when the voice was ready and its original still there, the app removes that now."""
        super().resume_unfinished()
        for voice in self._rows.with_status("ready"):
            self._original(voice).unlink(missing_ok=True)

    def _job(self, source: Path) -> dict[str, Any]:
        return {"source": str(source), "min_seconds": MIN_SECONDS, "max_seconds": self._settings.max_audio_duration}


def clean_transcript(transcript: str) -> str:
    """On one line, NFC, without invisible characters."""
    return " ".join(tidy(transcript).split())[:MAX_TRANSCRIPT]


def check_consent(consent: bool) -> None:
    if consent is not True:
        raise BadInput(
            "Hãy xác nhận rằng bạn được phép dùng giọng nói này.",
            "Please confirm that you may use this voice.",
        )


def voice_summary(report: ReferenceReport, language: str) -> dict[str, Any]:
    """`check-voice --json`'s shape: the measures, and each finding in the reader's language."""
    shape = asdict(report)
    shape["findings"] = [
        {"code": f.code, "severity": f.severity, "message": f.message.in_(language), "from": f.start, "to": f.end}
        for f in report.findings
    ]
    return shape
