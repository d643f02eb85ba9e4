"""Tiny hand-wired models in VieNeu's file layout: the real package runs on them, and their sound tells what was said.

Each phoneme is a tone of one codec frame (80 ms for Turbo, 64 ms for Nano), silent for spaces and punctuation. While it
sounds, a higher tone tells the voice (the speaker embedding) and a third one the reference (its codes, or its style).
A faint fourth one is drawn by the sampler, so that another seed gives other samples.

No weight here is anybody's: every number is written below.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tiny_graph import BOOL, F32, I32, I64, Graph, tensor, value

SILENT = " .,!?;:…"  # tone 0
DROPPED = "ˈˌː\u032a-"  # marks without a sound of their own
LETTERS = "abcdefghijklmnopqrstuvwxyz" + "æðøŋœɐɑɒɓɔɕɖɗəɘɚɛɜɟɡɣɤɥɨɪɫɬɯɲɳɵɹɾʂʃʈʉʊʌʐʑʒʔʰʷθχβ" + "123456789"
EMOTIONS = tuple(f"<|emotion_{k}|>" for k in range(1, 4))
HIDDEN, HEADS, CODEBOOKS, CODES, SPEAKER = 16, 2, 16, 1024, 192
FRAME, TURBO_RATE = 3840, 48_000
NANO_FRAME, NANO_RATE, NANO_FPS = 1536, 24_000, 15.625
TONE_HZ, TONE_STEP = 300.0, 25.0  # of phoneme code c: 300 + 25 c
VOICE_HZ, VOICE_STEP = 4000.0, 50.0  # of voice code v (0 to 79)
STYLE_HZ, STYLE_STEP = 9000.0, 25.0  # of reference code r; within Nano's 12 kHz
DITHER_HZ = 150.0
TONE, VOICE, STYLE, DITHER = 0.3, 0.06, 0.06, 0.00001  # amplitudes

# What each of the 16 hidden dimensions holds.
(T_TONE, T_END, T_VOICE, T_REFERENCE, CODE, SQUARE, ONE, DRAWN, T_EOS, LEFT, RIGHT) = range(11)
PAD, UNK, STYLE_TOKEN, START, END, SPEECH, SPEECH_END, SLOT = 0, 1, 16, 17, 18, 19, 20, 21
FIRST_LETTER = 30
BABBLE = 4  # the codebook whose codes sound only when the model reads past its text


def tone_codes() -> dict[str, int]:
    """The tone of each phoneme character and emotion token; what is not in it is silent."""
    return {name: number + 1 for number, name in enumerate((*LETTERS, *EMOTIONS))}


# Turbo


def _frame_vector(g: Graph, prompt: str, index: str, last_frame: str) -> str:
    """What frame `index` (from 0) says: its prompt row's dimensions, the reference's code, whether it is the last."""
    rows = g.do("Squeeze", prompt, g.const([0], np.int64))  # (T, H)
    count = g.do("Gather", g.do("Shape", rows), g.const(0, np.int64))
    final = g.do("Sub", count, g.const(1, np.int64))
    at = g.do("Min", g.do("Add", index, g.const(2, np.int64)), final)
    row = g.do("Gather", rows, at)  # (H,)
    kept = np.zeros(HIDDEN)
    kept[[T_TONE, T_VOICE]] = 1
    end = np.zeros(HIDDEN)
    end[T_END] = 1
    reference = np.zeros((HIDDEN, HIDDEN))
    reference[CODE, T_REFERENCE] = 1
    last = g.do("MatMul", g.do("Gather", rows, final), g.const(reference))
    said = g.do("Add", g.do("Mul", row, g.const(kept)), last)
    ending = g.do("Mul", g.do("Mul", row, g.const(end)), last_frame)
    return g.do("Add", said, ending)


def _turbo_prefill(folder: Path, external: str) -> None:
    g = Graph()
    vector = _frame_vector(g, "inputs_embeds", g.const(0, np.int64), g.const(1.0))
    g.do("Add", g.do("Mul", "inputs_embeds", g.const(0.0)), vector, out="hidden")
    g.do("Unsqueeze", "inputs_embeds", g.const([0], np.int64), out="present_k_0")
    g.do("Identity", "present_k_0", out="present_v_0")
    outs = [value("hidden", F32, (1, "T", HIDDEN))]
    outs += [value(f"present_{x}_0", F32, (1, 1, "P", HIDDEN)) for x in "kv"]
    g.save(folder / "vieneu_prefill.onnx", [value("inputs_embeds", F32, (1, "T", HIDDEN))], outs, external)


def _turbo_decode(folder: Path, stops_below: float) -> None:
    """`stops_below`: a frame ends the text only if the previous frame's drawn code is below; else it babbles on."""
    g = Graph()
    prompt = g.do("Squeeze", "past_k_0", g.const([0], np.int64))  # (1, P, H)
    length = g.do("Gather", g.do("Shape", "past_k_0"), g.const(2, np.int64))
    position = g.do("Squeeze", "position_ids", g.const([0, 1], np.int64))
    index = g.do("Add", g.do("Sub", position, length), g.const(1, np.int64))
    drawn = g.do("Gather", g.do("Squeeze", "inputs_embeds", g.const([0, 1], np.int64)), g.const(DRAWN, np.int64))
    stops = g.do("Cast", g.do("Less", drawn, g.const(stops_below)), to=F32)
    vector = _frame_vector(g, prompt, index, stops)
    g.do("Add", g.do("Mul", "inputs_embeds", g.const(0.0)), vector, out="hidden")
    for x in "kv":
        g.do("Identity", f"past_{x}_0", out=f"present_{x}_0")
    past = [value(f"past_{x}_0", F32, (1, 1, "P", HIDDEN)) for x in "kv"]
    ins = [value("inputs_embeds", F32, (1, 1, HIDDEN)), value("position_ids", I64, (1, 1)), *past]
    outs = [value("hidden", F32, (1, 1, HIDDEN))]
    outs += [value(f"present_{x}_0", F32, (1, 1, "P", HIDDEN)) for x in "kv"]
    g.save(folder / "vieneu_decode_step.onnx", ins, outs)


def _acoustic_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """For each of the 17 positions: which dimension s of the frame's vector counts, and hidden = a s + b s² + k.

    Against the embedding (c, c², 1) that gives the logits -64 (c - s)²: nothing else can be sampled.
    """
    select, a, b, k = (np.zeros((CODEBOOKS + 1, HIDDEN)) for _ in range(4))
    select[0, T_END], a[0, T_EOS], k[0, T_EOS] = 1, 1000, -500
    for position in range(1, CODEBOOKS + 1):
        a[position, CODE], k[position, SQUARE], b[position, ONE] = 128, -64, -64
    for position, dimension in ((1, T_TONE), (2, T_VOICE), (3, T_REFERENCE)):
        select[position, dimension] = 1
    a[4], b[4], k[4] = 0, 0, 0
    k[4, SQUARE] = -0.002  # the drawn code: half of a bell curve
    return select, a, b, k


def _turbo_acoustic(folder: Path) -> None:
    g = Graph()
    tables = [g.const(table) for table in _acoustic_tables()]
    flat = g.do("Transpose", "past_k_0", perm=[0, 2, 1, 3])
    all_rows = g.do("Concat", g.reshape(flat, (1, -1, HIDDEN)), "token_emb", axis=1)
    first = g.reshape(g.do("Gather", all_rows, g.const(0, np.int64), axis=1), (1, 1, HIDDEN))
    select, a, b, k = (g.do("Gather", table, "position_ids") for table in tables)  # (1, n, H)
    chosen = g.do("ReduceSum", g.do("Mul", first, select), g.const([2], np.int64), keepdims=1)
    square = g.do("Mul", chosen, chosen)
    summed = g.do("Add", g.do("Mul", chosen, a), g.do("Mul", square, b))
    g.do("Add", summed, k, out="hidden")
    size = HIDDEN // HEADS
    g.do("Transpose", g.reshape(all_rows, (1, -1, HEADS, size)), perm=[0, 2, 1, 3], out="present_k_0")
    g.do("Identity", "present_k_0", out="present_v_0")
    past = [value(f"past_{x}_0", F32, (1, HEADS, "P", size)) for x in "kv"]
    ins = [value("token_emb", F32, (1, "n", HIDDEN)), value("position_ids", I64, (1, "n")), *past]
    outs = [value("hidden", F32, (1, "n", HIDDEN))]
    outs += [value(f"present_{x}_0", F32, (1, HEADS, "Q", size)) for x in "kv"]
    g.save(folder / "vieneu_acoustic_cached.onnx", ins, outs)


def _heads(folder: Path) -> None:
    """Embeddings, and the projection that turns embedding[0] (0 to 1) into a voice code of 0 to 79 despite its norm."""
    vocabulary = _vocabulary()
    text = np.zeros((len(vocabulary) + 8, HIDDEN), np.float32)
    for name, code in tone_codes().items():
        text[vocabulary[name], T_TONE] = code
    text[END, T_END], text[SPEECH_END, T_EOS] = 1, 1
    codes = np.arange(CODES, dtype=np.float32)
    audio = np.zeros((CODEBOOKS, CODES, HIDDEN), np.float32)
    audio[:, :, CODE], audio[:, :, SQUARE], audio[:, :, ONE] = codes, codes**2, 1
    audio[3, :, DRAWN], audio[BABBLE, :, T_TONE] = codes, codes
    loud = 1000.0  # two constants that dominate the layer norm's deviation make it linear in the rest
    weight, bias = np.zeros((HIDDEN, SPEAKER)), np.zeros(HIDDEN)
    weight[T_VOICE, 0], bias[LEFT], bias[RIGHT] = 1.0, loud, -loud
    gain = np.zeros(HIDDEN)
    gain[T_VOICE] = 80 * np.sqrt(2 * loud**2 / HIDDEN) / (1 - 1 / HIDDEN)
    arrays = {"xvec_w": weight, "xvec_b": bias, "xvec_ln_w": gain, "xvec_ln_b": np.zeros(HIDDEN)}
    narrow = {name: value.astype(np.float32) for name, value in arrays.items()}
    np.savez(folder / "vieneu_v3_heads.npz", text_emb=text, audio_emb=audio, xvec_ln_eps=np.float32(1e-5), **narrow)


def _vocabulary() -> dict[str, int]:
    known = {"<pad>": PAD, "<unk>": UNK, "<style>": STYLE_TOKEN, "<tps>": START, "<tpe>": END, "<sgs>": SPEECH}
    known |= {"<sge>": SPEECH_END, "<slot>": SLOT}
    known |= {f"<free{n}>": n for n in range(FIRST_LETTER) if n not in known.values()}
    return known | {name: FIRST_LETTER + n for n, name in enumerate((*LETTERS, *EMOTIONS))}


def _tokenizer(path: Path) -> None:
    """A token a character; stress and length marks are dropped, so that a syllable lasts about 0.3 s."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    made = Tokenizer(models.WordLevel(_vocabulary(), unk_token="<unk>"))
    made.normalizer = normalizers.Replace(Regex(f"[{DROPPED}]"), "")
    made.pre_tokenizer = pre_tokenizers.Split(Regex(""), "isolated")
    made.add_special_tokens(list(EMOTIONS))
    made.save(str(path))


def _turbo_config(path: Path) -> None:
    config = {
        "n_vq": CODEBOOKS,
        "hidden_size": HIDDEN,
        "num_hidden_layers": 1,
        "local_num_hidden_layers": 1,
        "local_num_attention_heads": HEADS,
        "audio_pad_token_id": CODES,
        "text_prompt_start_token_id": START,
        "text_prompt_end_token_id": END,
        "speech_generation_start_token_id": SPEECH,
        "speech_generation_end_token_id": SPEECH_END,
        "audio_ref_slot_token_id": SLOT,
        "text_vocab_size": len(_vocabulary()) + 8,
        "default_style_token_id": STYLE_TOKEN,
        "use_speaker_embedding": True,
    }
    path.write_text(json.dumps(config), "utf-8")


def _speaker_encoder(path: Path) -> None:
    """Kaldi features, normalised to a mean of zero: the centre of where they vary, 0 to 1; a constant beside it."""
    g = Graph()
    variance = g.do("ReduceMean", g.do("Mul", "input", "input"), axes=[1], keepdims=0)  # (1, 80)
    sharp = g.do("Mul", g.do("Mul", variance, variance), variance)
    bands = g.const(np.arange(80)[None] / 80)
    top = g.do("ReduceSum", g.do("Mul", sharp, bands), g.const([1], np.int64), keepdims=1)
    centre = g.do("Div", top, g.do("ReduceSum", sharp, g.const([1], np.int64), keepdims=1))
    one = g.do("Add", g.do("Mul", centre, g.const(0.0)), g.const(1.0))
    rest = g.do("Tile", g.do("Mul", one, g.const(0.0)), g.const([1, SPEAKER - 2], np.int64))
    g.do("Concat", centre, one, rest, out="output", axis=1)
    g.save(path, [value("input", F32, (1, "T", 80))], [value("output", F32, (1, SPEAKER))])


def _denoiser(path: Path) -> None:
    g = Graph()
    for name in ("mag", "cos", "sin"):
        g.do("Identity", name, out=f"sep_{name}")
    shape = (1, 841, "T")
    ins = [value(name, F32, shape) for name in ("mag", "cos", "sin")]
    g.save(path, ins, [value(f"sep_{name}", F32, shape) for name in ("mag", "cos", "sin")])


def _tone(g: Graph, code: str, first_hz: float, step: float, amplitude: float, gate: str, rate: int, size: int) -> str:
    """(T, size): a sine for each code of shape (T, 1); its frequencies are whole periods a frame, so nothing clicks."""
    hertz = g.do("Add", g.do("Mul", code, g.const(step)), g.const(first_hz))
    phase = g.do("Mul", hertz, g.const(2 * np.pi * np.arange(size)[None] / rate))
    return g.do("Mul", g.do("Mul", g.do("Sin", phase), g.const(amplitude)), gate)


def _sound(g: Graph, codes: list[str], dither: str, rate: int, size: int) -> str:
    """(T, size) of the tone, voice and reference codes (T, 1) each, and the dither's amplitude."""
    gate = g.do("Cast", g.do("Greater", codes[0], g.const(0.5)), to=F32)
    bands = ((TONE_HZ, TONE_STEP, TONE), (VOICE_HZ, VOICE_STEP, VOICE), (STYLE_HZ, STYLE_STEP, STYLE))
    tones = [_tone(g, code, *band, gate, rate, size) for code, band in zip(codes, bands, strict=True)]
    noise = _tone(g, g.do("Mul", dither, g.const(0.0)), DITHER_HZ, 0.0, DITHER, dither, rate, size)
    return g.do("Sum", *tones, noise)


def _codec_audio(g: Graph) -> str:
    """(1, 2, N) of audio_codes (1, T, 16)."""
    codes = g.do("Cast", g.do("Squeeze", "audio_codes", g.const([0], np.int64)), to=F32)
    columns = [g.do("Gather", codes, g.const([n], np.int64), axis=1) for n in range(4)]
    mono = g.reshape(_sound(g, columns[:3], columns[3], TURBO_RATE, FRAME), (1, 1, -1))
    return g.do("Concat", mono, mono, axis=1)


CODES_IN = [value("audio_codes", I32, (1, "T", CODEBOOKS)), value("audio_code_lengths", I32, (1,))]
CACHE = {"offset": ((1,), I32), "cached_keys": ((1, 1, 2), F32), "cached_values": ((1, 1, 2), F32)}
CACHE |= {"cached_positions": ((1, 2), I32)}


def _codec_full(folder: Path) -> None:
    g = Graph()
    g.do("Identity", _codec_audio(g), out="audio")
    g.do("Mul", "audio_code_lengths", g.const(FRAME, np.int32), out="audio_lengths")
    outs = [value("audio", F32, (1, 2, "N")), value("audio_lengths", I32, (1,))]
    g.save(folder / "moss_audio_tokenizer_decode_full.onnx", CODES_IN, outs, "moss_audio_tokenizer_decode_shared.data")


def _codec_step(folder: Path) -> None:
    g = Graph()
    g.do("Identity", _codec_audio(g), out="audio")
    g.do("Mul", "audio_code_lengths", g.const(FRAME, np.int32), out="audio_lengths")
    ins, outs = list(CODES_IN), [value("audio", F32, (1, 2, "N")), value("audio_lengths", I32, (1,))]
    for name, (shape, kind) in {"transformer": ((1,), I32), **CACHE}.items():
        g.do("Identity", f"{name}_in", out=f"{name}_out")
        ins.append(value(f"{name}_in", kind, shape))
        outs.append(value(f"{name}_out", kind, shape))
    g.save(folder / "moss_audio_tokenizer_decode_step.onnx", ins, outs)
    cache: dict[str, Any] = {}
    for name in CACHE:
        cache |= {f"{name}_input_name": f"{name}_in", f"{name}_output_name": f"{name}_out"}
    cache |= {"offset_shape": [1], "cache_shape": [1, 1, 2], "positions_shape": [1, 2]}
    offset = {"input_name": "transformer_in", "output_name": "transformer_out", "shape": [1]}
    meta = {"streaming_decode": {"transformer_offsets": [offset], "attention_caches": [cache]}}
    (folder / "codec_browser_onnx_meta.json").write_text(json.dumps(meta), "utf-8")


def _brightness(g: Graph, frames: str) -> str:
    """(T, 1) of (T, size): mean |difference| over mean |sample|, 0 to 100; it grows with a tone's frequency."""
    edges = [(np.int64(1), np.int64(1 << 40)), (np.int64(0), np.int64(-1))]
    later, earlier = (
        g.do("Slice", frames, g.const([a], np.int64), g.const([b], np.int64), g.const([1], np.int64)) for a, b in edges
    )
    change = g.do("ReduceMean", g.do("Abs", g.do("Sub", later, earlier)), axes=[1], keepdims=1)
    level = g.do("ReduceMean", g.do("Abs", frames), axes=[1], keepdims=1)
    ratio = g.do("Div", change, g.do("Add", level, g.const(1e-4)))
    return g.do("Clip", g.do("Mul", ratio, g.const(60.0)), g.const(0.0), g.const(100.0))


def _babble(frames: int) -> np.ndarray:
    """(frames, 1) of tones, three and a pause: what a model says that reads on, past its text, into the reference."""
    number = np.arange(frames)
    return np.asarray(((number % 4 < 3) * (10 + number * 7 % 40))[:, None], np.float32)


def _codec_encode(folder: Path) -> None:
    """One row more than the sound has frames, code 455, as the real encoder gives."""
    g = Graph()
    left = g.do("Gather", "waveform", g.const(0, np.int64), axis=1)  # (1, n)
    bright = g.do("Round", _brightness(g, g.reshape(left, (-1, FRAME))))
    mean = g.do("Round", g.do("ReduceMean", bright, axes=[0], keepdims=1))
    steady = g.do("Add", g.do("Mul", bright, g.const(0.0)), mean)  # every row tells of the whole recording
    column = g.do("Concat", steady, g.const([[455.0]]), axis=0)
    silent = g.do("Mul", column, g.const(0.0))
    count = g.do("Gather", g.do("Shape", column), g.const([0], np.int64))
    babble = g.do("Slice", g.const(_babble(110)), g.const([0], np.int64), count)
    before, after = (g.do("Tile", silent, g.const([1, n], np.int64)) for n in (BABBLE - 1, CODEBOOKS - BABBLE - 1))
    rows = g.do("Cast", g.do("Concat", column, before, babble, after, axis=1), to=I64)
    g.do("Unsqueeze", rows, g.const([0], np.int64), out="codes")
    ins = [value("waveform", F32, (1, 2, "n")), value("input_lengths", I32, (1,))]
    outs = [value("codes", I64, (1, "T", CODEBOOKS))]
    g.save(folder / "moss_audio_tokenizer_encode.onnx", ins, outs, "moss_audio_tokenizer_encode.data")


def build_turbo(folder: Path, stops_below: float = 1e6) -> None:
    """The Turbo repository: fp32 and int8 graphs (here the same), denoiser and speaker encoder at its root."""
    for name in ("onnx_update", "onnx_int8"):
        part = folder / name
        part.mkdir(parents=True)
        _turbo_prefill(part, "vieneu_backbone_shared.data")
        _turbo_decode(part, stops_below)
        _turbo_acoustic(part)
        _heads(part)
        _turbo_config(part / "config.json")
        _tokenizer(part / "tokenizer.json")
    _speaker_encoder(folder / "speaker_encoder.onnx")
    _denoiser(folder / "denoiser.onnx")
    _turbo_config(folder / "config.json")


def build_codec(folder: Path) -> None:
    """The ONNX codec's repository."""
    folder.mkdir(parents=True)
    _codec_full(folder)
    _codec_step(folder)
    _codec_encode(folder)


# Nano


def _nano_text(folder: Path) -> None:
    """ctx (1, L, 2): a phoneme's tone and the style's mean."""
    g = Graph()
    codes = np.zeros(len(_vocabulary()) + 8)
    for name, code in tone_codes().items():
        codes[_vocabulary()[name]] = code
    tone = g.do("Gather", g.const(codes), "ids")  # (1, L)
    style = g.reshape(g.do("ReduceMean", "style", keepdims=0), (1, 1))
    both = [g.do("Unsqueeze", x, g.const([2], np.int64)) for x in (tone, g.do("Add", g.do("Mul", tone, "zero"), style))]
    g.constants.append(tensor("zero", 0.0))
    g.do("Concat", *both, out="ctx", axis=2)
    ins = [value("ids", I64, (1, "L")), value("style", F32, (1, 50, 256))]
    g.save(folder / "text_encoder.onnx", ins, [value("ctx", F32, (1, "L", 2))])


def _nano_duration(folder: Path) -> None:
    """A frame a phoneme."""
    g = Graph()
    count = g.do("Cast", g.do("Gather", g.do("Shape", "ctx"), g.const([1], np.int64)), to=F32)
    seconds = g.do("Div", g.do("Sub", count, g.const(2.0)), g.const(NANO_FPS))
    g.do("Log", g.do("Max", seconds, g.const(0.01)), out="log_seconds")
    ins = [value("ctx", F32, (1, "L", 2)), value("ctx_mask", BOOL, (1, "L")), value("spk", F32, (1, SPEAKER))]
    g.save(folder / "duration_predictor.onnx", ins, [value("log_seconds", F32, (1,))])


def _nano_estimator(folder: Path, guidance: float = 3.0) -> None:
    """v = (target - x) / (1 - t) lands on the target after any number of steps; channel 3 keeps the first noise.

    Guided by `guidance` against an unconditional target of zero, the target is reached three times: it is divided.
    """
    g = Graph()
    frames = g.do("Gather", g.do("Shape", "x"), g.const(2, np.int64))
    last = g.do("Sub", g.do("Gather", g.do("Shape", "ctx"), g.const(1, np.int64)), g.const(1, np.int64))
    steps = g.do("Range", g.const(0, np.int64), frames, g.const(1, np.int64))
    index = g.do("Min", g.do("Add", steps, g.const(1, np.int64)), last)
    context = g.do("Transpose", g.do("Gather", "ctx", index, axis=1), perm=[0, 2, 1])  # (1, 2, T)
    tone, style = (g.do("Gather", context, g.const([n], np.int64), axis=1) for n in (0, 1))
    voice = g.reshape(g.do("Gather", "spk", g.const([0], np.int64), axis=1), (1, 1, 1))
    voice = g.do("Add", g.do("Mul", tone, g.const(0.0)), g.do("Mul", voice, g.const(80.0)))
    rest = g.do("Tile", g.do("Mul", tone, g.const(0.0)), g.const([1, 141, 1], np.int64))
    target = g.do("Div", g.do("Concat", tone, voice, style, rest, axis=1), g.const(guidance))
    left = g.do("Div", g.do("Sub", target, g.do("Mul", "x", g.const(_moving()))), g.do("Sub", g.const(1.0), "t"))
    g.do("Mul", left, g.const(_moving()), out="v")
    ins = [value("x", F32, (1, 144, "T")), value("t", F32, (1,)), value("ctx", F32, (1, "L", 2))]
    ins += [value("ctx_mask", BOOL, (1, "L")), value("spk", F32, (1, SPEAKER)), value("style", F32, (1, 50, 256))]
    g.save(folder / "vector_estimator.onnx", ins, [value("v", F32, (1, 144, "T"))])


def _moving() -> np.ndarray:
    moving = np.ones((1, 144, 1), np.float32)
    moving[:, 3] = 0
    return moving


def _nano_decoder(folder: Path) -> None:
    g = Graph()
    columns = [g.reshape(g.do("Gather", "x", g.const([n], np.int64), axis=1), (-1, 1)) for n in range(4)]
    codes = [g.do("Round", column) for column in columns[:3]]
    sound = _sound(g, codes, columns[3], NANO_RATE, NANO_FRAME)
    g.do("Reshape", sound, g.const((1, 1, -1), np.int64), out="wav")
    g.save(folder / "codec_decoder.onnx", [value("x", F32, (1, 144, "T"))], [value("wav", F32, (1, 1, "N"))])


def _nano_encoders(folder: Path) -> None:
    g = Graph()
    whole = g.do("Round", _brightness(g, g.reshape("audio", (1, -1))))  # (1, 1)
    samples = g.do("Gather", g.do("Shape", "audio"), g.const([2], np.int64))
    frames = g.do("Concat", g.const([1, 24], np.int64), g.do("Div", samples, g.const([256], np.int64)), axis=0)
    g.do("Expand", g.do("Unsqueeze", whole, g.const([2], np.int64)), frames, out="mu")
    g.save(folder / "codec_encoder.onnx", [value("audio", F32, (1, 1, "n"))], [value("mu", F32, (1, 24, "T"))])
    g = Graph()
    top = g.do("ReduceMax", "ref", keepdims=0)
    g.do("Expand", top, g.const((1, 50, 256), np.int64), out="style")
    ins = [value("ref", F32, (1, 144, "T")), value("ref_mask", BOOL, (1, "T"))]
    g.save(folder / "reference_encoder.onnx", ins, [value("style", F32, (1, 50, 256))])


def build_nano(folder: Path) -> None:
    """The Nano repository with its cloning graphs; the denoiser is Turbo's."""
    folder.mkdir(parents=True)
    _nano_text(folder)
    _nano_duration(folder)
    _nano_estimator(folder)
    _nano_decoder(folder)
    _nano_encoders(folder)
    _speaker_encoder(folder / "speaker_encoder.onnx")
    marks = {tag: chr(0x2460 + n) for n, tag in enumerate(EMOTIONS)}
    vocabulary = {name: n for name, n in _vocabulary().items() if len(name) == 1}
    vocabulary |= {mark: _vocabulary()[tag] for tag, mark in marks.items()} | dict.fromkeys(SILENT, UNK)
    config = {"vocab": vocabulary, "bos_id": START, "eos_id": END, "pad_id": PAD, "emotion_tags": marks}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    zeros = {"null_spk": (SPEAKER,), "null_style": (50, 256), "latent_mean": (24,)}
    arrays = {name: np.zeros(shape, np.float32) for name, shape in zeros.items()}
    np.savez(folder / "constants.npz", latent_std=np.ones(24, np.float32), latent_scale=np.float32(1), **arrays)


# Back from sound


@dataclass(frozen=True)
class Heard:
    """Read back from sound: a phoneme code a frame (0: silence), and the voice and reference codes that sounded."""

    tones: list[int]
    voices: set[int]
    references: set[int]


def heard(samples: np.ndarray, rate: int) -> Heard:
    """What a sound of these models says, whatever its level; its first sounding sample is a frame's first."""
    frame = FRAME if rate == TURBO_RATE else NANO_FRAME
    loud = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max(initial=1e-9))
    start = int(loud[0]) if len(loud) else 0
    tones: list[int] = []
    voices: set[int] = set()
    references: set[int] = set()
    for first in range(start, len(samples) - frame // 2, frame):
        part = samples[first + frame // 8 : first + 7 * frame // 8]
        if np.sqrt(np.mean(np.square(part))) < 0.02:
            tones.append(0)
            continue
        tones.append(_code(part, rate, TONE_HZ, TONE_STEP, 110))
        voices.add(_code(part, rate, VOICE_HZ, VOICE_STEP, 80))
        references.add(_code(part, rate, STYLE_HZ, STYLE_STEP, 101))
    return Heard(_without_end(tones), voices, references)


def _code(part: np.ndarray, rate: int, first_hz: float, step: float, count: int) -> int:
    size = 1 << 15
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    hertz = first_hz + step * np.arange(count)
    return int(spectrum[np.rint(hertz * size / rate).astype(int)].argmax())


def spoken(phonemes: str) -> list[int]:
    """The tone codes that `phonemes` should sound as, silences included, without those at its end."""
    for mark in DROPPED:
        phonemes = phonemes.replace(mark, "")
    codes, tones = tone_codes(), []
    for tag in EMOTIONS:
        phonemes = phonemes.replace(tag, chr(0xE000 + codes[tag]))
    for character in phonemes:
        private = ord(character) - 0xE000
        tones.append(private if 0 < private < 0x200 else codes.get(character, 0))
    return _without_end(tones)


def _without_end(tones: list[int]) -> list[int]:
    while tones and not tones[-1]:
        tones.pop()
    return tones
