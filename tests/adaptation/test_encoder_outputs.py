"""Outputs of a frozen encoder are computed once for a wave, and are those of the model that made them."""

from pathlib import Path

import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import encoder_outputs, gated_model
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.material import Material, Role
from otoscope.refinement.source_model import read_source

pytestmark = pytest.mark.slow


def test_a_second_search_computes_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = save_transcriber(tmp_path / "model", seconds=2)
    counts: list[int] = []
    encode = encoder_outputs.encode_waves
    monkeypatch.setattr(
        encoder_outputs,
        "encode_waves",
        lambda transcriber, waves: counts.append(len(waves)) or encode(transcriber, waves),
    )

    def encoded(seeds: list[int]) -> list[torch.Tensor]:
        model = gated_model.make_gated_model(read_source(folder), "decoder")
        model.outputs = make_encoder_outputs(tmp_path / "outputs", model.transcriber)
        waves = [noise(0.4, seed=seed) for seed in seeds]
        names = [str(seed) for seed in seeds]
        return model.encoded(Material("m", names, waves, names, names, [Role.train] * len(seeds)))

    first, second = encoded([0, 1, 2]), encoded([2, 3])
    assert counts == [3, 1]
    torch.testing.assert_close(second[0], first[2], rtol=0, atol=0)
    second[0].add_(1)
    torch.testing.assert_close(encoded([2])[0], first[2], rtol=0, atol=0)
    torch.testing.assert_close(second[1], encode_alone(folder, 3), rtol=0, atol=1e-5)


def encode_alone(folder: Path, seed: int) -> torch.Tensor:
    model = gated_model.make_gated_model(read_source(folder), "decoder")
    inputs = model.transcriber.inputs([noise(0.4, seed=seed)])
    with torch.inference_mode():
        hidden: torch.Tensor = model.source.whole.get_encoder()(**inputs).last_hidden_state[0]
    return hidden
