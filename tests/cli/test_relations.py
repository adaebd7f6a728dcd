"""`otoscope relations` and `otoscope heads --operations`: the same in a table, csv and json; bad input is one line."""

import csv
import io
import json

import pytest
from tests.helpers.synthetic_run import make_run

import otoscope
from otoscope.relations.tables import head_operations, pairs


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("relations") / "run", 2, 3, 4, related=True).path


def test_relations_as_csv_and_json_hold_every_pair(otoscope_command, run):
    expected = pairs(otoscope.open_run(run), 1, 2)
    status, out, _ = otoscope_command("relations", run, "--layer", 1, "--head", 2, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert [float(row["relation"]) for row in rows] == expected["relation"].tolist()
    _, out, _ = otoscope_command("relations", run, "--layer", 1, "--head", 2, "--format", "json")
    assert [row["query_phone"] for row in json.loads(out)] == expected["query_phone"].tolist()


def test_relations_as_a_table_have_a_row_for_each_phone(otoscope_command, run):
    all_phones = ("--min-share", 0, "--min-utterances", 1, "--min-speakers", 0)
    _, out, _ = otoscope_command("relations", run, "--layer", 0, "--head", 1, *all_phones)
    heading, table = out.split("\n\n")
    assert heading.startswith("layer 0 head 1, ")
    assert "times uniform" in heading
    assert "false discovery rate 0.05" in heading
    phones = otoscope.open_run(run).dataset["key_phone"].values.tolist()
    assert [line.split()[0] for line in table.splitlines()[2:]] == phones


def test_phones_without_support_are_counted_and_not_shown(otoscope_command, run):
    dataset = otoscope.open_run(run).dataset
    rare = dataset["phone_frames"] < 0.2 * dataset["phone_frames"].sum()
    assert rare.any()
    asked = ("relations", run, "--layer", 0, "--head", 1, "--min-share", 0.2, "--min-utterances", 1)
    _, out, _ = otoscope_command(*asked)
    heading, table = out.split("\n\n")
    shown = [line.split()[0] for line in table.splitlines()[2:]]
    assert not set(shown) & set(dataset["key_phone"].values[rare.values])
    assert f"{dataset.sizes['key_phone'] - len(shown)} of {dataset.sizes['key_phone']} are not shown" in heading


def test_relations_of_layers_are_those_of_the_mean_of_their_heads(otoscope_command, run):
    dataset = otoscope.open_run(run).dataset
    _, out, _ = otoscope_command("relations", run, "--per-layer", "--format", "json")
    rows = {(row["layer"], row["target"]): row["effect"] for row in json.loads(out)}
    share = dataset["relation_elsewhere"].mean("head")
    share = share / share.sum(("query_phone", "key_phone"))
    uniform = dataset["relation_baseline_elsewhere"] / dataset["relation_baseline_elsewhere"].sum()
    ratio = (share / uniform.where(uniform > 0)).sel(key_phone="sil").mean("query_phone")
    assert [rows[layer, "silence"] for layer in (0, 1)] == pytest.approx(ratio.values.tolist())
    status, out, _ = otoscope_command("relations", run, "--per-layer")
    assert status == 0
    assert "times uniform" in out
    assert "95 % interval over" in out
    assert max(map(len, out.splitlines())) <= 100


def test_neither_a_head_nor_layers_is_one_line(otoscope_command, run):
    status, _, err = otoscope_command("relations", run, "--layer", 0)
    assert status == 2
    assert "pass --layer and --head, or --per-layer" in err


def test_operations_are_listed_for_every_head(otoscope_command, run):
    opened = otoscope.open_run(run)
    _, out, _ = otoscope_command("heads", run, "--operations", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(head_operations(opened))
    for row in opened.heads.itertuples():
        here = [one["operation"] for one in rows if (one["layer"], one["head"]) == (str(row.layer), str(row.head))]
        assert "; ".join(here) == row.operations
    status, out, _ = otoscope_command("heads", run, "--operations", "--sort", "globalness")
    assert status == 0
    assert "nan" not in out


@pytest.mark.parametrize("asked", [("relations", "--layer", 0, "--head", 0), ("heads", "--operations")])
def test_a_run_without_relations_is_one_line(otoscope_command, asked, tmp_path):
    bare = make_run(tmp_path / "run", 1, 2, 2).path
    status, out, err = otoscope_command(asked[0], bare, *asked[1:])
    assert (status, out) == (2, "")
    assert err.endswith("; analyze a corpus with phone labels\n")


def test_a_head_that_is_not_there_is_one_line(otoscope_command, run):
    status, _, err = otoscope_command("relations", run, "--layer", 0, "--head", 9)
    assert status == 2
    assert "found no --layer 0 --head 9" in err
    assert len(err.splitlines()) == 1
