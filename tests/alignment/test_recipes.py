"""Published recipes give the times of their own implementations, to 1 ms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tests.helpers.tiny_transcribers import transcriber, utterances
from transformers.generation.utils import GenerateEncoderDecoderOutput
from transformers.models.whisper.generation_whisper import _dynamic_time_warping, _median_filter

from otoscope.alignment.recipes import Source, TimeRecipe, heads_by_norm, recipe_columns, reference_recipes
from otoscope.decoders.attention_record import attention_backend
from otoscope.decoders.capture import capture_decoder

HEADS = ((0, 0), (0, 1))


def openai_times(attentions, prompt, num_frames):
    """Compute times as `find_alignment` of openai-whisper 20250625, from attention over the cropped audio."""
    weights = torch.stack([attentions[layer][0, head] for layer, head in HEADS])[..., : num_frames // 2]
    weights = weights / weights.sum(-1, keepdim=True)
    std, mean = torch.std_mean(weights, dim=-2, keepdim=True, unbiased=False)
    matrix = _median_filter((weights - mean) / std, 7).mean(0)[prompt - 1 : -1]
    text, time = _dynamic_time_warping(-matrix.double().numpy())
    jumps = np.pad(np.diff(text), (1, 0), constant_values=1).astype(bool)
    return time[jumps] * 0.02


@pytest.fixture(scope="module")
def example():
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    with torch.inference_mode(), attention_backend(tiny.model, "eager"):
        ids = torch.tensor([texts[1].ids])
        output = tiny.model(**tiny.inputs(waves[1:]), decoder_input_ids=ids, output_attentions=True, use_cache=False)
    (maps,) = capture_decoder(tiny, waves[1:], texts[1:])
    return tiny, waves[1], output.cross_attentions, maps


def test_openai(example):
    _, wave, attentions, maps = example
    times = recipe_columns(maps, TimeRecipe("published", HEADS), len(wave)) * maps.period
    expected = openai_times(attentions, len(maps.text.prompt), len(wave) // 160)
    np.testing.assert_allclose(times, expected, atol=1e-3)


def test_transformers(example):
    tiny, wave, attentions, maps = example
    prompt = len(maps.text.prompt)
    generated = GenerateEncoderDecoderOutput(
        cross_attentions=[tuple(layer[:, :, :-1] for layer in attentions)],  # no row of the last token
        sequences=torch.tensor([maps.text.ids]),
    )
    own = tiny.model._extract_token_timestamps(generated, HEADS, num_frames=len(wave) // 160, num_input_ids=prompt)[
        0
    ].numpy()
    times = recipe_columns(maps, TimeRecipe("published", HEADS, Source.transformers), len(wave)) * maps.period
    # transformers gives the end of a token: its time is that of the row that predicts the next token
    np.testing.assert_allclose(times[1:], own[prompt:-1], atol=1e-3)


def test_heads_of_another_model_are_no_part_of_the_table():
    names = [recipe.name for recipe in reference_recipes({0: 2, 1: 2}, None)]
    assert not any("published" in name for name in names)
    assert reference_recipes({0: 2, 1: 2}, None)[0].heads == ((1, 0), (1, 1))


def test_heads_by_norm_prefer_sharp_maps(example):
    _, _, _, maps = example
    sharp = dict(maps.cross)
    sharp[0, 1] = np.eye(*sharp[0, 1].shape)
    assert heads_by_norm(replace(maps, cross=sharp))[0] == (0, 1)
