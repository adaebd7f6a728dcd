"""A run of `sinks`: what it stores, prints and finds."""

import numpy as np
import pytest
import torch
from torch import nn

import otoscope
from otoscope.attention_sinks.findings import change_finding, onset_layer
from otoscope.attention_sinks.table import sinks_table
from otoscope.errors import InputError
from otoscope.results.intervals import Estimate
from otoscope.results.long_table import long_table

FOUR = otoscope.SpeechOptions(sample=4, balanced="speaker")


@pytest.fixture(scope="module")
def run(tiny_model, tmp_path_factory):
    probing = otoscope.SinkOptions(probes=("hidden-error",), seeds=1)
    folder = tmp_path_factory.mktemp("sinks") / "run"
    return otoscope.sinks(tiny_model, "bundled", folder, probing=probing, options=FOUR)


def test_shares_are_those_of_analyze(run, tiny_model, tmp_path):
    """Of a model that sees the utterance alone, sinks are those of the statistic; here from the same kind of pass."""
    measured = otoscope.analyze(tiny_model, "bundled", tmp_path / "run", options=FOUR).dataset
    np.testing.assert_allclose(run.dataset["sink_share"], measured["sink_share"], atol=1e-6)
    inside = run.dataset["place_share"].sum("place")
    np.testing.assert_allclose(inside, run.dataset["layer_share"], atol=1e-9)
    assert not run.dataset["outside_share"].any()


def test_every_number_is_printed(run):
    text = sinks_table(run.dataset)
    assert "sinks begin at one layer and stay" in text
    assert "hidden-error (relative error), sinks removed" in text
    rows = long_table(run)
    assert {"sink_share", "explained", "change", "finding"} <= set(rows["variable"])
    printed = rows[rows["variable"] == "finding"].set_index("claim")["verdict"]
    decided = run.dataset["finding"].notnull().to_series()
    assert printed.to_dict() == run.dataset["verdict"].to_series()[decided].to_dict()
    assert run.dataset["change"].sel(condition="intact").item() == 0


def test_the_run_does_not_grow_with_the_corpus(run):
    """Beyond the coordinates of utterances, no variable has a value of each utterance."""
    assert not [name for name, variable in run.dataset.data_vars.items() if "utterance" in variable.dims]


def test_measures_that_a_model_does_not_allow_are_named(tmp_path):
    """A module of plain torch returns no hidden states of its layers: everything else is measured."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 2, 24, batch_first=True)
    module = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()

    def frames(wave):
        return torch.from_numpy(wave).unfold(0, 16, 160)[: len(wave) // 160]

    encoder = otoscope.wrap(module, samples_per_frame=160, inputs=frames)
    run = otoscope.sinks(encoder, "bundled", tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    of_states = ["hidden_ratio", "massive_activations", "outlier_dimensions", "peak_ratio"]
    assert run.dataset.attrs["undefined"] == of_states
    assert f"not defined for this model: {', '.join(of_states)}\n" in sinks_table(run.dataset)
    drawn = otoscope.draw(run.path, tmp_path / "figures", otoscope.RenderOptions(["svg"]))
    assert [path.name for path in drawn] == ["sinks.svg"]


def test_a_probe_that_lacks_its_labels_is_refused_first(tiny_model, tmp_path):
    with pytest.raises(InputError, match="expected one of the probes"):
        otoscope.sinks(tiny_model, "bundled", tmp_path / "run", probing=otoscope.SinkOptions(probes=("sinks",)))
    assert not (tmp_path / "run").exists()


def test_no_change_holds_only_where_the_interval_is_narrow():
    for spread, verdict in ((1e-4, "holds"), (0.5, "undecided")):
        change = Estimate(np.array(0.001), {"speaker": 0.001 + spread * np.array([-1.0, 0.0, 1.0])})
        assert change_finding("phone", "sinks removed", change).verdict == verdict
    lower = Estimate(np.array(-0.2), {"speaker": np.array([-0.21, -0.2, -0.19])})
    assert change_finding("phone", "sinks removed", lower).verdict == "does not hold"


def test_sinks_begin_at_the_first_layer_with_half_of_the_largest_share():
    assert onset_layer(np.array([[0.3, 0.1, 0.2], [0.0, 0.1, 0.9]])).tolist() == [0, 2]
