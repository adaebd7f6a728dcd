"""Runs over disjoint utterances merge to the bits of one run over all, or are refused by name."""

from functools import partial

import numpy as np
import pytest
from tests.helpers.run_bits import same_bits

import otoscope
from otoscope import SpeechOptions
from otoscope.analysis import shards
from otoscope.analysis.stored_maps import load_run_cuts
from otoscope.errors import InputError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(tiny_model, tmp_path_factory):
    """Runs of the tiny model on bundled speech, made once for each selection, every utterance in a batch of its own.

    Which utterances share a padded batch decides the last bits of their values.
    """
    folder, runs = tmp_path_factory.mktemp("runs"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "BATCH_SECONDS", 0.1)
        yield partial(measure_once, tiny_model, folder, runs)


def measure_once(model, folder, runs, corpus="bundled", **selection):
    key = repr((str(corpus), selection))
    if key not in runs:
        options = SpeechOptions(**selection)
        runs[key] = otoscope.analyze(model, corpus, folder / str(len(runs)), options=options)
    return runs[key]


def ids(run):
    return tuple(run.utterances.index)


def merged(tmp_path, *runs):
    return otoscope.merge([run.path for run in runs], tmp_path / "merged")


def test_two_parts_of_several_speakers_give_the_bits_of_one_run(measured, tmp_path):
    whole = measured(sample=8, balanced="speaker")
    parts = [measured(utterances=ids(whole)[start::2]) for start in (0, 1)]
    joined = merged(tmp_path, *parts)
    assert same_bits(joined, whole)
    about, expected = dict(joined.dataset.attrs), dict(whole.dataset.attrs)
    assert {name: about[name] for name in expected} == expected
    assert joined.maps == whole.maps
    np.testing.assert_array_equal(joined.map(joined.maps[0]).attention, whole.map(whole.maps[0]).attention)
    assert [cut.id for cut in load_run_cuts(joined)] == list(ids(whole))


def test_runs_of_one_speaker_each_have_speakers_as_clusters(measured, tmp_path):
    """Alone, the clusters of each are utterances."""
    awb, rms = (measured(speakers=(name,), limit=2) for name in ("awb", "rms"))
    assert awb.dataset.attrs["clusters"] == "2 utterances of one speaker"
    whole = measured(utterances=ids(awb) + ids(rms))
    assert same_bits(merged(tmp_path, awb, rms), whole)
    assert whole.dataset.attrs["clusters"] == "2 speakers"


def test_parts_with_other_phones_give_the_phones_of_all(measured, tmp_path):
    whole = measured(speakers=("awb",), limit=3)
    parts = [measured(utterances=(id,)) for id in ids(whole)]
    assert len({part.dataset.sizes["key_phone"] for part in parts}) > 1
    assert same_bits(merged(tmp_path, *parts), whole)


def test_runs_without_labels_merge(measured, tmp_path):
    whole = measured(format="audio", limit=3)
    parts = [measured(format="audio", utterances=(id,)) for id in ids(whole)[::-1]]
    assert same_bits(merged(tmp_path, *parts), whole)


def test_a_merged_run_merges_again(measured, tmp_path):
    whole = measured(speakers=("awb",), limit=3)
    one, two, three = (measured(utterances=(id,)) for id in ids(whole))
    both = merged(tmp_path, three, one)
    assert same_bits(otoscope.merge([both.path, two.path], tmp_path / "all"), whole)


def test_runs_that_share_an_utterance_are_refused(measured, tmp_path):
    part, whole = measured(speakers=("awb",), limit=2), measured(speakers=("awb",), limit=3)
    with pytest.raises(InputError, match=r"disjoint utterances, found 2 in several runs: awb"):
        merged(tmp_path, part, whole)
    assert not (tmp_path / "merged").exists()


def test_runs_of_other_plans_are_refused(measured, tmp_path):
    part, other = measured(speakers=("awb",), limit=2), measured(speakers=("rms",), limit=2, dtype="float64")
    with pytest.raises(InputError, match=r"cannot be merged: .*model\.dtype is 'float32' there, 'float64' now"):
        merged(tmp_path, part, other)


def test_one_run_is_refused(measured, tmp_path):
    with pytest.raises(InputError, match="at least 2 runs"):
        merged(tmp_path, measured(speakers=("awb",), limit=2))
