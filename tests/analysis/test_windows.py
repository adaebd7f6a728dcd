"""Long audio in windows, and audio that would not fit."""

import numpy as np
import pytest
import torch
from lhotse import CutSet
from lhotse.utils import fastcopy

import otoscope
from otoscope import bundled
from otoscope.analysis.shards import measure_batch
from otoscope.analysis.stored_maps import ensure_maps
from otoscope.corpus import read_corpus
from otoscope.corpus.windows import windowed
from otoscope.errors import InputError
from otoscope.models import memory
from otoscope.models.load import load
from otoscope.results.summary import summary
from otoscope.statistics import STATISTICS


@pytest.fixture(scope="module")
def in_windows(tmp_path_factory):
    """Two utterances of 3 to 4 s in windows of 2 s."""
    return otoscope.analyze(
        "bundled",
        "bundled",
        tmp_path_factory.mktemp("windows") / "run",
        window=2.0,
        options=otoscope.SpeechOptions(limit=2),
    )


def test_windows_are_measured_as_utterances_of_their_own_and_named(in_windows):
    """Each equals its part of the audio measured alone; the run says what was done."""
    whole = list(read_corpus(bundled.speech()))[:2]
    expected = windowed(whole, 2.0)
    assert list(in_windows.utterances.index) == [cut.id for cut in expected]
    assert in_windows.plan["corpus"]["window"] == 2.0
    assert (in_windows.dataset.attrs["window"], in_windows.dataset.attrs["window_overlap"]) == (2.0, 0.5)
    assert "long ones as windows of 2 s that overlap by 0.5 s or more" in summary(in_windows)
    encoder = load("bundled", device="cpu")
    alone = measure_batch(encoder, {0: encoder.load_wave(expected[1])}, {"globalness": STATISTICS.get("globalness")})[0]
    measured = in_windows.dataset["globalness_rows"].sel(utterance=expected[1].id)
    np.testing.assert_allclose(measured, np.stack([layer["globalness"] for layer in alone.layers]), rtol=1e-5)


def test_relations_and_maps_are_those_of_windows(in_windows):
    assert "relation" in in_windows.dataset
    name = next(name for name in in_windows.utterances.index if name not in in_windows.maps)
    drawn = ensure_maps(in_windows, name).map(name)
    assert drawn["attention"].sizes["query"] == in_windows.utterances.loc[name, "frames"]
    assert float(drawn["phone_end"].max()) <= 2.0


def test_audio_that_would_not_fit_is_left_out_with_a_reason_before_the_model_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CHECK_FROM_SECONDS", 1.0)
    monkeypatch.setattr(memory, "available_memory", lambda device: 2**20)
    with pytest.raises(InputError) as refused:
        otoscope.analyze("bundled", "bundled", tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    reason = str(refused.value)
    assert "all-1" in reason
    assert "of audio at once would take bundled about" in reason
    assert "GiB of memory, and 0.0 GiB are free; analyze it in windows (--window 60)" in reason
    assert not (tmp_path / "run").exists()


def test_the_estimate_is_of_the_size_that_a_run_holds():
    """Linear in the audio, and at least the hidden states and the heads' queries, keys, values and contexts."""
    encoder = load("bundled", device="cpu")
    waves = [np.random.default_rng(0).normal(0, 0.1, seconds * 16000).astype(np.float32) for seconds in (4, 8)]
    short, long = (memory.estimate_memory(encoder, wave) for wave in waves)
    states = encoder.num_frames(waves[1]) * encoder.model.config.hidden_size * 4
    assert 5 * states <= long <= 60 * states + 2**23
    assert 1.5 <= long / short <= 2.2


def test_memory_is_that_of_the_group_where_it_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    unlimited = memory.available_memory(torch.device("cpu"))
    (tmp_path / "memory.max").write_text("3000\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert memory.available_memory(torch.device("cpu")) == 2000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available_memory(torch.device("cpu")) > unlimited / 2


def test_progress_is_told_within_an_utterance_layer_by_layer():
    encoder, seconds_done = load("bundled", device="cpu"), list[float]()
    wave = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    measure_batch(encoder, {0: wave}, {"weight": STATISTICS.get("weight")}, on_progress=seconds_done.append)
    assert seconds_done == pytest.approx([1 / encoder.n_layers] * encoder.n_layers)


def test_a_number_that_overflows_is_refused_with_its_layer(tmp_path, monkeypatch):
    """An utterance too loud for half precision, as the run sees it."""
    encoder = load("bundled", device="cpu")
    cut = fastcopy(next(iter(read_corpus(bundled.speech()))), id="loud")
    broken = encoder.layers[2].register_forward_pre_hook(
        lambda module, given: (given[0] * torch.nan, *given[1:]), with_kwargs=False
    )
    with broken, pytest.raises(InputError, match="are not finite by the attention of layer 2; check its weights"):
        otoscope.analyze(encoder, CutSet.from_cuts([cut]), tmp_path / "run")


def test_maps_of_a_wrapped_module_are_drawn_with_its_encoder(tmp_path):
    """No name loads it again: the run says so, and takes the encoder itself."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerEncoderLayer(16, nhead=2, dim_feedforward=32, batch_first=True)
    module = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    encoder = otoscope.wrap(
        module, samples_per_frame=320, inputs=lambda wave: torch.from_numpy(wave).unfold(0, 320, 320)[:, :16]
    )
    run = otoscope.analyze(encoder, "bundled", tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    name = next(name for name in run.utterances.index if name not in run.maps)
    with pytest.raises(InputError, match=r"a program wrapped, .*call otoscope\.draw in Python, and pass the encoder"):
        ensure_maps(run, name)
    assert name in ensure_maps(run, name, encoder).maps
