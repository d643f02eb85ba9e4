"""Sound files in and out: every width, rate and container; joining and encoding in real codecs."""

from __future__ import annotations

import struct
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from vnclone.audio import files
from vnclone.audio.encode import Mp3Stream, encode
from vnclone.audio.joiner import Joiner, header
from vnclone.errors import BadInput, TooLarge, Unavailable
from vnclone.models import Clip

RATE = 24_000


def tone(seconds: float = 1.0, rate: int = RATE, hertz: float = 440.0, peak: float = 0.5) -> Clip:
    time = np.arange(round(seconds * rate)) / rate
    return Clip((peak * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def samples_directory() -> Path:
    spec = find_spec("vieneu")
    assert spec and spec.origin
    return Path(spec.origin).parent / "assets" / "samples"


def muxed(path: Path, container: str, codec: str, clip: Clip) -> Path:
    """`clip` in both channels of a stereo file of FFmpeg's `container`."""
    with av.open(str(path), "w", format=container) as sink:
        stream: Any = sink.add_stream(codec, rate=clip.sample_rate, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.stack([clip.samples, clip.samples]), format="fltp", layout="stereo")
        frame.sample_rate = clip.sample_rate
        sink.mux(stream.encode(frame))
        sink.mux(stream.encode(None))
    return path


def part(clip: Clip, start: float, end: float) -> Clip:
    return Clip(clip.samples[int(start * clip.sample_rate) : int(end * clip.sample_rate)], clip.sample_rate)


def pitch(clip: Clip) -> float:
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(len(clip.samples))))
    return float(np.argmax(spectrum) * clip.sample_rate / len(clip.samples))


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 44_100, 96_000])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_a_wav_of_any_width_and_rate_keeps_its_length_pitch_and_level(tmp_path: Path, subtype: str, rate: int) -> None:
    original = tone(0.5, rate)
    soundfile.write(tmp_path / "a.wav", original.samples, rate, subtype=subtype)
    clip = files.decode(tmp_path / "a.wav", 10)
    assert (len(clip.samples), clip.sample_rate, clip.samples.dtype.name) == (len(original.samples), rate, "float32")
    assert np.abs(clip.samples - original.samples).max() < (0.01 if subtype == "PCM_U8" else 1e-4)


def test_a_24_bit_wav_is_not_stretched(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(2).samples, RATE, subtype="PCM_24")
    assert files.decode(tmp_path / "a.wav", 10).seconds == 2
    assert files.probe(tmp_path / "a.wav") == files.SoundInfo(2.0, RATE, 1, "wav")


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("ipod", "aac", "m4a"),
        ("mp4", "aac", "m4a"),
        ("adts", "aac", "aac"),
        ("ogg", "libopus", "ogg"),
        ("webm", "libopus", "webm"),
        ("mp3", "libmp3lame", "mp3"),
        ("flac", "flac", "flac"),
        ("aiff", "pcm_s16be", "aiff"),
    ],
)
def test_what_phones_and_browsers_record_is_read_whatever_its_name(
    tmp_path: Path, container: str, codec: str, name: str
) -> None:
    path = muxed(tmp_path / "misnamed.txt", container, codec, tone(2, 48_000))
    info, clip = files.probe(path), files.decode(path, 10)
    assert (info.format, info.channels, info.sample_rate) == (name, 2, 48_000)
    assert info.duration_seconds == pytest.approx(2, abs=0.3)
    assert clip.seconds == pytest.approx(2, abs=0.1)
    assert pitch(clip) == pytest.approx(440, abs=2)
    assert np.abs(clip.samples).max() == pytest.approx(0.5, abs=0.06)


def test_a_browsers_recording_that_states_no_length_is_measured(tmp_path: Path) -> None:
    """MediaRecorder writes live WebM: no duration in the header."""
    whole = muxed(tmp_path / "a.webm", "webm", "libopus", tone(2, 48_000)).read_bytes()
    at = whole.index(b"\x44\x89\x88")  # Matroska's Duration, a float64, made into a Void element of the same size
    live = whole[:at] + b"\xec\x89" + b"\0" * 9 + whole[at + 11 :]
    (tmp_path / "live.webm").write_bytes(live)
    with av.open(str(tmp_path / "live.webm")) as container:
        assert container.duration is None
    assert files.probe(tmp_path / "live.webm").duration_seconds == pytest.approx(2, abs=0.05)


def test_all_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(1, hertz=300).samples, tone(1, hertz=500).samples
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), RATE)
    assert np.allclose(files.decode(tmp_path / "a.wav", 10).samples, (left + right) / 2, atol=1e-3)


def test_channels_that_cancel_each_other_out_do_not_silence_the_voice(tmp_path: Path) -> None:
    voice = tone(1).samples
    soundfile.write(tmp_path / "a.wav", np.stack([voice, -voice], axis=1), RATE)
    assert np.abs(files.decode(tmp_path / "a.wav", 10).samples).max() == pytest.approx(0.5, abs=0.01)


def test_a_voice_on_one_channel_alone_keeps_its_level(tmp_path: Path) -> None:
    voice = tone(1).samples
    soundfile.write(tmp_path / "a.wav", np.stack([0 * voice, voice], axis=1), RATE)
    assert np.abs(files.decode(tmp_path / "a.wav", 10).samples).max() == pytest.approx(0.5, abs=0.01)


def test_samples_that_are_no_numbers_or_far_beyond_full_scale_come_out_within_it(tmp_path: Path) -> None:
    wild = tone(1).samples * 20
    wild[100], wild[200] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", wild, RATE, subtype="FLOAT")
    samples = files.decode(tmp_path / "a.wav", 10).samples
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1
    assert np.abs(np.diff(samples)).max() < 1.2  # scaled as a whole, not squared off
    assert np.median(np.abs(samples)) == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize(
    "content",
    [
        b"Day la mot van ban. " * 500,
        b"%PDF-1.7 \n" * 300,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        bytes(10_000),
        np.random.default_rng(1).bytes(60_000),
    ],
    ids=["text", "pdf", "playlist", "concat", "zeros", "random"],
)
def test_what_is_not_sound_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    for name in ("voice.mp3", "voice.wav", "voice.flac", "voice.ac3", "voice"):
        (tmp_path / name).write_bytes(content)
        for read in (files.probe, lambda path: files.decode(path, 10)):
            with pytest.raises(BadInput) as refusal:
                read(tmp_path / name)
            assert "WAV, MP3, M4A" in refusal.value.said.vi
            assert "WAV, MP3, M4A" in refusal.value.said.en


@pytest.mark.parametrize("name", ["a.m3u8", "a.mp3"])
def test_a_playlist_cannot_play_somebody_elses_file(tmp_path: Path, name: str) -> None:
    theirs = muxed(tmp_path / "theirs.aac", "adts", "aac", tone(2, 48_000))
    entry = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{theirs}\n#EXT-X-ENDLIST\n"
    (tmp_path / name).write_text(entry)
    with pytest.raises(BadInput, match="not an audio file"):
        files.decode(tmp_path / name, 10)


def test_an_empty_file_says_that_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    for read in (files.probe, lambda path: files.decode(path, 10)):
        with pytest.raises(BadInput, match="empty"):
            read(tmp_path / "a.wav")


def test_a_video_without_sound_says_so(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w", format="mp4") as sink:
        stream = sink.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        sink.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        sink.mux(stream.encode(None))
    for read in (files.probe, lambda path: files.decode(path, 10)):
        with pytest.raises(BadInput, match="no sound"):
            read(tmp_path / "a.mp4")


def test_a_file_cut_off_before_any_sound_is_called_damaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "whole.wav", tone().samples, RATE)
    muxed(tmp_path / "whole.m4a", "ipod", "aac", tone(2, 48_000))
    for name, kept in (("whole.wav", 30), ("whole.wav", 44), ("whole.m4a", 3_000)):
        (tmp_path / "cut").write_bytes((tmp_path / name).read_bytes()[:kept])
        for read in (files.probe, lambda path: files.decode(path, 10)):
            with pytest.raises(BadInput, match="damaged"):
                read(tmp_path / "cut")


@pytest.mark.parametrize("name", ["wav", "flac", "mp3", "ogg"])
def test_a_file_cut_off_in_the_middle_gives_what_is_there(tmp_path: Path, name: str) -> None:
    codecs = {"wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame", "ogg": "libopus"}
    whole = muxed(tmp_path / "whole", name, codecs[name], tone(8, 48_000)).read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    assert 2 < files.decode(tmp_path / "cut", 10).seconds < 5


def test_damaged_packets_in_the_middle_are_skipped(tmp_path: Path) -> None:
    content = bytearray(muxed(tmp_path / "a", "adts", "aac", tone(8, 48_000)).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2_000] = np.random.default_rng(1).bytes(2_000)
    (tmp_path / "a").write_bytes(content)
    assert files.decode(tmp_path / "a", 10).seconds > 6


def test_a_recording_above_the_limit_is_too_large_and_one_at_the_limit_is_not(tmp_path: Path) -> None:
    muxed(tmp_path / "a.m4a", "ipod", "aac", tone(5, 48_000))
    assert files.decode(tmp_path / "a.m4a", 5).seconds == pytest.approx(5, abs=0.1)
    with pytest.raises(TooLarge, match=r"longer than 4 seconds"):
        files.decode(tmp_path / "a.m4a", 4)


def test_a_header_that_lies_about_its_length_is_not_believed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1).samples, RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[40:44] = struct.pack("<I", 0x7FFFFFFF)  # the data chunk claims 2 GiB
    (tmp_path / "a.wav").write_bytes(content)
    assert files.decode(tmp_path / "a.wav", 10).seconds == 1


@pytest.mark.parametrize("rate", [100, 2_000_000_000])
def test_a_header_with_an_impossible_rate_is_refused(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", tone(1).samples, RATE)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[24:28] = struct.pack("<I", rate)
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(BadInput, match=f"{rate} Hz"):
        files.decode(tmp_path / "a.wav", 10)


def test_a_written_wav_is_read_back_and_clipped_at_full_scale(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", Clip(np.array([0, 0.5, 2, -2, np.nan], np.float32), RATE))
    assert np.allclose(files.read_wav(tmp_path / "a.wav").samples, [0, 0.5, 1, -1, 0], atol=1e-4)
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_16"
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_a_damaged_or_missing_wav_of_our_own_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(BadInput):
        files.read_wav(tmp_path / "a.wav")
    with pytest.raises(FileNotFoundError):
        files.read_wav(tmp_path / "missing.wav")


def test_joined_clips_follow_each_other_with_their_pauses_and_without_a_click(tmp_path: Path) -> None:
    loud = Clip(np.full(RATE, 0.8, np.float32), RATE)
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        joiner.add(loud, 0.5)
        joiner.add(loud, 0.25)
        assert joiner.seconds == pytest.approx(2.75)
    joined = files.read_wav(tmp_path / "a.wav")
    assert joined.seconds == pytest.approx(2.75)
    assert np.abs(joined.samples[RATE : RATE + RATE // 2]).max() == 0
    assert joined.samples[RATE // 2] == pytest.approx(0.8, abs=1e-3)
    assert np.abs(np.diff(joined.samples)).max() < 0.02


def test_joining_accepts_empty_and_tiny_clips_and_no_pause(tmp_path: Path) -> None:
    with Joiner(tmp_path / "a.wav", RATE) as joiner:
        for count in (0, 1, 2, 3):
            joiner.add(Clip(np.ones(count, np.float32), RATE), 0)
    assert len(files.read_wav(tmp_path / "a.wav").samples) == 6


def test_joining_another_rate_is_an_error(tmp_path: Path) -> None:
    with Joiner(tmp_path / "a.wav", RATE) as joiner, pytest.raises(ValueError, match="48000"):
        joiner.add(tone(1, 48_000), 0)


def test_a_half_joined_file_plays_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError), Joiner(tmp_path / "a.wav", RATE) as joiner:
        joiner.add(tone(), 0)
        raise KeyError
    assert soundfile.info(tmp_path / "a.wav").frames == 0


def test_above_four_gigabytes_a_joined_file_is_rf64_that_players_read(tmp_path: Path) -> None:
    samples = 3_000_000_000
    with open(tmp_path / "a.wav", "wb") as file:  # sparse: takes no room
        file.write(header(RATE, samples))
        file.truncate(len(header(RATE, samples)) + 2 * samples)
    assert soundfile.info(tmp_path / "a.wav").frames == samples
    with av.open(str(tmp_path / "a.wav")) as container:
        assert container.streams.audio[0].duration == samples
    assert header(RATE, samples)[:4] == b"RF64"
    assert header(RATE, 1000)[:4] == b"RIFF"
    assert len(header(RATE, samples)) == len(header(RATE, 1000))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_plain_words() -> None:
    with pytest.raises(Unavailable, match="disk is full"), Joiner(Path("/dev/full"), RATE) as joiner:
        joiner.add(tone(20), 0)


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000])
@pytest.mark.parametrize("name", ["mp3", "wav", "flac", "m4a", "m4b"])
def test_every_format_plays_the_same_sound_and_carries_vietnamese_tags(tmp_path: Path, name: str, rate: int) -> None:
    files.write_wav(tmp_path / "a.wav", tone(3, rate))
    tags = {"title": "Nghị định số 45", "artist": "Giọng của Đoan", "comment": "Giọng tổng hợp"}
    encode(tmp_path / "a.wav", tmp_path / "b", name, tags)
    clip = files.decode(tmp_path / "b", 10)
    assert clip.sample_rate == rate
    assert clip.seconds == pytest.approx(3, abs=0.1)
    assert pitch(clip) == pytest.approx(440, abs=2)
    with av.open(str(tmp_path / "b")) as container:
        assert {name: container.metadata.get(name) for name in tags} == tags
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b"]


def test_a_rate_that_mp3_does_not_have_is_resampled(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", tone(2, 20_000))
    encode(tmp_path / "a.wav", tmp_path / "a.mp3", "mp3", {})
    clip = files.decode(tmp_path / "a.mp3", 10)
    assert clip.sample_rate == 22_050
    assert clip.seconds == pytest.approx(2, abs=0.05)
    assert pitch(clip) == pytest.approx(440, abs=2)


def test_speech_in_mp3_takes_half_a_megabyte_a_minute(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", tone(10))
    encode(tmp_path / "a.wav", tmp_path / "a.mp3", "mp3", {})
    assert (tmp_path / "a.mp3").stat().st_size == pytest.approx(64_000 / 8 * 10, rel=0.05)


def test_an_audiobook_carries_its_chapters(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", tone(4))
    encode(tmp_path / "a.wav", tmp_path / "a.m4b", "m4b", {}, [("Chương một", 0.0), ("Chương hai", 2.5)])
    with av.open(str(tmp_path / "a.m4b")) as container:
        chapters: list[Any] = list(container.chapters())
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["Chương một", "Chương hai"]
    assert [float(chapter["start"] * chapter["time_base"]) for chapter in chapters] == [0.0, 2.5]
    assert float(chapters[-1]["end"] * chapters[-1]["time_base"]) == pytest.approx(4.0)


def test_an_unknown_format_lists_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="mp3, wav, flac, m4a, m4b"):
        encode(tmp_path / "a.wav", tmp_path / "b", "wma", {})


def test_a_failed_encoding_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(BadInput, match="damaged"):
        encode(tmp_path / "a.wav", tmp_path / "b.mp3", "mp3", {})
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("rate", [16_000, 24_000, 48_000, 20_000])
def test_streamed_pieces_in_a_row_are_one_playable_mp3(tmp_path: Path, rate: int) -> None:
    stream = Mp3Stream(rate)
    first = stream.feed(tone(1, rate))
    rest = stream.silence(2.5) + stream.feed(tone(1, rate, hertz=880)) + stream.finish()
    (tmp_path / "a.mp3").write_bytes(first + rest)
    clip = files.decode(tmp_path / "a.mp3", 10)
    assert len(first) > 4_000  # most of the first second is out before the second clip is made
    assert clip.seconds == pytest.approx(4.5, abs=0.15)
    assert pitch(part(clip, 0.2, 0.9)) == pytest.approx(440, abs=3)
    assert np.abs(part(clip, 1.5, 3.2).samples).max() < 0.01
    assert pitch(part(clip, 3.7, 4.4)) == pytest.approx(880, abs=3)
    assert stream.finish() == b""


def test_streaming_takes_empty_clips_and_refuses_another_rate() -> None:
    stream = Mp3Stream(RATE)
    assert stream.feed(Clip(np.zeros(0, np.float32), RATE)) == b""
    assert stream.silence(0) == b""
    with pytest.raises(ValueError, match="48000"):
        stream.feed(tone(1, 48_000))


def test_two_streams_in_two_threads_do_not_mix(tmp_path: Path) -> None:
    """An engine's pool encodes for several listeners at once."""
    made: dict[int, bytes] = {}

    def make(hertz: int) -> None:
        stream = Mp3Stream(RATE)
        made[hertz] = b"".join(stream.feed(tone(0.5, hertz=hertz)) for _ in range(6)) + stream.finish()

    threads = [threading.Thread(target=make, args=(hertz,)) for hertz in (300, 900)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for hertz, content in made.items():
        (tmp_path / "a.mp3").write_bytes(content)
        assert pitch(files.decode(tmp_path / "a.mp3", 10)) == pytest.approx(hertz, abs=3)


def test_real_recordings_of_the_voice_package_are_read() -> None:
    paths = sorted(samples_directory().glob("*.wav"))
    assert len(paths) >= 5
    for path in paths:
        assert files.decode(path, 300).seconds == pytest.approx(files.probe(path).duration_seconds)
