"""A text by beams, fallback, prompt or windows is the one that the same steps give by hand, without a cache."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.helpers import tiny_transcribers
from tests.helpers.saved_transcriber import save_transcriber

from otoscope.alignment import generation
from otoscope.alignment.aligner import Aligner, Anchor, Side, align_words
from otoscope.alignment.generation import TEMPERATURES, generation_settings, transcribe
from otoscope.alignment.long_audio import words_of_audio
from otoscope.alignment.options import GenerationOptions
from otoscope.alignment.spelling import Unit
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.errors import InputError

SECONDS, STEPS, END = 2, 8, 2
FIRST_TIME = 32
"""Token of the time 0; the next is 20 ms later."""
START = [1, FIRST_TIME - 1]
"""Tokens before a text: start, and the one for no times."""
WAVE = 0.1 * np.random.default_rng(1).normal(size=24000).astype(np.float32)
LONG_WAVE = 0.1 * np.random.default_rng(2).normal(size=72000).astype(np.float32)


@pytest.fixture
def tiny(tmp_path) -> Transcriber:
    """Return a Whisper of windows of 2 s, whose texts have at most 8 tokens."""
    transcriber = load_transcriber(save_transcriber(tmp_path / "model", SECONDS), device="cpu")
    settings = transcriber.model.generation_config
    torch.manual_seed(2)
    weight = transcriber.model.proj_out.weight
    transcriber.model.proj_out.weight = torch.nn.Parameter(0.1 * torch.randn_like(weight))  # tied ones repeat a token
    settings.max_new_tokens, settings.no_timestamps_token_id = STEPS, FIRST_TIME - 1
    return transcriber


def log_probabilities(tiny: Transcriber, ids: list[int], prompt: int = len(START)) -> torch.Tensor:
    """Return those of the next token; minus infinity for tokens that the model must not write there."""
    settings = tiny.model.generation_config
    with torch.inference_mode():
        logits = tiny.model(**tiny.inputs([WAVE]), decoder_input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    values = logits.log_softmax(-1).clone()
    values[settings.suppress_tokens] = -torch.inf
    if len(ids) == prompt:
        values[settings.begin_suppress_tokens] = -torch.inf
    return values


def words_of(tiny: Transcriber, ids: list[int]) -> tuple[str, ...]:
    return tuple(tiny.tokenizer.decode(ids, skip_special_tokens=True).split())


def text(tiny: Transcriber, **options) -> tuple[str, ...]:
    (part,) = transcribe(tiny, WAVE, GenerationOptions(**options))
    assert (part.start, part.end) == (0.0, 1.5)
    return part.words


def test_beams(tiny):
    tiny.model.generation_config.suppress_tokens += [END]  # so that all beams have the same length
    beams = [(0.0, START)]
    for _ in range(STEPS):
        longer = [
            (score + float(value), [*ids, token])
            for score, ids in beams
            for token, value in enumerate(log_probabilities(tiny, ids))
        ]
        beams = sorted(longer, reverse=True)[:3]
    assert text(tiny, beams=3) == words_of(tiny, beams[0][1]) != text(tiny)


def test_a_prompt(tiny):
    prompt = [1, 7, 9, *START]
    tiny.tokenizer.get_prompt_ids = lambda text, return_tensors: torch.tensor(prompt[:-2])
    ids = list(prompt)
    while len(ids) < len(prompt) + STEPS and ids[-1] != END:
        ids.append(int(log_probabilities(tiny, ids, len(prompt)).argmax()))
    assert text(tiny, prompt="names") == words_of(tiny, ids[len(prompt) :]) != text(tiny)


def attempt(tiny: Transcriber, temperature: float) -> tuple[list[int], float, float]:
    """Return the tokens at a temperature, their mean log probability, and how much they can be compressed."""
    ids, values = list(START), []
    while len(ids) < len(START) + STEPS and ids[-1] != END:
        scores = log_probabilities(tiny, ids).log_softmax(-1)
        token = int(torch.multinomial((scores / temperature).softmax(-1), 1) if temperature else scores.argmax())
        ids, values = [*ids, token], [*values, float(scores[token])]
    packed = bytes(ids[len(START) :])
    return ids, float(np.mean(values)), len(packed) / len(zlib.compress(packed))


@pytest.mark.parametrize("place", [0, 2])
def test_fallback(tiny, monkeypatch, place):
    """The text is that of the first temperature whose mean log probability is above the threshold."""
    with torch.random.fork_rng():
        torch.manual_seed(generation.SEED)
        attempts = [attempt(tiny, temperature) for temperature in TEMPERATURES[: place + 1]]
    threshold = attempts[place][1] - 0.01
    accepted = next(ids for ids, mean, ratio in attempts if mean >= threshold and ratio <= 1.35)
    monkeypatch.setitem(generation.FALLBACK, "logprob_threshold", threshold)
    before = torch.random.get_rng_state()
    assert text(tiny, fallback=True) == words_of(tiny, accepted)
    assert torch.equal(torch.random.get_rng_state(), before)


def windows(tiny: Transcriber, wave: np.ndarray) -> list[tuple[float, float, tuple[str, ...]]]:
    """Transcribe window by window: each begins where the times of the one before end."""
    features = tiny.extractor(wave, sampling_rate=16000, return_tensors="pt", truncation=False, padding="longest")
    features, size, start, parts = features["input_features"], 100 * SECONDS, 0, []
    while start < features.shape[-1]:
        window = features[..., start : start + size]
        real = window.shape[-1]
        window = torch.nn.functional.pad(window, (0, size - real))
        ids = tiny.model.generate(window, return_timestamps=True, force_unique_generate_call=True)[0].tolist()
        ids = [token for token in ids if token not in (0, 1, END)]
        is_time = [token >= FIRST_TIME for token in ids]
        cuts = [place for place in range(1, len(ids)) if is_time[place] and is_time[place - 1]]
        ends_open = is_time[-2:] == [False, True]
        pieces = np.split(np.array(ids), [*cuts, *([len(ids)] if ends_open else [])]) if cuts else [np.array(ids)]
        pieces = pieces[: len(cuts) + ends_open] if cuts else pieces
        for piece in pieces:
            first, last = (0.02 * (int(piece[index]) - FIRST_TIME) for index in (0, -1))
            whole = not cuts and not is_time[-1]
            last = real / 100 if whole or last == 0 else last
            parts.append((start / 100 + (first if cuts else 0), start / 100 + last, words_of(tiny, piece.tolist())))
        start += real if ends_open or not cuts else 2 * (ids[cuts[-1] - 1] - FIRST_TIME)
    return [(first, min(last, len(wave) / 16000), words) for first, last, words in parts if words]


def test_long_audio(tiny):
    tiny.model.generation_config.suppress_tokens = [0, 1, 3]
    parts = transcribe(tiny, LONG_WAVE, GenerationOptions())
    expected = windows(tiny, LONG_WAVE)
    assert len(expected) > 1
    assert [part.words for part in parts] == [words for _, _, words in expected]
    np.testing.assert_allclose([(part.start, part.end) for part in parts], [pair[:2] for pair in expected], atol=1e-6)


def test_words_of_long_audio_are_those_of_its_parts_alone(tiny):
    tiny.model.generation_config.suppress_tokens = [0, 1, 3]
    anchors = {side: Anchor((0, 0), 0, 0.0) for side in Side}
    aligner = Aligner("tiny", "", Unit.character, (), anchors, {})
    vars(aligner)["transcriber"] = tiny
    words = words_of_audio(aligner, LONG_WAVE, None, GenerationOptions())
    expected = []
    for start, end, text in joined(windows(tiny, LONG_WAVE)):
        samples = slice(round(16000 * start), round(16000 * end))
        expected += [
            (word.text, word.start + start, word.end + start)
            for word in align_words(aligner, tiny, LONG_WAVE[samples], text)
        ]
    assert [word.text for word in words] == [word for word, _, _ in expected]
    np.testing.assert_allclose([(word.start, word.end) for word in words], [item[1:] for item in expected], atol=2e-3)


def joined(parts: list[tuple[float, float, tuple[str, ...]]]) -> list[tuple[float, float, tuple[str, ...]]]:
    """Join parts while they are at most 1.4 s long, and add 0.3 s at both sides."""
    groups = [list(parts[0])]
    for start, end, words in parts[1:]:
        if end - groups[-1][0] <= SECONDS - 0.6:
            groups[-1][1:] = end, groups[-1][2] + words
        else:
            groups.append([start, end, words])
    return [
        (max(start - 0.3, 0), min(min(end, start + 1.4) + 0.3, len(LONG_WAVE) / 16000), words)
        for start, end, words in groups
    ]


def test_a_model_without_a_tokenizer_cannot_write_a_text(tiny):
    with pytest.raises(InputError, match=r"expected a text, because .* cannot generate one"):
        text(replace(tiny, tokenizer=None))


@pytest.mark.parametrize("options", [{"prompt": "names"}, {"fallback": True}])
def test_models_without_a_prompt_or_a_fallback_are_refused(options):
    with pytest.raises(InputError, match=f"--{next(iter(options))}"):
        generation_settings(tiny_transcribers.transcriber("moonshine"), GenerationOptions(**options))
