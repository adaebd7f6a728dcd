"""One map on request: a head's attention on one utterance of a corpus."""

from pathlib import Path

import numpy as np
import pytest
from lhotse.cut import MonoCut
from tests.helpers.slow_attention import slow

from otoscope import bundled
from otoscope.corpus import load_audio, read_corpus
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load


@pytest.fixture(scope="module")
def cut() -> MonoCut:
    """The first utterance of the bundled speech."""
    return read_corpus(bundled.speech())[0]


def test_a_map_is_square_and_its_rows_sum_to_one(encoder: Encoder, cut: MonoCut) -> None:
    attention = encoder.attention(cut, layer=1, head=2)
    frames = encoder.family.front_end.num_frames(encoder.model.config, cut.num_samples)
    assert attention.shape == (frames, frames)
    np.testing.assert_allclose(attention.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert attention.min() >= 0


def test_a_map_is_the_models_own(encoder: Encoder, cut: MonoCut, folder: Path) -> None:
    expected = slow(folder, load_audio(cut, 16000)).maps[2][3]
    np.testing.assert_allclose(encoder.attention(cut, layer=2, head=3), expected, rtol=0, atol=1e-12)


def test_a_map_is_one_of_maps(encoder: Encoder, cut: MonoCut) -> None:
    maps = encoder.maps(cut)
    assert [maps[layer].shape[0] for layer in range(3)] == list(encoder.n_heads)
    np.testing.assert_array_equal(encoder.attention(cut, layer=0, head=1), maps[0][1])
    assert list(encoder.maps(cut, [1])) == [1]


def test_a_map_of_a_wave_is_that_of_its_cut(encoder: Encoder, cut: MonoCut) -> None:
    wave = load_audio(cut, encoder.sampling_rate)
    np.testing.assert_array_equal(encoder.attention(wave, layer=0, head=0), encoder.attention(cut, layer=0, head=0))


def test_a_map_stands_under_the_interventions_in_force(timed: Encoder, cut: MonoCut) -> None:
    plain = timed.attention(cut, layer=2, head=0)
    distance = np.abs(np.subtract.outer(np.arange(len(plain)), np.arange(len(plain))))
    with timed.limit_span(5):
        narrow = timed.attention(cut, layer=2, head=0)
    assert not narrow[distance > 5].any()
    np.testing.assert_allclose(narrow.sum(axis=1), 1, rtol=0, atol=1e-12)
    with timed.without_heads([(0, 0)]):
        assert np.abs(timed.attention(cut, layer=2, head=0) - plain).max() > 1e-3


@pytest.mark.parametrize(
    ("layer", "head", "message"), [(3, 0, "no layer 3"), (-1, 0, "no layer -1"), (0, 4, "no head 4")]
)
def test_a_map_that_does_not_exist_is_refused(
    encoder: Encoder, cut: MonoCut, layer: int, head: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        encoder.attention(cut, layer, head)


def test_a_model_changed_after_loading_is_not_measured_in_silence(folders: dict[str, Path]) -> None:
    encoder = load(folders["hubert-group"], device="cpu")
    encoder.model.set_attn_implementation("sdpa")
    with pytest.raises(InputError, match="no longer runs the attention that was captured at load"):
        encoder.measure([np.random.default_rng(0).normal(size=16000).astype(np.float32)], ["row_max"])
