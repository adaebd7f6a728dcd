"""Published recipes give the times of their own implementations on a trained Whisper and speech, to 1 ms."""

import numpy as np
import pytest
import soundfile
import torch

from otoscope.alignment.recipes import Source, TimeRecipe, recipe_columns
from otoscope.decoders.capture import capture_decoder, decoder_text
from otoscope.decoders.transcriber import load_transcriber

pytestmark = pytest.mark.slow

OPENAI = {
    "dr1-fvmh0/sa1": [0.0, 0.78, 0.96, 1.18, 1.42, 1.66, 1.88, 2.14, 2.44, 2.68, 2.98, 3.18],
    "dr1-fvmh0/sx116": [0.0, 0.54, 0.82, 1.02, 1.16, 1.3, 1.48, 1.84],
}
"""Starts of words in seconds by `find_alignment` of openai-whisper 20250625, and the end of the last."""


@pytest.fixture(scope="module")
def transcriber(whisper):
    return load_transcriber(whisper, device="cpu")


def recipe_of(transcriber, source):
    heads = transcriber.model.generation_config.alignment_heads
    return TimeRecipe("published", tuple((layer, head) for layer, head in heads), source)


@pytest.mark.parametrize("utterance", OPENAI)
def test_openai(transcriber, corpora, utterance):
    path = corpora / "timit-sample" / utterance
    wave, _ = soundfile.read(path.with_suffix(".flac"), dtype="float32")
    words = [line.split()[2] for line in path.with_suffix(".wrd").read_text().splitlines()]
    pieces = [transcriber.tokenizer(f" {word}", add_special_tokens=False).input_ids for word in words]
    text = decoder_text(transcriber, [token for piece in pieces for token in piece])
    (maps,) = capture_decoder(transcriber, [wave], [text])
    columns = recipe_columns(maps, recipe_of(transcriber, Source.openai), len(wave))
    first = np.cumsum([0, *map(len, pieces)])
    np.testing.assert_allclose(columns[first] * maps.period, OPENAI[utterance], atol=1e-3)


@pytest.mark.parametrize("utterance", OPENAI)
def test_transformers(transcriber, corpora, utterance):
    wave, _ = soundfile.read((corpora / "timit-sample" / utterance).with_suffix(".flac"), dtype="float32")
    inputs = transcriber.extractor(wave, sampling_rate=16000, return_tensors="pt", return_attention_mask=True)
    model = load_transcriber(transcriber.name, device="cpu").model  # which this request leaves with eager attention
    with torch.inference_mode():
        own = model.generate(**inputs, return_token_timestamps=True)
    tokens, times = own["sequences"][0].tolist(), own["token_timestamps"][0].numpy()
    (maps,) = capture_decoder(transcriber, [wave], [decoder_text(transcriber, tokens)])
    columns = recipe_columns(maps, recipe_of(transcriber, Source.transformers), len(wave))
    np.testing.assert_allclose(columns[1:] * maps.period, times, atol=1e-3)  # transformers gives the end of a token
