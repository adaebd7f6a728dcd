"""A refined model that is saved and loaded by transformers gives what the original gives under intervention."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.helpers.refinable_models import (
    EVERYTHING,
    MEASURED,
    PATCHES,
    SOME,
    WHOLE_LAYER,
    encoder_alone,
    plain,
    relative,
)
from tests.helpers.tiny_models import noise
from transformers import AutoModel

from otoscope.attention.call import AttentionCall, handle_attention
from otoscope.attention.interventions import attend_with
from otoscope.models.load import load
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

pytestmark = pytest.mark.slow

EXACT = 1e-5
Original = Callable[[str], Path]
WAVE = noise(0.9)


@pytest.mark.parametrize(
    ("family", "heads"),
    [
        *((family, [*SOME, *WHOLE_LAYER]) for family in (*MEASURED, PATCHES)),
        *((family, EVERYTHING) for family in ("mockingjay", "wav2vec2-layer", "whisper", PATCHES)),
    ],
)
def test_removed_heads_equal_heads_without_context(
    original: Original, intact, tmp_path: Path, family: str, heads
) -> None:
    """Also a layer that loses all its heads: the bias of its output stays, and the frames pass."""
    refine(original(family), tmp_path / "out", remove=heads)
    encoder, refined = intact(family), load(tmp_path / "out", device="cpu")

    def answer(call: AttentionCall) -> torch.Tensor:
        return attend_with(encoder.intervention, call, encoder.layers.index(call.module))[0]

    inputs = encoder.inputs([WAVE])
    with encoder.without_heads(heads), handle_attention(answer), torch.inference_mode():
        expected = encoder.model(**inputs).last_hidden_state
    with torch.inference_mode():
        by_transformers = encoder_alone(AutoModel.from_pretrained(tmp_path / "out").eval())(**inputs).last_hidden_state
    assert relative(by_transformers, expected) < EXACT
    assert relative(refined.forward([WAVE]).hidden, encoder_hidden(encoder, heads)) < EXACT
    assert refined.n_heads == tuple(4 - sum(at == layer for at, _ in heads) for layer in range(3))


def encoder_hidden(encoder, heads, radius=None):
    with encoder.without_heads(heads):
        if radius is None:
            return encoder.forward([WAVE]).hidden
        with encoder.limit_span(radius):
            return encoder.forward([WAVE]).hidden


@pytest.mark.parametrize(
    ("family", "radius"),
    [
        *((family, 3) for family in MEASURED),
        *((family, radius) for family in ("mockingjay", "whisper") for radius in (1, 40, 1000)),
    ],
)
def test_a_span_equals_the_renormalised_band(
    original: Original, intact, tmp_path: Path, family: str, radius: int
) -> None:
    """Narrower and wider than a block, and than the utterance."""
    refine(original(family), tmp_path / "out", remove=SOME, options=RefinementOptions(span=radius))
    encoder, refined = intact(family), load(tmp_path / "out", device="cpu")
    expected = encoder_hidden(encoder, SOME, radius)
    assert relative(plain(tmp_path / "out", [WAVE])[:, : expected.shape[1]], expected) < EXACT
    assert relative(refined.forward([WAVE]).hidden, expected) < EXACT


@pytest.mark.parametrize("family", ["mockingjay", "wav2vec2-layer", "hubert-layer", "unispeech-sat"])
def test_padding_changes_nothing(original: Original, tmp_path: Path, family: str) -> None:
    refine(original(family), tmp_path / "out", remove=WHOLE_LAYER, options=RefinementOptions(span=7))
    waves = [noise(1.3), noise(0.7, seed=1), noise(0.2, seed=2)]
    together = plain(tmp_path / "out", waves)
    for row, wave in enumerate(waves):
        alone = plain(tmp_path / "out", [wave])[0]
        assert relative(together[row, : len(alone)], alone) < EXACT


def test_without_changes_the_model_is_the_same(original: Original, tmp_path: Path) -> None:
    refine(original("hubert-layer"), tmp_path / "out", remove=[])
    torch.testing.assert_close(plain(tmp_path / "out"), plain(original("hubert-layer")), rtol=0, atol=0)


def test_another_attention_cannot_widen_the_span(original: Original, tmp_path: Path) -> None:
    """A user who asks for eager attention must not silently get attention to all frames."""
    refine(original("hubert-layer"), tmp_path / "out", options=RefinementOptions(span=2))
    model = AutoModel.from_pretrained(tmp_path / "out", attn_implementation="eager").eval()
    wave = torch.from_numpy(WAVE)[None]
    expected = AutoModel.from_pretrained(tmp_path / "out").eval()(wave).last_hidden_state
    torch.testing.assert_close(model(wave).last_hidden_state, expected)
    model.set_attn_implementation("sdpa")
    torch.testing.assert_close(model(wave).last_hidden_state, expected)
