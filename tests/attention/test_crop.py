"""Models that attend to more than the utterance: statistics are of its own frames, `attention_outside` of the rest."""

from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.comparison import NEEDS, relative
from tests.helpers.slow_attention import ENCODERS, fresh
from tests.helpers.tiny_models import BUILDERS, noise
from transformers import AutoFeatureExtractor

from otoscope.analysis.analyze import analyze
from otoscope.attention.reductions import Reductions
from otoscope.corpus import read_corpus
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.statistics import STATISTICS

OUTSIDE = STATISTICS.get("attention_outside")
WAVES = [noise(1.3), noise(0.7, seed=1)]
AST = "audio-spectrogram-transformer"
EXACT = 1e-12


def whole_maps(folder: Path, wave: np.ndarray) -> list[np.ndarray]:
    """Return maps of all that the model attends to, in float64, `[layer][H, n, n]`."""
    model = fresh(folder)
    inputs = AutoFeatureExtractor.from_pretrained(folder)([wave], sampling_rate=16000, return_tensors="pt")
    with torch.no_grad():
        output = model(inputs[model.main_input_name].double(), output_attentions=True)
    return [maps[0].numpy() for maps in output.attentions]


def outside(encoder: Encoder, waves: list[np.ndarray]) -> np.ndarray:
    """Return the measured share `[utterance, layer, head]`."""
    layers: dict[int, list[Reductions]] = {}
    encoder.measure(waves, NEEDS, lambda layer, reductions: layers.setdefault(layer, []).extend(reductions))
    values = [[OUTSIDE.compute(one).numpy() for one in layers[layer]] for layer in range(encoder.n_layers)]
    return np.array(values).swapaxes(0, 1)


def test_whispers_share_on_silence_is_that_of_its_whole_maps(folders: dict[str, Path]) -> None:
    encoder = load(folders["whisper"], device="cpu", dtype="float64")
    measured = outside(encoder, WAVES)
    for share, wave in zip(measured, WAVES, strict=True):
        frames = encoder.num_frames(wave)
        expected = [
            [OUTSIDE.reference(A[:frames, :frames]) for A in heads] for heads in whole_maps(folders["whisper"], wave)
        ]
        assert relative(share, np.array(expected)) < EXACT
    assert (measured > 0.05).any()


def test_the_share_on_special_tokens_and_padding_is_that_of_whole_maps(folders: dict[str, Path]) -> None:
    """Eager attention of this family rounds to float32."""
    encoder = load(folders[AST], device="cpu", dtype="float64")
    (share,) = outside(encoder, WAVES[:1])
    frames, times = encoder.num_frames(WAVES[0]), 59
    own = [2 + band * times + time for band in range(3) for time in range(frames)]
    maps = whole_maps(folders[AST], WAVES[0])
    expected = [[OUTSIDE.reference(A[np.ix_(own, own)]) for A in heads] for heads in maps]
    assert relative(share, np.array(expected)) < 1e-5


def test_grid_maps_keep_time_and_band(folders: dict[str, Path]) -> None:
    encoder = load(folders[AST], device="cpu", dtype="float64")
    grids, maps = encoder.grid_maps(WAVES[0]), encoder.maps(WAVES[0])
    frames = encoder.num_frames(WAVES[0])
    for layer, grid in grids.items():
        assert grid.shape == (4, 3, frames, 3, frames)
        np.testing.assert_allclose(grid.sum((3, 4)), 1, rtol=0, atol=1e-12)
        np.testing.assert_allclose(grid.sum(3).mean(1), maps[layer], rtol=0, atol=1e-12)
    with pytest.raises(InputError, match=r"expected a model of patches in bands and times, found .*; use maps"):
        load(folders["hubert-layer"], device="cpu").grid_maps(WAVES[0])


def test_patches_have_no_span(folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="its span cannot be limited"), load(folders[AST], device="cpu").limit_span(3):
        pass


@pytest.mark.filterwarnings("ignore:1 of the .* utterances")
def test_a_run_holds_the_share_by_head(folders: dict[str, Path], tmp_path: Path) -> None:
    from otoscope import bundled

    cuts = read_corpus(bundled.speech()).subset(first=2)
    run = analyze(load(folders["whisper"], device="cpu"), cuts, tmp_path / "run")
    assert run.dataset["attention_outside"].dims == ("layer", "head")
    assert 0 < float(run.dataset["attention_outside"].min()) < float(run.dataset["attention_outside"].max()) < 1
    assert "attention_outside" not in analyze(load(folders["hubert-group"]), cuts, tmp_path / "other").dataset


def test_each_larger_model_of_the_families_is_one_that_holds_more(folders: dict[str, Path]) -> None:
    """The tests of all families therefore cover encoders inside larger models."""
    from transformers import AutoConfig

    written_by = {AutoConfig.from_pretrained(folder).architectures[0] for folder in map(folders.__getitem__, BUILDERS)}
    assert set(ENCODERS) <= written_by
