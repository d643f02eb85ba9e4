"""VieNeu-TTS v3 Turbo and Nano: the real package on tiny models whose sound tells what was said, and in which voice."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tiny_hub
import tiny_vieneu as tiny
from conftest import use_tiny
from huggingface_hub import constants

from vnclone.audio.files import write_wav
from vnclone.engines import base, level, neural, vieneu, vieneu_nano, weights
from vnclone.engines.base import Engine
from vnclone.errors import BadInput, Unavailable
from vnclone.models import Clip, Enrollment, Params

ROOT = Path(__file__).parent.parent
TEXT = "Hôm nay trời đẹp, chúng tôi đi dạo quanh hồ."
OTHER = "Một con vịt xoè ra hai cái cánh."
BUNDLES = ("VIENEU_FP32", "VIENEU_INT8", "VIENEU_NANO")
ENGINES = {"vieneu": vieneu.Vieneu, "vieneu_nano": vieneu_nano.VieneuNano}


@pytest.fixture
def hub(models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny models are this machine's."""
    use_tiny(models, monkeypatch)
    return models


@pytest.fixture
def own_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Models of this test's own, to be broken."""
    tiny_hub.hub(tmp_path / "hub", tmp_path / "work")
    use_tiny(tmp_path / "hub", monkeypatch)
    return tmp_path / "hub"


@pytest.fixture(params=ENGINES)
def engine(hub: Path, request: pytest.FixtureRequest) -> Engine:
    made: Engine = ENGINES[request.param]()
    return made


@pytest.fixture
def turbo(hub: Path) -> vieneu.Vieneu:
    return vieneu.Vieneu()


def _reference(hertz: float, seconds: float = 5.0, rate: int = 24_000) -> Clip:
    """A tone on and off three times a second: a voice that the tiny encoders tell from others by its pitch."""
    times = np.arange(round(seconds * rate)) / rate
    return Clip((0.3 * (np.sin(6 * np.pi * times) > 0) * np.sin(2 * np.pi * hertz * times)).astype(np.float32), rate)


def _voices(engine: Engine) -> tuple[Enrollment, Enrollment]:
    """A low one and a high one."""
    return _enrolled(engine.name, engine.revision, constants.HF_HUB_CACHE)


@cache
def _enrolled(name: str, _revision: str, _hub: str) -> tuple[Enrollment, Enrollment]:
    engine: Engine = ENGINES[name]()
    return engine.enroll(_reference(400), None), engine.enroll(_reference(3000), None)


def _heard(clip: Clip) -> tiny.Heard:
    return tiny.heard(clip.samples, clip.sample_rate)


def _expected(text: str, language: str = "vi") -> list[int]:
    return tiny.spoken(vieneu.phonemes(text, language))


def _said(tones: list[int]) -> list[int]:
    """Without silences, whose lengths differ."""
    return [tone for tone in tones if tone]


def _bytes(clip: Clip) -> str:
    return hashlib.sha256(clip.samples.tobytes()).hexdigest()


# What is said, and in which voice


@pytest.mark.parametrize("text", [TEXT, OTHER, "Chương một.", "Bà ngoại kể: “Ngày xưa, có một cô bé quàng khăn đỏ!”"])
def test_every_sound_of_the_text_is_said_once_and_in_order(engine: Engine, text: str) -> None:
    clip = engine.speak(text, _voices(engine)[0], Params())
    assert clip.sample_rate == engine.sample_rate and clip.samples.dtype == np.float32
    assert _said(_heard(clip).tones) == _said(_expected(text)) and clip.flaws == ()


def test_each_voice_and_its_reference_sound_alone(engine: Engine) -> None:
    low, high = (_heard(engine.speak(TEXT, voice, Params())) for voice in _voices(engine))
    assert len(low.voices) == len(high.voices) == len(low.references) == len(high.references) == 1
    assert low.voices != high.voices and low.references != high.references


def test_chunks_come_out_equally_loud_without_silent_ends(engine: Engine) -> None:
    voice = _voices(engine)[0]
    for text in (TEXT, OTHER, "Mùa thu ở Hà Nội."):
        samples = engine.speak(text, voice, Params()).samples.astype(np.float64)
        assert level.loudness(samples, engine.sample_rate) == pytest.approx(level.TARGET_LUFS, abs=0.5)
        loud = np.flatnonzero(np.abs(samples) > 0.05)
        assert loud[0] < 0.03 * engine.sample_rate and len(samples) - loud[-1] < 0.03 * engine.sample_rate


def test_a_louder_recording_gives_the_same_voice(engine: Engine) -> None:
    quiet = _reference(400)
    loud = Clip(quiet.samples * 3, quiet.sample_rate)
    arrays = engine.enroll(quiet, None).arrays, engine.enroll(loud, "lời nào cũng được").arrays
    for name, array in arrays[0].items():
        np.testing.assert_allclose(array, arrays[1][name], atol=1e-3)


def test_cues_reach_the_model_as_its_own_signs(engine: Engine) -> None:
    codes = tiny.tone_codes()
    voice = _voices(engine)[0]
    for cue, tag in zip(("[cười]", "[thở dài]", "[hắng giọng]"), tiny.EMOTIONS, strict=True):
        tones = _heard(engine.speak(f"Thế thì thôi vậy {cue} nhé.", voice, Params())).tones
        assert codes[tag] in tones and _said(tones) == _said(_expected(f"Thế thì thôi vậy {cue} nhé."))
    assert engine.cues


def test_english_words_are_not_read_as_vietnamese_ones(turbo: vieneu.Vieneu) -> None:
    voice, text = _voices(turbo)[0], "He can do an hay to ban me so long"
    clip = turbo.speak(text, voice, Params(language="en"))
    assert _said(_heard(clip).tones) == _said(_expected(text, "en")) != _said(_expected(text, "vi"))
    assert vieneu.phonemes("I do [cười] so", "en").count("<|emotion_1|>") == 1


def test_text_longer_than_the_limit_is_read_whole_in_pieces(engine: Engine) -> None:
    sentence = "Hôm nay trời rất đẹp, chúng tôi đi chơi; ở nhà chỉ còn bà và con mèo. "
    text = sentence * 5
    assert len(text) > engine.max_chars
    voice = _voices(engine)[0]
    pieces = neural.pieces(text, engine.max_chars)
    clips = [engine.speak(piece, voice, Params()) for piece in pieces]
    whole = engine.speak(text, voice, Params())
    pauses = neural.PIECE_PAUSE_SECONDS * (len(pieces) - 1)
    assert len(pieces) > 1 and whole.seconds == pytest.approx(sum(clip.seconds for clip in clips) + pauses)
    said = [tone for clip in clips for tone in _said(_heard(clip).tones)]
    assert said == _said(_expected(text.replace(";", ",")))


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.0])
def test_speed_sets_the_length(engine: Engine, speed: float) -> None:
    voice = _voices(engine)[0]
    normal, other = engine.speak(TEXT, voice, Params()), engine.speak(TEXT, voice, Params(speed=speed))
    assert normal.seconds / other.seconds == pytest.approx(speed, rel=0.01)


@pytest.mark.parametrize("speed", [0.0, -1.0, 0.4, 3.0, float("nan")])
def test_an_impossible_speed_is_refused(engine: Engine, speed: float) -> None:
    with pytest.raises(BadInput):
        engine.speak(TEXT, _voices(engine)[0], Params(speed=speed))


def test_nano_refuses_english_and_says_what_it_reads(hub: Path) -> None:
    engine = vieneu_nano.VieneuNano()
    with pytest.raises(BadInput, match="vi"):
        engine.speak("Hello", _voices(engine)[0], Params(language="en"))


# Chance


def test_a_seed_gives_the_same_samples_whatever_was_spoken_before(engine: Engine) -> None:
    low, high = _voices(engine)
    first = _bytes(engine.speak(TEXT, low, Params(seed=7)))
    engine.speak(OTHER, high, Params(seed=3))
    np.random.seed(99)
    assert _bytes(engine.speak(TEXT, low, Params(seed=7))) == first
    assert _bytes(engine.speak(TEXT, low, Params(seed=8))) != first


def test_speaking_leaves_the_global_dice_as_they_were(turbo: vieneu.Vieneu) -> None:
    voice = _voices(turbo)[0]
    np.random.seed(5)
    expected = np.random.random(3)
    np.random.seed(5)
    turbo.speak(TEXT, voice, Params())
    pieces = turbo.stream(TEXT, voice, Params())
    next(pieces)
    assert (np.random.random(3) == expected).all()


def test_two_voices_at_once_are_as_one_after_the_other(engine: Engine) -> None:
    jobs = [(text, voice, Params(seed=n)) for n, text in enumerate((TEXT, OTHER)) for voice in _voices(engine)] * 2
    in_turn = [_bytes(engine.speak(*job)) for job in jobs]
    with ThreadPoolExecutor(2) as pool:
        clips = list(pool.map(lambda job: engine.speak(*job), jobs))
    assert [_bytes(clip) for clip in clips] == in_turn
    assert all(len(_heard(clip).voices) == 1 for clip in clips)


def test_many_texts_come_back_in_order(engine: Engine) -> None:
    voice, texts = _voices(engine)[0], [OTHER, "", TEXT, OTHER, "Vâng."]
    clips = list(engine.speak_many(texts, voice, Params()))
    assert [_bytes(clip) for clip in clips] == [_bytes(engine.speak(text, voice, Params())) for text in texts]


def test_a_batch_on_a_card_gives_every_text_its_own_reading(
    turbo: vieneu.Vieneu, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice, texts = _voices(turbo)[0], [OTHER, "…", TEXT, OTHER]
    expected = [_bytes(turbo.speak(text, voice, Params(seed=4))) for text in texts]
    backend, batches = vieneu._backend(vieneu._kind()), []

    class Counted:
        def speak(self, phonemes: list[str], *rest: object) -> list[np.ndarray]:
            batches.append(len(phonemes))
            return backend.speak(phonemes, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(vieneu, "_kind", lambda: "cuda")
    monkeypatch.setattr(vieneu, "_backend", lambda kind: Counted())
    card = replace(voice, revision=turbo.revision)
    assert [_bytes(clip) for clip in turbo.speak_many(texts, card, Params(seed=4))] == expected
    assert batches == [2]  # three texts say something, two different things


# Streaming


def _streamed(engine: Engine, text: str, voice: Enrollment, params: Params) -> tuple[list[Clip], Clip]:
    stream, pieces = engine.stream(text, voice, params), []
    while True:
        try:
            pieces.append(next(stream))
        except StopIteration as end:
            return pieces, end.value


def test_a_stream_gives_frames_and_then_the_clip_that_speak_gives(turbo: vieneu.Vieneu) -> None:
    voice = _voices(turbo)[0]
    pieces, clip = _streamed(turbo, TEXT, voice, Params(seed=2))
    raw = np.concatenate([piece.samples for piece in pieces])
    assert len(pieces) > 2 and all(piece.sample_rate == 48_000 for piece in pieces)
    assert _said(tiny.heard(raw, 48_000).tones) == _said(_expected(TEXT))
    assert _bytes(clip) == _bytes(turbo.speak(TEXT, voice, Params(seed=2)))


def test_another_speed_a_long_text_and_nano_are_not_streamed(engine: Engine) -> None:
    voice, slow = _voices(engine)[0], Params(speed=0.8)
    pieces, clip = _streamed(engine, TEXT, voice, slow)
    assert pieces == [] and _bytes(clip) == _bytes(engine.speak(TEXT, voice, slow))
    assert _streamed(engine, OTHER * 12, voice, Params())[0] == []
    assert _streamed(engine, "…", voice, Params())[0] == []


def test_an_abandoned_stream_leaves_the_engine_usable(turbo: vieneu.Vieneu) -> None:
    low, high = _voices(turbo)
    expected = _bytes(turbo.speak(OTHER, high, Params()))
    stream = turbo.stream(TEXT, low, Params())
    next(stream)
    stream.close()
    kept = turbo.stream(TEXT, low, Params())
    next(kept)
    assert _bytes(turbo.speak(OTHER, high, Params())) == expected


def test_two_streams_at_once_do_not_mix(turbo: vieneu.Vieneu) -> None:
    low, high = _voices(turbo)
    alone = [_bytes(turbo.speak(TEXT, voice, Params(seed=6))) for voice in (low, high)]
    streams = [turbo.stream(TEXT, voice, Params(seed=6)) for voice in (low, high)]
    done: dict[int, Clip] = {}
    while len(done) < 2:
        for number, stream in enumerate(streams):
            try:
                if number not in done:
                    next(stream)
            except StopIteration as end:
                done[number] = end.value
    assert [_bytes(done[n]) for n in (0, 1)] == alone


# Babble


@pytest.fixture
def babbler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> vieneu.Vieneu:
    """A model that stops at a text's end only when its dice allow it."""
    tiny_hub.hub(tmp_path / "hub", tmp_path / "work", stops_below=request.param)
    use_tiny(tmp_path / "hub", monkeypatch)
    return vieneu.Vieneu()


@pytest.mark.parametrize("babbler", [-1.0], indirect=True)
def test_a_reading_that_never_ends_well_is_kept_with_its_flaw(
    babbler: vieneu.Vieneu, caplog: pytest.LogCaptureFixture
) -> None:
    voice = _voices(babbler)[0]
    with caplog.at_level("INFO"):
        clip = babbler.speak(TEXT, voice, Params())
    assert "too_long" in clip.flaws and clip.seconds > 5
    ours = [record for record in caplog.records if record.name.startswith("vnclone")]
    assert len(ours) == neural.READINGS and all("dạo" not in record.getMessage() for record in ours)
    pieces, streamed = _streamed(babbler, TEXT, voice, Params())
    assert pieces and streamed.flaws == clip.flaws


@pytest.mark.parametrize("babbler", [12.0], indirect=True)
def test_a_reading_that_babbles_is_read_again(babbler: vieneu.Vieneu) -> None:
    voice, backend = _voices(babbler)[0], vieneu._backend(vieneu._kind())
    arrays = voice.arrays["speaker_emb"], voice.arrays["codes"]
    spoken, good = vieneu.phonemes(TEXT, "vi"), _said(_expected(TEXT))
    firsts = [_said(tiny.heard(backend.speak([spoken], *arrays, seed)[0], 48_000).tones) for seed in range(10)]
    clips = [babbler.speak(TEXT, voice, Params(seed=seed)) for seed in range(10)]
    babbled = sum(first != good for first in firsts)
    assert 2 <= babbled <= 8
    assert sum(bool(clip.flaws) for clip in clips) < babbled
    assert all(_said(_heard(clip).tones) == good for clip in clips if not clip.flaws)


# Which backend, where


def test_int8_is_for_processors_with_vnni() -> None:
    assert vieneu.has_vnni(frozenset({"fpu", "avx512_vnni"})) and vieneu.has_vnni(frozenset({"avx_vnni"}))
    assert not vieneu.has_vnni(frozenset({"fpu", "avx2", "avx512f"})) and not vieneu.has_vnni(frozenset())


@pytest.mark.parametrize(
    ("device", "cuda", "vnni", "int8_missing", "fp32_missing", "kind"),
    [
        ("auto", False, True, True, True, "int8"),
        ("auto", False, True, False, False, "int8"),
        ("auto", False, True, True, False, "fp32"),  # what is there is used
        ("auto", False, False, False, True, "fp32"),
        ("auto", True, True, False, False, "cuda"),
        ("cpu", True, False, True, True, "fp32"),
        ("cuda", False, True, False, False, "cuda"),  # asked for: its absence is said, not passed over
    ],
)
def test_the_backend_suits_the_machine(
    device: str, cuda: bool, vnni: bool, int8_missing: bool, fp32_missing: bool, kind: str
) -> None:
    assert vieneu.kind_for(device, cuda, vnni, int8_missing, fp32_missing) == kind


@pytest.mark.parametrize(
    ("cores", "gigabytes", "processes", "threads"),
    [
        (1, 4, 1, 1),
        (2, 8, 1, 2),
        (4, 8, 1, 4),
        (6, 16, 1, 4),
        (8, 16, 2, 4),
        (16, 4, 2, 4),
        (16, 1, 1, 4),
        (64, 256, 16, 4),
    ],
)
def test_processes_and_threads_suit_cores_and_memory(cores: int, gigabytes: int, processes: int, threads: int) -> None:
    assert vieneu.workers(cores, gigabytes << 30) == processes
    assert vieneu.threads(cores, processes) == threads


def test_the_revision_names_package_model_backend_and_fits_a_file_name(engine: Engine) -> None:
    assert "3.8.3" in engine.revision and not set(engine.revision) & set('/\\:*?"<>| ')
    assert engine.revision.endswith(("-int8", "-fp32"))


def test_a_card_that_was_asked_for_without_pytorch_is_said(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VNCLONE_DEVICE", "cuda")
    monkeypatch.setattr(vieneu, "find_spec", lambda name: None)
    status = vieneu.Vieneu().status()
    assert status.state == "not_installed" and "requirements-gpu.txt" in status.detail.vi


# Weights that are not there, or not whole


def test_ready_when_every_file_is_there_and_else_how_much_is_missing(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine.status().state == "ready"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    status, bundle = engine.status(), engine.weights()
    assert bundle is not None and status.state == "needs_download"
    assert status.download_bytes == weights.total_bytes(bundle)
    assert f"download {engine.name}" in status.detail.vi and f"download {engine.name}" in status.detail.en


def test_speaking_without_weights_names_the_command(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = _voices(engine)[0]
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    voice = replace(voice, revision=engine.revision)
    with pytest.raises(Unavailable, match=f"download {engine.name}"):
        engine.speak(TEXT, voice, Params())


def _files(name: str) -> Iterator[tuple[str, str, str]]:
    bundle = weights.VIENEU_NANO if name == "vieneu_nano" else weights.VIENEU_FP32
    for repository in bundle.repositories:
        for file in repository.files:
            yield name, repository.id, file.path


@pytest.mark.parametrize(("name", "repository", "path"), [case for name in ENGINES for case in _files(name)])
@pytest.mark.parametrize("how", ["cut", "gone"])
def test_a_file_that_is_cut_or_gone_is_said_with_the_command_that_mends_it(
    own_hub: Path, name: str, repository: str, path: str, how: str
) -> None:
    engine: Engine = ENGINES[name]()
    (found,) = (own_hub / f"models--{repository.replace('/', '--')}").glob(f"snapshots/*/{path}")
    same = found.parent.parent / "onnx_int8" / found.name  # whichever precision this processor takes
    for link in {found, same} if "onnx_update" in path else {found}:
        data = link.read_bytes()
        link.unlink()
        if how == "cut":
            link.write_bytes(data[: len(data) // 2])
    vieneu._loaded.cache_clear()
    vieneu_nano._loaded.cache_clear()
    assert engine.status().state == "needs_download"
    with pytest.raises(Unavailable, match=f"download {name}"):
        engine.speak(TEXT, engine.enroll(_reference(400), None), Params())


def test_status_loads_nothing_heavy_and_opens_no_connection(hub: Path) -> None:
    code = (
        "import socket, sys\n"
        "def refused(*a, **k): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refused\n"
        "from vnclone.engines import vieneu, vieneu_nano\n"
        "for kind in (vieneu.Vieneu, vieneu_nano.VieneuNano):\n"
        "    engine = kind(); engine.status(); engine.revision; engine.placement(4)\n"
        "print({'vieneu', 'onnxruntime', 'torch', 'librosa', 'scipy', 'av'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_speaking_opens_no_connection_and_writes_no_file_of_its_own(hub: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "voice.wav", _reference(400))
    code = (
        "import socket, sys\nfrom pathlib import Path\n"
        "def refused(*a, **k): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.getaddrinfo = refused\n"
        "from vnclone.audio.files import read_wav\nfrom vnclone.engines import vieneu, vieneu_nano\n"
        "from vnclone.models import Params\n"
        f"clip = read_wav(Path({str(tmp_path / 'voice.wav')!r}))\n"
        "for kind in (vieneu.Vieneu, vieneu_nano.VieneuNano):\n"
        f"    engine = kind(); print(engine.speak({TEXT!r}, engine.enroll(clip, None), Params()).seconds > 2)\n"
        "print('torch' in sys.modules, 'librosa' in sys.modules)"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {"HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    assert done.stdout.split() == ["True", "True", "False", "False"]
    assert list(home.rglob("*")) == []


# Enrolment


@pytest.mark.parametrize("seconds", [0.0, 0.002, 0.5])
def test_a_recording_that_is_too_short_is_refused_with_a_sentence(engine: Engine, seconds: float) -> None:
    with pytest.raises(BadInput, match="too short"):
        engine.enroll(_reference(400, seconds), None)


def test_a_silent_or_broken_recording_is_refused(engine: Engine) -> None:
    for value in (0.0, float("nan")):
        with pytest.raises(BadInput, match="silent"):
            engine.enroll(Clip(np.full(5 * 24_000, value, np.float32), 24_000), None)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_a_recording_of_any_rate_is_enrolled(engine: Engine, rate: int) -> None:
    voice = engine.enroll(_reference(1000, 9.3, rate), None)
    assert _said(_heard(engine.speak(OTHER, voice, Params())).tones) == _said(_expected(OTHER))


def test_an_enrolment_is_the_same_after_it_was_stored(engine: Engine, tmp_path: Path) -> None:
    voice = _voices(engine)[1]
    base.save_enrollment(tmp_path / "voice.npz", voice)
    stored = base.load_enrollment(tmp_path / "voice.npz")
    assert _bytes(engine.speak(TEXT, stored, Params())) == _bytes(engine.speak(TEXT, voice, Params()))
