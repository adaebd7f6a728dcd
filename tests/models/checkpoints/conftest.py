"""Tiny models of transformers, from which checkpoints of other toolkits are made."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.helpers.model_fixtures import folders

from otoscope.models.checkpoints.convert import convert
from otoscope.models.tiny_models import LAYERS, SHAPE, convolutional_model, randomize_weights

__all__ = ["folders"]

SEVEN = {"conv_dim": [32] * 7, "conv_kernel": [10, 3, 3, 3, 3, 2, 2], "conv_stride": [5, 2, 2, 2, 2, 2, 2]}


@pytest.fixture
def converted(tmp_path: Path) -> Any:
    """Save the contents of a checkpoint, and return the folder that `convert` writes."""

    def write(states: Any, **options: Any) -> Path:
        torch.save(states, tmp_path / "original.pt")
        return convert(tmp_path / "original.pt", tmp_path / "model", **options)

    return write


@pytest.fixture(scope="session")
def tiny() -> Any:
    """Make a tiny model whose convolutions have the sizes of published models."""

    def make(name: str, **options: Any) -> Any:
        torch.manual_seed(0)
        model = randomize_weights(convolutional_model(name, **SEVEN | options)[0]).eval()
        assert model.config.num_hidden_layers == LAYERS == SHAPE["num_hidden_layers"]
        return model

    return make


@pytest.fixture
def assert_same_output() -> Any:
    """Check that a folder's model has the weights and the output of a model, to the last bit."""
    from transformers import AutoModel

    def check(folder: Path, model: Any) -> None:
        read = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
        samples = torch.randn(1, 4000, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            output, expected = (each(samples).last_hidden_state for each in (read, model))
        assert torch.equal(output, expected)

    return check
