"""Every setting, read from the environment or .env once. Nothing else reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ENGINE_ALIASES = {
    "vieneu-tts": "vieneu",
    "vieneu-nano": "vieneu_nano",
    "f5-tts": "f5",
    "gpt-sovits": "gpt_sovits",
}


def default_data_dir() -> Path:
    """/data where it exists and is writable (a Space's persistent volume, the container), else ./data."""
    volume = Path("/data")
    return volume if volume.is_dir() and os.access(volume, os.W_OK) else Path("data")


def on_zero_gpu() -> bool:
    """Whether this is a Hugging Face Space on ZeroGPU, told as its own package `spaces` (config.py) tells it."""
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def canonical_engine(written: str) -> str:
    """The engine's own name for what people write: "F5-TTS" is "f5"."""
    name = written.strip().lower()
    return ENGINE_ALIASES.get(name, name)


class Settings(BaseSettings):
    """Names and defaults as the README's table lists them; each is `VNCLONE_` plus the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="VNCLONE_", env_file=".env", extra="ignore", validate_default=True, populate_by_name=True
    )

    host: str = Field(
        "127.0.0.1",
        validation_alias=AliasChoices("VNCLONE_HOST", "GRADIO_SERVER_NAME"),
        description="address to listen on; 0.0.0.0 in the container and on a Space",
    )
    port: int = Field(
        7860,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("VNCLONE_PORT", "GRADIO_SERVER_PORT"),
        description="port to listen on",
    )
    data: Path = Field(
        default_factory=default_data_dir, description="the data folder; `/data` where it is writable, else `./data`"
    )
    secret_key: str = Field("", description="signs audio links; made once (mode 0600) in the data folder when empty")
    engine: str = Field("auto", description="the engine `auto` stands for; auto is the best one that is ready")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where neural engines run; auto is the graphics card where PyTorch finds one"
    )
    gpt_sovits_url: str = Field(
        "", description="address of a GPT-SoVITS `api_v2.py` server, for the engine `gpt_sovits`"
    )
    max_upload_size: int = Field(100 << 20, gt=0, description="largest upload, in bytes")
    max_audio_duration: float = Field(300, gt=5, description="longest voice sample, in seconds; the shortest is 5")
    max_document_pages: int = Field(100, gt=0, description="pages of a document that are read without asking")
    max_confirmed_pages: int = Field(5000, gt=0, description="most pages of a document, once confirmed")
    retention_days: int = Field(30, ge=0, description="days until a finished recording is deleted; 0 keeps all")
    registration: Literal["open", "closed"] = Field("open", description="whether anyone may register")
    source_url: str = Field(
        "/source.zip", description="the source link in the footer (AGPL); by default the running source itself"
    )
    debug: bool = Field(False, description="log more")

    @field_validator("engine")
    @classmethod
    def _engine_name(cls, name: str) -> str:
        return canonical_engine(name)
