"""From chunks to the file that people keep: joins, encoders beside a reading, tags, chapters, zips, and memory."""

from __future__ import annotations

import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from tests.conftest import DEMO_VOICE
from tests.small_disks import fill
from vnclone.audio import files, mp4, pcm
from vnclone.audio.cover import cover
from vnclone.audio.encode import Encoder, Trail, dress, encode, file_names, parts, piece
from vnclone.audio.encoder import MOST_BLOCKS
from vnclone.audio.joiner import Joiner, header
from vnclone.errors import BadInput, Unavailable
from vnclone.models import FORMATS, Clip

RATE = 24_000
TAGS = {"title": "Nghị định số 45", "artist": "Giọng của Đoan", "album": "Tập", "track": "2/9", "comment": "AI"}
CHAPTERS = [("Chương một: Mở đầu", 0.0), ("Chương hai — “Điều khoản”", 1.25), ("Kết", 2.5)]
SECONDS = 4.0


def tone(seconds: float, hertz: float = 440.0, rate: int = RATE) -> Clip:
    return Clip((0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32), rate)


def speech() -> Clip:
    return files.read_wav(DEMO_VOICE)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Four seconds, another tone in each."""
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        for second in range(4):
            joiner.add(tone(1, 300 + 200 * second), 0)
    return tmp_path / "a.wav"


@pytest.fixture(scope="module")
def picture() -> bytes:
    return cover("Nghị định số 45", "Giọng của Đoan", 300)


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def integers(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int16")[0]


# Joining


def high_share(samples: np.ndarray, at: int) -> float:
    """How much of the sound within 5 ms of a place is above 6 kHz, in dB: what a click has and a low tone has not."""
    around = samples[at - RATE // 200 : at + RATE // 200] * np.hanning(RATE // 100)
    power = np.abs(np.fft.rfft(around)) ** 2
    return float(10 * np.log10(power[len(power) // 2 :].sum() / power.sum()))


def test_a_join_does_not_click_wherever_a_sound_was_cut(tmp_path: Path) -> None:
    raw = [tone(0.1 + cut / (4 * 200 * 8), 200).samples for cut in range(8)]  # cut at eight phases of the wave
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        for samples in raw:
            joiner.add(Clip(samples, RATE), 0)
    joined, joins = integers(tmp_path / "a.wav") / 32768, np.cumsum([len(samples) for samples in raw])[:-1]
    hard = max(high_share(np.concatenate(raw), at) for at in joins)
    assert hard > -35  # so does a click measure
    assert max(high_share(joined, at) for at in joins) < -55


def test_a_stretch_of_an_earlier_wav_is_copied_as_it_is(wav: Path, tmp_path: Path) -> None:
    heard: list[np.ndarray] = []
    for tee in (None, heard.append):
        with Joiner(tmp_path / "b.wav", RATE, tee) as joiner:
            joiner.add(tone(0.5), 0.1)
            joiner.copy(wav, 12_345, 70_001)
            joiner.copy(wav, 0, 0)
            joiner.add(tone(0.5), 0.1)
            assert joiner.samples == 2 * 14_400 + 70_001
        copied = integers(tmp_path / "b.wav")
        assert len(copied) == 2 * 14_400 + 70_001
        assert np.array_equal(copied[14_400 : 14_400 + 70_001], integers(wav)[12_345 : 12_345 + 70_001])
        assert np.array_equal(copied[:14_400], copied[-14_400:])
    assert np.array_equal(np.concatenate(heard), copied)
    assert all(block.dtype == np.int16 for block in heard)


def test_copying_goes_on_where_the_kernel_cannot(wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.copy_file_range", raising=False)
    with Joiner(tmp_path / "b.wav", RATE) as joiner:
        joiner.copy(wav, 0, 4 * RATE)
    assert (tmp_path / "b.wav").read_bytes() == wav.read_bytes()


def test_a_stretch_beyond_four_gigabytes_is_copied_too(tmp_path: Path) -> None:
    samples = 3_000_000_000
    with (tmp_path / "long.wav").open("wb") as file:  # sparse: takes no room
        file.write(header(RATE, samples))
        file.seek(2 * (samples - 1000), 1)
        file.write(np.arange(1000, dtype="<i2").tobytes())
    with Joiner(tmp_path / "b.wav", RATE) as joiner:
        joiner.copy(tmp_path / "long.wav", samples - 1000, 1000)
    assert np.array_equal(integers(tmp_path / "b.wav"), np.arange(1000))


@pytest.mark.parametrize(("start", "samples"), [(-1, 10), (0, 96_001), (96_000, 1), (10, -1)])
def test_a_stretch_outside_the_file_is_an_error(wav: Path, tmp_path: Path, start: int, samples: int) -> None:
    with Joiner(tmp_path / "b.wav", RATE) as joiner, pytest.raises(ValueError, match=r"a\.wav"):
        joiner.copy(wav, start, samples)


def test_a_stretch_of_another_rate_or_of_what_is_no_wav_is_an_error(wav: Path, tmp_path: Path) -> None:
    (tmp_path / "c.wav").write_bytes(b"RIFF nothing")
    with Joiner(tmp_path / "b.wav", 48_000) as joiner:
        with pytest.raises(ValueError, match="24000"):
            joiner.copy(wav, 0, 10)
        with pytest.raises(BadInput, match="damaged"):
            joiner.copy(tmp_path / "c.wav", 0, 10)


def test_wavs_that_others_wrote_are_read_and_wide_ones_refused(tmp_path: Path) -> None:
    samples = (tone(1).samples * 32767).astype("<i2")
    with av.open(str(tmp_path / "a.wav"), "w", format="wav") as sink:  # with a LIST chunk in front of the samples
        sink.metadata["title"] = "Xin chào"
        stream: Any = sink.add_stream("pcm_s16le", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        sink.mux(stream.encode(frame))
    assert np.array_equal(np.concatenate(list(pcm.blocks(pcm.look(tmp_path / "a.wav")))), samples)
    soundfile.write(tmp_path / "b.wav", samples, RATE, subtype="PCM_24")
    with pytest.raises(BadInput):
        pcm.look(tmp_path / "b.wav")


# Formats


def opened(path: Path) -> dict[str, Any]:
    """What FFmpeg finds in a file: tags, chapters, pictures, seconds stated and seconds decoded."""
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        tags = dict(container.metadata) | dict(sound.metadata)
        chapters = [(c["metadata"]["title"], float(c["start"] * c["time_base"])) for c in container.chapters()]
        ends = [float(c["end"] * c["time_base"]) for c in container.chapters()]
        pictures = [bytes(p) for stream in container.streams.video for p in container.demux(stream) if p.size]
        stated = (container.duration or 0) / av.time_base
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        decoded = sum(frame.samples for frame in container.decode(sound)) / sound.rate
    return {"tags": tags, "chapters": chapters, "ends": ends, "pictures": pictures, "seconds": (stated, decoded)}


@pytest.mark.parametrize(("name", "quality"), [*((name, "cbr") for name in FORMATS), ("mp3", "vbr")])
def test_every_format_has_its_length_tags_chapters_and_cover(
    wav: Path, tmp_path: Path, picture: bytes, name: str, quality: str
) -> None:
    out = tmp_path / f"b.{name}"
    encode(wav, out, name, TAGS, CHAPTERS, quality, picture)
    found = opened(out)
    assert found["seconds"] == pytest.approx((SECONDS, SECONDS), abs=0.05)
    assert {tag: found["tags"].get(tag) for tag in TAGS} == TAGS
    if name == "wav":  # which has no place for them
        return
    assert found["chapters"] == CHAPTERS
    assert found["ends"] == pytest.approx([1.25, 2.5, SECONDS], abs=0.05)
    assert found["pictures"] == [picture]


@pytest.mark.parametrize("name", ["mp3", "wav", "flac", "opus"])
def test_libsndfile_reads_the_same_length(wav: Path, tmp_path: Path, picture: bytes, name: str) -> None:
    encode(wav, tmp_path / "b", name, TAGS, CHAPTERS, "vbr", picture)
    assert soundfile.info(tmp_path / "b").duration == pytest.approx(SECONDS, abs=0.05)


@pytest.mark.parametrize("name", ["wav", "flac"])
def test_lossless_is_lossless(wav: Path, tmp_path: Path, name: str) -> None:
    encode(wav, tmp_path / "b", name, TAGS)
    assert np.array_equal(integers(tmp_path / "b"), integers(wav))


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 44_100, 48_000])
@pytest.mark.parametrize("name", ["opus", "m4b"])
def test_any_rate_that_an_engine_speaks_at_keeps_its_pitch_and_length(tmp_path: Path, name: str, rate: int) -> None:
    files.write_wav(tmp_path / "a.wav", tone(2, rate=rate))
    encode(tmp_path / "a.wav", tmp_path / "b", name, {})
    clip = files.decode(tmp_path / "b", 10)
    assert clip.seconds == pytest.approx(2, abs=0.05)
    assert pitch(clip.samples[: clip.sample_rate], clip.sample_rate) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("name", FORMATS)
def test_sound_begins_when_it_did_and_not_after_the_encoders_own_delay(tmp_path: Path, name: str) -> None:
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        joiner.add(Clip(np.zeros(0, np.float32), RATE), 1.0)
        joiner.add(tone(1, 2000), 0)
    encode(tmp_path / "a.wav", tmp_path / "b", name, {})
    clip = files.decode(tmp_path / "b", 10)
    begins = np.flatnonzero(np.abs(clip.samples) > 0.2)[0] / clip.sample_rate
    assert begins == pytest.approx(1, abs=0.008)


def test_opus_speech_takes_a_quarter_of_a_megabyte_a_minute(tmp_path: Path) -> None:
    encode(DEMO_VOICE, tmp_path / "a.opus", "opus", {})
    assert (tmp_path / "a.opus").stat().st_size == pytest.approx(32_000 / 8 * speech().seconds, rel=0.2)


def frame_sizes(path: Path) -> set[int]:
    with av.open(str(path)) as container:
        return {packet.size for packet in container.demux(container.streams.audio[0]) if packet.size}


def test_a_variable_rate_varies_about_the_constant_ones_size(tmp_path: Path) -> None:
    for quality in ("cbr", "vbr"):
        encode(DEMO_VOICE, tmp_path / f"{quality}.mp3", "mp3", {}, quality=quality)
    constant, variable = (tmp_path / f"{quality}.mp3" for quality in ("cbr", "vbr"))
    assert len(frame_sizes(constant)) <= 2 < len(frame_sizes(variable))
    assert variable.stat().st_size == pytest.approx(constant.stat().st_size, rel=0.2)
    assert b"Xing" in variable.read_bytes()[:500] and b"Info" in constant.read_bytes()[:500]


@pytest.mark.parametrize("quality", ["cbr", "vbr"])
def test_seeking_in_an_mp3_lands_where_it_should(tmp_path: Path, quality: str) -> None:
    """Parts that a variable rate spends very different numbers of bits on: a tone of its own each, noise between."""
    noise = np.random.default_rng(1).normal(0, 0.1, 5 * RATE).astype(np.float32)
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        for number in range(6):
            joiner.add(tone(5, 300 + 100 * number), 5)
            joiner.add(Clip(noise, RATE), 0)
    encode(tmp_path / "a.wav", tmp_path / "a.mp3", "mp3", TAGS, quality=quality)
    with av.open(str(tmp_path / "a.mp3")) as container:
        stream = container.streams.audio[0]
        for number in (4, 1, 5, 0, 3):
            container.seek(int((15 * number + 2) * av.time_base))
            decoder = container.decode(stream)
            frames = [next(decoder) for _ in range(60)]
            assert float(frames[0].pts * frames[0].time_base) == pytest.approx(15 * number + 2, abs=0.6)
            heard = np.concatenate([frame.to_ndarray()[0] for frame in frames[10:]])
            assert pitch(heard, RATE) == pytest.approx(300 + 100 * number, abs=5)


def test_a_quality_that_does_not_exist_is_refused(wav: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cbr, vbr"):
        encode(wav, tmp_path / "b.mp3", "mp3", {}, quality="best")
    assert list(tmp_path.iterdir()) == [wav]


# An encoder beside a reading


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_fed_in_pieces_is_what_is_encoded_at_once(wav: Path, tmp_path: Path, name: str) -> None:
    part = tmp_path / "part"
    joined = tmp_path / "b.wav"
    with Encoder(part, name, RATE) as encoder, Trail(joined, encoder) as trail:
        with Joiner(joined, RATE, trail.feed) as joiner:
            joiner.copy(wav, 0, 33_333)
            joiner.copy(wav, 33_333, 4 * RATE - 33_333)
        trail.finish()
    dress(part, tmp_path / "dressed", name, TAGS, CHAPTERS)
    encode(wav, tmp_path / "encoded", name, TAGS, CHAPTERS)
    one, other = files.decode(tmp_path / "dressed", 10), files.decode(tmp_path / "encoded", 10)
    assert np.array_equal(one.samples, other.samples) and len(one.samples)
    assert opened(part)["seconds"] == pytest.approx((SECONDS, SECONDS), abs=0.05)
    assert "title" not in opened(part)["tags"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_reading_of_nothing_is_still_a_file(wav: Path, tmp_path: Path, name: str) -> None:
    with Encoder(tmp_path / "part", name, RATE) as encoder:
        encoder.finish()
    dress(tmp_path / "part", tmp_path / "b", name, TAGS, CHAPTERS[:1])
    piece(wav, tmp_path / "c", 2.0, 2.0, name, TAGS)
    for made in (tmp_path / "b", tmp_path / "c"):
        assert opened(made)["tags"]["title"] == TAGS["title"] and opened(made)["seconds"][0] < 0.05


def test_a_reading_that_fails_leaves_no_encoded_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Encoder(tmp_path / "part", "mp3", RATE) as encoder:
        encoder.feed(np.zeros(50 * RATE, "<i2"))
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_nobody_finished_leaves_no_file(tmp_path: Path) -> None:
    with Encoder(tmp_path / "part", "m4b", RATE) as encoder:
        encoder.feed(np.zeros(RATE, "<i2"))
    assert not list(tmp_path.iterdir())


def test_a_finished_encoder_takes_no_more(tmp_path: Path) -> None:
    with Encoder(tmp_path / "part", "mp3", RATE) as encoder:
        encoder.feed(np.zeros(RATE, "<i2"))
        encoder.finish()
        with pytest.raises(ValueError, match="finished"):
            encoder.feed(np.zeros(RATE, "<i2"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_told_to_whoever_feeds(small_disk: Path, name: str) -> None:
    noise = np.random.default_rng(1).integers(-9000, 9000, 1 << 20, "<i2")
    fill(small_disk, 100_000)
    with pytest.raises(Unavailable, match="disk is full"), Encoder(small_disk / "part", name, RATE) as encoder:
        for _ in range(20):
            encoder.feed(noise)
        encoder.finish()
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]


def test_nobody_waits_for_ever_for_an_encoder_that_has_failed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), Encoder(tmp_path / "missing" / "part", "mp3", RATE) as encoder:
        for _ in range(2 * MOST_BLOCKS):
            encoder.feed(np.zeros(1 << 16, "<i2"))


# Tags, chapters and covers on what is encoded already


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_can_be_dressed_again_and_keeps_its_sound(wav: Path, tmp_path: Path, picture: bytes, name: str) -> None:
    out = tmp_path / "b"
    encode(wav, out, name, TAGS, CHAPTERS, "vbr", picture)
    before = files.decode(out, 10)
    dress(out, out, name, TAGS | {"title": "Tên khác"}, CHAPTERS[:2])
    found = opened(out)
    assert found["tags"]["title"] == "Tên khác"
    assert found["chapters"] == ([] if name == "wav" else CHAPTERS[:2])
    assert found["pictures"] == []
    assert np.array_equal(files.decode(out, 10).samples, before.samples)


def test_an_mp3s_frames_and_its_xing_header_stay_byte_by_byte(wav: Path, tmp_path: Path, picture: bytes) -> None:
    with Encoder(tmp_path / "part", "mp3", RATE, "vbr") as encoder:
        encoder.feed(integers(wav))
        encoder.finish()
    dress(tmp_path / "part", tmp_path / "b", "mp3", TAGS, CHAPTERS, picture)
    assert (tmp_path / "b").read_bytes().endswith((tmp_path / "part").read_bytes())


def test_an_audiobooks_index_is_in_front_and_its_kind_stated(wav: Path, tmp_path: Path) -> None:
    encode(wav, tmp_path / "b.m4b", "m4b", TAGS, CHAPTERS)
    content = (tmp_path / "b.m4b").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert content[8:12] == b"M4B " and opened(tmp_path / "b.m4b")["tags"]["media_type"] == "2"


def test_an_audiobook_of_300_chapters_has_them_all(wav: Path, tmp_path: Path) -> None:
    chapters = [(f"Chương {number}", number / 100) for number in range(300)]
    encode(wav, tmp_path / "b.m4b", "m4b", {}, chapters)
    found = opened(tmp_path / "b.m4b")
    assert found["chapters"] == chapters
    assert found["seconds"][0] == pytest.approx(SECONDS, abs=0.05)


def test_titles_that_no_format_can_hold_are_written_as_well_as_they_can_be(wav: Path, tmp_path: Path) -> None:
    for name in FORMATS:
        encode(wav, tmp_path / name, name, {"title": "a\0b\ud800 " + "dài " * 3000}, [("x\0\udfff" * 300, 0.0)])
        assert opened(tmp_path / name)["tags"]["title"].startswith("a b? dài")


def test_a_foreign_mp4_or_a_cut_one_is_refused(wav: Path, tmp_path: Path) -> None:
    encode(wav, tmp_path / "b.m4a", "m4a", {})
    (tmp_path / "cut").write_bytes((tmp_path / "b.m4a").read_bytes()[:300])
    (tmp_path / "text").write_bytes(b"not a film at all" * 9)
    for name in ("cut", "text"):
        with pytest.raises(BadInput, match="damaged"):
            dress(tmp_path / name, tmp_path / "c.m4a", "m4a", {})
    assert not (tmp_path / "c.m4a").exists()


def test_a_cover_is_a_png_or_a_jpeg(wav: Path, tmp_path: Path) -> None:
    for name in ("mp3", "flac", "m4a", "opus"):
        with pytest.raises(ValueError, match="PNG or a JPEG"):
            encode(wav, tmp_path / "b", name, {}, cover=b"GIF89a")
    assert list(tmp_path.iterdir()) == [wav]


@pytest.mark.parametrize("name", ["mp3", "flac", "m4a", "opus"])
def test_a_jpeg_cover_is_kept_too(wav: Path, tmp_path: Path, name: str) -> None:
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "c.jpg", "JPEG")
    photo = (tmp_path / "c.jpg").read_bytes()
    encode(wav, tmp_path / "b", name, {}, cover=photo)
    assert opened(tmp_path / "b")["pictures"] == [photo]


# A chapter a file


def test_a_piece_is_what_is_heard_between_two_moments(wav: Path, tmp_path: Path) -> None:
    piece(wav, tmp_path / "b.flac", 1.25, 2.5, "flac", TAGS)
    assert np.array_equal(integers(tmp_path / "b.flac"), integers(wav)[int(1.25 * RATE) : int(2.5 * RATE)])
    piece(wav, tmp_path / "c.mp3", 3.0, 99.0, "mp3", TAGS, "vbr")
    assert opened(tmp_path / "c.mp3")["seconds"] == pytest.approx((1, 1), abs=0.05)


def test_a_zip_has_a_tagged_file_for_each_chapter(wav: Path, tmp_path: Path, picture: bytes) -> None:
    pieces = [("Lời nói đầu", 0.0, 1.0), ("A/B: “Hỏi?”", 1.0, 2.5), ("A/B: “Hỏi?”", 2.5, 4.0)]
    parts(wav, tmp_path / "b.zip", pieces, "mp3", TAGS, "cbr", picture)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.namelist() == ["01 Lời nói đầu.mp3", "02 A-B- “Hỏi-”.mp3", "03 A-B- “Hỏi-”.mp3"]
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        archive.extractall(tmp_path / "out")
    for number, (title, start, end) in enumerate(pieces, 1):
        found = opened(next((tmp_path / "out").glob(f"0{number}*")))
        told = {name: found["tags"][name] for name in ("title", "album", "track", "artist")}
        assert told == {"title": title, "album": TAGS["title"], "track": f"{number}/3", "artist": TAGS["artist"]}
        assert found["seconds"][1] == pytest.approx(end - start, abs=0.05)
        assert found["pictures"] == [picture]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.zip", "out"]


def test_a_zip_that_fails_is_not_there_at_all(wav: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PNG or a JPEG"):
        parts(wav, tmp_path / "b.zip", [("Một", 0.0, 1.0)], "mp3", TAGS, cover=b"no picture")
    assert list(tmp_path.iterdir()) == [wav]


def test_names_of_chapters_are_safe_everywhere() -> None:
    titles = ["", "CON", "..", 'a<b>:"/\\|?*c', "xuống\ndòng\t", "Điều " * 100, "\ud800", "e\u0302\u0301"]
    names = file_names(titles * 13, "m4b")
    assert names[0] == "001.m4b" and names[1] == "002 CON.m4b" and names[7] == "008 ế.m4b"
    assert len(set(names)) == len(names) == 104
    for name in names:
        assert not set(name) & set('<>:"/\\|?*\n\t\0') and not name.removesuffix(".m4b").endswith((" ", "."))
        assert len(name.encode()) < 140 and unicodedata.is_normalized("NFC", name)


# Memory


def peak_megabytes(work: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def test_joining_and_encoding_take_no_more_memory_for_a_longer_reading(tmp_path: Path) -> None:
    clip = speech()

    def read(minutes: int) -> None:
        joined = tmp_path / "a.wav"
        with Encoder(tmp_path / "part", "flac", RATE) as encoder, Trail(joined, encoder) as trail:
            with Joiner(joined, RATE, trail.feed) as joiner:
                for _ in range(round(minutes * 60 / clip.seconds)):
                    joiner.add(clip, 0.2)
            trail.finish()
        dress(tmp_path / "part", tmp_path / "a.flac", "flac", TAGS, CHAPTERS)
        with Joiner(tmp_path / "b.wav", RATE, lambda block: None) as joiner:
            joiner.copy(tmp_path / "a.wav", 0, pcm.look(tmp_path / "a.wav").samples)

    read(1)
    waiting = MOST_BLOCKS * 0.14  # what may wait for the encoder
    assert peak_megabytes(lambda: read(20)) < peak_megabytes(lambda: read(1)) + waiting + 2


def test_the_index_of_a_ten_hour_audiobook_fits_into_little_memory(tmp_path: Path) -> None:
    frame, count = bytes(170), 10 * 3600 * RATE // 1024

    def make() -> None:
        with (tmp_path / "part").open("wb+") as file:
            writer = mp4.Mp4Writer(file, RATE, b"\x13\x08")
            for _ in range(count):
                writer.add(frame)
            writer.close(count * 1024 - 1500)
        dress(tmp_path / "part", tmp_path / "b.m4b", "m4b", TAGS, CHAPTERS)

    assert peak_megabytes(make) < 30
    with av.open(str(tmp_path / "b.m4b")) as container:
        stream = container.streams.audio[0]
        assert stream.frames == count
        assert Fraction(container.duration, av.time_base) == pytest.approx((count * 1024 - 1500) / RATE, abs=0.001)
        container.seek(9 * 3600 * av.time_base)
        packet = next(container.demux(stream))
        assert packet.size == 170 and float(packet.pts * packet.time_base) == pytest.approx(9 * 3600, abs=0.1)
