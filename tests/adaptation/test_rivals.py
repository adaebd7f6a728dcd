"""Rivals change the model within `gates()` alone, start from the original, and learn what their names say."""

from pathlib import Path

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.rivals import RIVALS, Rival
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow

TOKENS = torch.tensor([[1, 5, 6]])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_transcriber(tmp_path_factory.mktemp("rivals"), seconds=2)


def logits(model: GatedModel) -> Tensor:
    features = torch.rand(1, 16, 200, generator=torch.Generator().manual_seed(0))
    output: Tensor = model.source.whole(features, decoder_input_ids=TOKENS).logits
    return output


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.id)
def test_a_rival_is_the_original_until_it_is_learned_and_outside_its_block(rival: Rival, folder: Path) -> None:
    original = logits(make_gated_model(read_source(folder), "decoder"))
    model = rival.make(make_gated_model(read_source(folder), "decoder"))
    with model.gates():
        torch.testing.assert_close(logits(model), original)
        loss = logits(model).square().sum()
    loss.backward()  # outside of the block, as the search does
    assert all(weight.grad is not None for weight in model.parameters)
    assert any(weight.grad.abs().max() > 0 for weight in model.parameters)
    assert not any(
        weight.requires_grad for name, weight in model.source.whole.named_parameters() if "encoder.layers" in name
    )
    with torch.no_grad():
        for weight in model.parameters:
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
        with model.gates():
            assert (logits(model) - original).abs().max() > 1e-3
        torch.testing.assert_close(logits(model), original)


def test_all_weights_of_the_attention_are_as_many_as_those_of_its_projections(folder: Path) -> None:
    model = next(rival for rival in RIVALS if rival.id == "weights").make(
        make_gated_model(read_source(folder), "decoder")
    )
    decoder = model.source.whole.get_decoder()
    weights = [w for name, w in decoder.named_parameters() if "attn" in name and name.endswith("proj.weight")]
    assert sum(weight.numel() for weight in model.parameters) == sum(weight.numel() for weight in weights)


def test_a_weight_that_is_learned_equals_the_changed_weight(folder: Path) -> None:
    """The difference of a projection is added to its weight by hand."""
    model = next(rival for rival in RIVALS if rival.id == "weights").make(
        make_gated_model(read_source(folder), "decoder")
    )
    (module, difference), *_ = model.differences.items()
    with torch.no_grad():
        difference.copy_(torch.randn(difference.shape, generator=torch.Generator().manual_seed(0)))
        with model.gates():
            hooked = logits(model)
        module.weight += difference
        torch.testing.assert_close(logits(model), hooked)
