"""A model of a known family gives the same maps when it is wrapped as an unknown module, with eager attention."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.tiny_models import noise
from torch import Tensor, nn
from transformers import AutoModel

from otoscope.models.load import load
from otoscope.models.wrap import ModuleOptions, wrap

WAVE = noise(0.3)


class WaveModel(nn.Module):
    """A transformers model without a padding mask."""

    def __init__(self, model: nn.Module) -> None:
        """See the class."""
        super().__init__()
        self.model = model

    def forward(self, waves: Tensor) -> Tensor:
        """Return the final hidden states."""
        return self.model(waves).last_hidden_state


@pytest.mark.parametrize("name", ["hubert-layer", "wav2vec2-conformer-relative", "wavlm-layer", "sew-d"])
def test_wrapped_and_loaded_models_have_the_same_maps(folders: dict[str, Path], name: str) -> None:
    expected = load(folders[name], device="cpu", dtype="float64")
    model = AutoModel.from_pretrained(folders[name], dtype=torch.float64, attn_implementation="eager")

    def inputs(wave: np.ndarray) -> Tensor:
        return expected.inputs([wave])["input_values"][0]

    encoder = wrap(
        WaveModel(model),
        samples_per_frame=expected.frame_period * 16000,
        inputs=inputs,
        options=ModuleOptions(
            frames=lambda samples: expected.family.front_end.num_frames(expected.model.config, samples)
        ),
    )
    maps = expected.maps(WAVE)
    assert encoder.n_heads == expected.n_heads
    for layer, attn_hqk in encoder.maps(WAVE).items():
        assert relative(attn_hqk, maps[layer]) < 1e-10
