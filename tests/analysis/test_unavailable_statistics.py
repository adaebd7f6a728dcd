"""A run holds statistics that only some models or utterances have."""

import numpy as np
import pytest
import torch
from torch import nn

from otoscope import analyze, wrap
from otoscope.errors import InputError
from otoscope.results import heads_table
from otoscope.runs.options import SpeechOptions


class Between(nn.Module):
    """Attention with a layer norm between contexts and projection."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
        self.norm = nn.LayerNorm(16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part(x).unflatten(-1, (2, 8)).transpose(1, 2) for part in (self.q, self.k, self.v))
        context = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + self.o(self.norm(context))


def frames(wave: np.ndarray) -> torch.Tensor:
    return 30 * torch.from_numpy(wave).unfold(0, 160, 160)[:, :16]


def test_a_run_says_what_it_lacks_and_why(tmp_path):
    torch.manual_seed(0)
    encoder = wrap(Between(), samples_per_frame=160, inputs=frames, name="between")
    run = analyze(encoder, "bundled", tmp_path / "run", options=SpeechOptions(limit=1))
    reason = "no linear layer is given the contexts of its heads as they are"
    assert run.dataset.attrs["not_measured"] == dict.fromkeys(["attention_norm", "norm_verticality"], reason)
    assert "attention_norm" not in run.heads
    with pytest.raises(InputError, match=f"attention_norm was not measured of between: {reason}"):
        heads_table(run, "attention_norm")


def test_norms_and_silence_stand_in_a_run_of_labelled_speech(tmp_path):
    run = analyze("bundled", "bundled", tmp_path / "run", options=SpeechOptions(limit=2))
    assert run.dataset.attrs["not_measured"] == {}
    for name in ("attention_norm", "norm_verticality", "normalised_entropy", "sink_silence_share"):
        assert run.heads[name].notna().all()
        assert name in heads_table(run, name)
    silent, all_sinks = (run.dataset[f"{name}_rows"].values for name in ("sink_silence_share", "sink_share"))
    defined = ~np.isnan(silent)
    assert defined.any()
    assert (silent[defined] <= all_sinks[defined] + 1e-6).all()
