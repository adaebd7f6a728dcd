"""`otoscope show`: any kind of run is printed again, for people and for programs."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from tests.helpers.example_dynamics import drawn_dynamics
from tests.helpers.example_faithfulness import faithfulness_run
from tests.helpers.example_importance import curves_dataset, ranking_dataset
from tests.helpers.example_layers import layers_dataset
from tests.helpers.example_patching import patching_dataset
from tests.helpers.example_sinks import drawn_sinks
from tests.helpers.figure_sizes import DRAWN
from tests.helpers.synthetic_run import make_run

from otoscope.cli.show import TABLES
from otoscope.results import claim_folder, finish, heads_table
from otoscope.results.long_table import ESTIMATES, SCORES, WEIGHTS, long_table
from otoscope.results.schema import HEADS


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("shown") / "run", layers=2, heads=2, maps=0)


def test_a_run_of_heads_prints_its_summary_and_its_table(otoscope_command, run):
    status, printed, _ = otoscope_command("show", run.path)
    assert status == 0
    assert heads_table(run).strip() in printed


def test_csv_and_json_have_every_number(otoscope_command, run):
    _, text, _ = otoscope_command("show", run.path, "--format", "csv")
    rows = pd.read_csv(io.StringIO(text))
    assert rows["value"].to_numpy() == pytest.approx(long_table(run)["value"].to_numpy())
    _, text, _ = otoscope_command("show", run.path, "--format", "json")
    assert len(json.loads(text)["rows"]) == len(rows)


@pytest.mark.parametrize(
    ("dataset", "variable"),
    [
        (lambda: curves_dataset(["weight"], ["phone"], utterances=2), "score"),
        (lambda: ranking_dataset(["weight", "globalness"], 2, 2), "rank"),
    ],
)
def test_other_kinds_print_a_table_that_fits_and_a_row_for_each_score(otoscope_command, tmp_path, dataset, variable):
    made = dataset()
    claim_folder(tmp_path / "run", {"model": "drawn"})
    finish(tmp_path / "run", made, ())
    status, printed, error = otoscope_command("show", tmp_path / "run")
    assert (status, error) == (0, "")
    assert printed
    _, text, _ = otoscope_command("show", tmp_path / "run", "--format", "csv")
    values = made[variable].values.ravel()
    assert pd.read_csv(io.StringIO(text))[variable].to_numpy() == pytest.approx(values[~np.isnan(values)])


@pytest.mark.parametrize(
    "dataset",
    [
        lambda: layers_dataset(["phone"], 2, 2),
        lambda: patching_dataset(["hidden-error"], 2, 2),
        lambda: drawn_sinks(2, 2),
        lambda: faithfulness_run(2, 2),
        lambda: drawn_dynamics(2, 2, 3),
    ],
    ids=["layers", "patching", "sinks", "faithfulness", "dynamics"],
)
def test_runs_of_estimates_print_a_table_and_a_row_for_each_estimate(otoscope_command, tmp_path, dataset):
    made = dataset()
    claim_folder(tmp_path / "run", {"model": "drawn"})
    finish(tmp_path / "run", made, ())
    status, printed, error = otoscope_command("show", tmp_path / "run")
    assert (status, error) == (0, "")
    assert "95 % interval" in printed
    _, text, _ = otoscope_command("show", tmp_path / "run", "--format", "csv")
    estimates = [name for name in made if f"{name}_interval" in made]
    assert len(pd.read_csv(io.StringIO(text))) == sum(int(made[name].notnull().sum()) for name in estimates)


def test_every_kind_of_run_has_a_table_and_rows():
    """A kind that a command writes and `show` does not know would be refused."""
    kinds = set(DRAWN) - {"comparison"} | {HEADS}
    assert kinds <= {*TABLES, HEADS, "segmentation"}
    assert kinds <= {*SCORES, *ESTIMATES, WEIGHTS, HEADS}


def test_parquet_needs_a_file_and_pyarrow(otoscope_command, run, tmp_path):
    status, _, error = otoscope_command("show", run.path, "--format", "parquet")
    assert (status, "--out FILE" in error) == (2, True)
    status, _, error = otoscope_command("show", run.path, "--out", tmp_path / "rows.csv")
    assert status == 2


def test_parquet_has_the_rows_of_the_long_table(otoscope_command, run, tmp_path):
    pytest.importorskip("pyarrow", reason="needs otoscope[parquet]")
    status, _, _ = otoscope_command("show", run.path, "--format", "parquet", "-o", tmp_path / "rows.parquet")
    assert status == 0
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "rows.parquet"), long_table(run), check_dtype=False)
