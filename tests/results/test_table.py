"""Heads as text: a table that reads at 100 columns, csv and json that lose nothing."""

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.results import heads_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("tables") / "run", 11, 2)


@pytest.fixture(scope="module")
def lone(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("tables") / "lone", 1, 2, 1)


def test_csv_comes_back_exactly(run):
    text = heads_table(run, format="csv")
    assert text.startswith("layer,head,globalness,verticality,diagonality,weight,category,")
    back = list(csv.DictReader(io.StringIO(text)))
    for name, values in run.heads.items():
        kind = str if name in ("category", "shape") else _number
        np.testing.assert_array_equal([kind(row[name]) for row in back], values)


def _number(text):
    return float(text or "nan")


def test_json_comes_back_exactly_and_says_null_for_nothing(run, lone):
    records = json.loads(heads_table(run, format="json"))
    assert list(records[0]) == list(run.heads)
    assert [record["globalness"] for record in records] == run.heads["globalness"].tolist()
    assert json.loads(heads_table(lone, format="json"))[0]["globalness_low"] is None


def test_table_is_aligned_and_reads_at_100_columns(run):
    lines = heads_table(run).splitlines()
    assert len(lines) == 2 + len(run.heads) + 3
    assert lines[-2] == "± is half of the 95 % interval over 5 utterances"
    assert "stable: share of resamples of 5 utterances" in lines[-1]
    assert max(map(len, lines)) <= 100
    assert "…" not in "".join(lines)
    assert lines[0].split() == [
        "layer", "head", "globalness", "verticality", "diagonality", "category", "stable", "shape",
    ]  # fmt: skip
    assert len({line.index("±") for line in lines[2:-3]}) == 1


@pytest.mark.parametrize("view", ["relative", "categories"])
def test_every_view_reads_at_100_columns(run, view):
    assert max(map(len, heads_table(run, view=view).splitlines())) <= 100


def test_the_view_of_categories_shows_the_three_ranks_and_what_decides_on_the_shape(run):
    titles = heads_table(run, view="categories").splitlines()[0]
    assert [name for name in ("G rank", "V rank", "D rank", "shape", "by key", "by offset") if name in titles]
    assert heads_table(run, "shape", "csv") == heads_table(run, "shape", "csv", view="categories")


def test_table_says_no_interval_where_there_is_none(lone):
    text = heads_table(lone)
    assert "±" not in text
    assert "nan" not in text


@pytest.mark.parametrize("column", ["globalness", "head", "weight_low", "offset_peak_ms"])
def test_numbers_sort_from_high_to_low(run, column):
    back = pd.read_csv(io.StringIO(heads_table(run, column, "csv")))
    assert (np.diff(back[column]) <= 0).all()


def test_text_sorts_from_a_to_z_and_keeps_the_order_of_equals(run):
    back = pd.read_csv(io.StringIO(heads_table(run, "category", "csv")))
    assert back["category"].is_monotonic_increasing
    for _, group in back.groupby("category"):
        assert (group["layer"] * 2 + group["head"]).is_monotonic_increasing


def test_the_table_shows_the_column_it_is_sorted_by(run):
    assert "normalised_diagonality" not in heads_table(run)
    assert "normalised_diagonality" in heads_table(run, "normalised_diagonality")


def test_unknown_column_or_format_is_one_line(run):
    with pytest.raises(InputError, match="no column 'depth' to sort by; columns are layer, head, globalness"):
        heads_table(run, "depth")
    with pytest.raises(InputError, match="unknown format 'xml'; expected table, csv or json"):
        heads_table(run, format="xml")
