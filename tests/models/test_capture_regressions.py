"""Traps of transformers that would give wrong numbers without an error; each is shown, then shown avoided."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.slow_attention import fresh, slow
from tests.helpers.tiny_models import noise
from transformers import AttentionInterface, AttentionMaskInterface, AutoFeatureExtractor, AutoModel

from otoscope.attention.call import handle_attention
from otoscope.attention.hf_capture import NAME, attention_function, mask_function
from otoscope.models.encoder import Encoder
from otoscope.models.load import load

WAVES = [noise(1.2), noise(0.6, seed=1)]
UNMASKED = "attention_without_its_mask_function"


@pytest.fixture
def without_mask_function() -> Iterator[str]:
    """Our attention function under a name that has no mask function."""
    AttentionInterface.register(UNMASKED, attention_function)
    yield UNMASKED
    AttentionInterface._global_mapping.pop(UNMASKED)


def padded(model: Any, folder: Path) -> torch.Tensor:
    """Hidden states of the shorter wave in a padded batch."""
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(WAVES, sampling_rate=16000, padding=True, return_attention_mask=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(inputs[model.main_input_name].double(), attention_mask=inputs["attention_mask"])
    return hidden.last_hidden_state[1]


@pytest.mark.parametrize("family", ["mockingjay", "wav2vec2-layer", "hubert-layer", "unispeech-sat"])
def test_without_its_mask_function_a_registered_attention_sees_padding(
    folders: dict[str, Path], family: str, without_mask_function: str
) -> None:
    """The mask is None, padding is attended to, nothing is raised: so both are registered under one name."""
    assert NAME in AttentionMaskInterface._global_mapping
    assert AttentionMaskInterface._global_mapping[NAME] is mask_function
    expected = slow(folders[family], WAVES[1]).hidden
    model = fresh(folders[family])
    model.set_attn_implementation(NAME)
    assert relative(padded(model, folders[family])[: len(expected)].numpy(), expected) < 1e-12
    model.set_attn_implementation(without_mask_function)
    assert relative(padded(model, folders[family])[: len(expected)].numpy(), expected) > 1e-2


@pytest.mark.parametrize("family", ["wav2vec2-layer", "hubert-group", "data2vec-audio", "unispeech-sat"])
def test_modules_that_do_not_know_their_layer_are_told_apart(folders: dict[str, Path], family: str) -> None:
    """`layer_idx` is missing in these families: layers are known by their modules."""
    encoder = load(folders[family], device="cpu", dtype="float64")
    assert not any(hasattr(layer, "layer_idx") for layer in encoder.layers)
    maps = encoder.maps(WAVES[0])
    assert sorted(maps) == [0, 1, 2]
    for layer, expected in enumerate(slow(folders[family], WAVES[0]).maps):
        assert relative(maps[layer], expected) < 1e-12


def test_wavlm_gives_the_mean_of_its_heads_for_each_head(folders: dict[str, Path]) -> None:
    """`output_attentions` is no reference here: it returns the same map for every head."""
    folder = folders["wavlm-layer"]
    model = AutoModel.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    features = AutoFeatureExtractor.from_pretrained(folder)(WAVES[0], sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        returned = model(features["input_values"].double(), output_attentions=True).attentions
    maps = load(folder, device="cpu", dtype="float64").maps(WAVES[0])
    for layer, heads in enumerate(returned):
        assert all(torch.equal(heads[0, 0], head) for head in heads[0])
        assert relative(maps[layer].mean(0), heads[0, 0].numpy()) < 1e-12
        assert relative(maps[layer][0], heads[0, 0].numpy()) > 0.1


def test_setting_an_attention_raises_nothing_where_it_is_ignored(folders: dict[str, Path]) -> None:
    """So WavLM is watched by the fallback, and the self-check counts the calls of every family."""
    model = fresh(folders["wavlm-layer"])
    model.set_attn_implementation(NAME)
    with handle_attention(lambda call: pytest.fail("WavLM's attention came through the registry after all")):
        slow(folders["wavlm-layer"], WAVES[0], model)


def test_the_relative_bias_of_wavlm_matters(folders: dict[str, Path]) -> None:
    """Else its exactness would show nothing of the bias."""
    model = fresh(folders["wavlm-layer"])
    with_bias = slow(folders["wavlm-layer"], WAVES[0], model)
    model.encoder.layers[0].attention.rel_attn_embed.weight.data.zero_()
    without = slow(folders["wavlm-layer"], WAVES[0], model)
    assert all(relative(a, b) > 0.1 for a, b in zip(with_bias.maps, without.maps, strict=True))


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask:UserWarning")  # WavLM's own, unwatched
def test_an_unwatched_model_runs_as_if_otoscope_were_not_there(encoder: Encoder, folder: Path) -> None:
    """The registered function falls back to SDPA, also on a padded batch."""
    plain = fresh(folder, attention=None)
    with torch.no_grad():
        expected = plain(**encoder.inputs(WAVES)).last_hidden_state
    if encoder.family.is_patch_grid:
        expected = expected[:, 2:].unflatten(1, (3, -1)).mean(1)  # over bands
    np.testing.assert_allclose(encoder.forward_unhooked(WAVES), expected, rtol=0, atol=1e-12)


def test_two_encoders_watched_in_two_threads_do_not_mix(folders: dict[str, Path]) -> None:
    encoders = [load(folders[family], device="cpu", dtype="float64") for family in ("hubert-layer", "wavlm-layer")]
    expected = [encoder.maps(WAVES[0]) for encoder in encoders]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda i: encoders[i % 2].maps(WAVES[0]), range(8)))
    for i, maps in enumerate(found):
        assert all(np.array_equal(maps[layer], expected[i % 2][layer]) for layer in range(3))
