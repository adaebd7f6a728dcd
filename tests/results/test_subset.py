"""The part of a run has the numbers of a run of these utterances alone."""

import numpy as np
import pandas as pd
import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.results.conditions import fulfils
from otoscope.results.long_table import long_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run") / "run", layers=2, heads=2, utterances=6, n_heads=[2, 1])


def test_means_of_a_part_are_those_of_its_rows(run):
    part = run.where("speaker=voice-1,frames>45")
    chosen = ((run.utterances["speaker"] == "voice-1") & (run.utterances["frames"] > 45)).to_numpy()
    assert 1 < chosen.sum() < len(chosen)
    for name in ("weight", "verticality"):
        expected = run.dataset[f"{name}_rows"].values[chosen].mean(axis=0)
        assert part.dataset[name].values == pytest.approx(expected, nan_ok=True)
    assert list(part.utterances.index) == list(run.utterances.index[chosen])
    assert len(part.heads) == 3


def test_all_utterances_are_the_run_itself(run):
    whole = run.where("frames>0")
    others = ("category_agreement", *(f"{name}_{end}" for name in run.dataset for end in ("low", "high")))
    shared = [name for name in whole.heads if name in run.heads and name not in others]
    pd.testing.assert_frame_equal(whole.heads[shared], run.heads[shared], check_dtype=False)


@pytest.mark.parametrize(
    ("condition", "message"),
    [("dialect=dr1", "expected a column"), ("frames>zero", "a number"), ("frames", "gender=f"), ("frames>999", "none")],
)
def test_a_wrong_condition_is_an_error(run, condition, message):
    with pytest.raises(InputError, match=message):
        run.where(condition)


def test_unknown_values_fulfil_no_condition():
    table = pd.DataFrame({"gender": ["f", "", "m"], "age": [np.nan, 3.0, 40.0]})
    assert fulfils(table, "gender!=f").tolist() == [False, False, True]
    assert fulfils(table, "age<=40").tolist() == [False, True, True]
    assert fulfils(table, "age!=3, gender=m").tolist() == [False, False, True]


def test_the_long_table_has_a_row_for_each_utterance_head_and_statistic(run):
    table = long_table(run)
    assert list(table) == ["utterance", "speaker", "layer", "head", "statistic", "value"]
    statistics = [name for name in run.dataset.attrs["statistics"] if f"{name}_rows" in run.dataset]
    assert len(table) == 6 * 3 * len(statistics)
    row = table[(table["statistic"] == "weight") & (table["layer"] == 1)].iloc[2]
    assert row["value"] == run.dataset["weight_rows"].sel(utterance=row["utterance"], layer=1, head=0)
