"""OpenAI Whisper's files become the same encoder and decoder."""

import os
from pathlib import Path

import pytest
import torch
from tests.helpers.original_checkpoints import original_names, whisper_states
from transformers import AutoFeatureExtractor, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from otoscope.errors import InputError
from otoscope.models.checkpoints.builtin.whisper import build
from otoscope.models.checkpoints.source import Checkpoint
from otoscope.models.families import find_family
from otoscope.models.load import load
from otoscope.models.tiny_models import DECODER, TOKENS, WHISPER, build_tiny_model

MODELS = Path(os.environ.get("OTOSCOPE_MODELS", Path(__file__).parents[4] / "shared" / "models"))
REAL = MODELS / "whisper-tiny.en"


@pytest.fixture(scope="module")
def tiny_whisper():
    """A tiny Whisper with an encoder and a decoder of one number of feed-forward units, as OpenAI's have."""
    sizes = {"decoder_ffn_dim": 192, "encoder_ffn_dim": 192, "max_target_positions": 10}
    config = WhisperConfig(**WHISPER | DECODER | TOKENS | sizes)
    family = find_family("whisper")
    assert family is not None
    extractor = WhisperFeatureExtractor(feature_size=16, chunk_length=6)
    return build_tiny_model(family, lambda: (WhisperForConditionalGeneration(config), extractor))[0].eval()


def assert_equal(folder: Path, model: WhisperForConditionalGeneration) -> None:
    read = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).state_dict()
    expected = model.state_dict()
    assert read.keys() == expected.keys()
    assert all(torch.equal(read[key], expected[key]) for key in expected)


def test_a_converted_model_has_every_weight_of_the_original(converted, tiny_whisper):
    folder = converted(whisper_states(tiny_whisper))
    assert_equal(folder, tiny_whisper)
    encoder = load(folder, device="cpu")
    assert (encoder.family.model_type, encoder.n_layers, set(encoder.n_heads)) == ("whisper", 3, {4})
    assert (encoder.extractor.feature_size, encoder.extractor.chunk_length) == (16, 6)


def test_the_real_model_comes_back_to_the_last_bit(converted):
    if not REAL.is_dir():
        pytest.skip(f"no real Whisper model in {REAL}")
    model = WhisperForConditionalGeneration.from_pretrained(REAL, dtype=torch.float32)
    folder = converted(whisper_states(model))
    assert_equal(folder, model)
    read, original = (AutoFeatureExtractor.from_pretrained(path).to_dict() for path in (folder, REAL))
    assert read.keys() == original.keys()
    assert all(read[key] == original[key] for key in read if key != "mel_filters")


def test_every_weight_of_a_published_model_has_a_place(tmp_path):
    dims = {"n_mels": 80, "n_vocab": 51864, "n_audio_ctx": 1500, "n_audio_state": 384, "n_audio_head": 6}
    dims |= {"n_audio_layer": 4, "n_text_ctx": 448, "n_text_state": 384, "n_text_head": 6, "n_text_layer": 4}
    weights = original_names("whisper-tiny-en")
    config = build(Checkpoint(tmp_path, {"dims": dims, "model_state_dict": weights}))[0].config
    assert (config.encoder_layers, config.eos_token_id, config.decoder_start_token_id) == (4, 50256, 50257)


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ({"n_audio_layer": 0}, "expected n_audio_layer from 1 to 1000 in 'dims', found 0"),
        ({"n_audio_layer": 10**9}, "expected n_audio_layer from 1 to 1000"),
        ({"n_mels": "80"}, "expected n_mels from 1 to 1000000 in 'dims', found '80'"),
        ({"n_text_state": 24}, "expected an encoder and a decoder of one width, found 48 and 24"),
        ({"n_audio_head": 5}, "settings that no model has"),
        ({"n_audio_layer": 2}, "has 15 weights that its model has no place for"),
        ({"n_audio_layer": 4}, "lacks 15 weights of its model"),
        ({"n_vocab": 30}, "has weights of another shape"),
    ],
)
def test_sizes_that_do_not_belong_to_the_weights_are_refused(converted, tiny_whisper, dims, message):
    states = whisper_states(tiny_whisper)
    states["dims"] |= dims
    with pytest.raises(InputError, match=message) as refused:
        converted(states)
    assert "\n" not in str(refused.value)
