"""Snapshots of a training become one run, with the step at which each head formed."""

import numpy as np
import pytest
from tests.helpers.example_dynamics import drawn_dynamics, snapshot

import otoscope
from otoscope.errors import InputError
from otoscope.runs.speech_source import SpeechSource
from otoscope.training_dynamics.dynamics import count_changes, dynamics_dataset, formed_steps
from otoscope.training_dynamics.table import dynamics_table

pytestmark = pytest.mark.slow

SPEECH = SpeechSource("drawn")


def reference_formed_step(shapes, steps):
    """Walk back from the last step as long as the shape stays."""
    if shapes[-1] in ("uniform", "mixed"):
        return np.nan
    formed = steps[-1]
    for shape, step in zip(shapes[::-1], steps[::-1], strict=True):
        if shape != shapes[-1]:
            break
        formed = step
    return formed


def test_heads_form_at_the_step_from_which_they_keep_their_shape():
    rng = np.random.default_rng(0)
    shapes = rng.choice(["uniform", "diagonal", "vertical"], size=(5, 4, 6), p=[0.2, 0.7, 0.1])
    steps = [0, 10, 20, 40, 80]
    formed = formed_steps(shapes, steps)
    for layer, head in np.ndindex(4, 6):
        expected = reference_formed_step(list(shapes[:, layer, head]), steps)
        np.testing.assert_equal(formed[layer, head], expected)


def test_changes_are_counted_between_neighbours():
    categories = np.array([["global"], ["vertical"], ["vertical"], ["global"]])[:, :, None]
    assert count_changes(categories).tolist() == [[2.0]]


def test_steps_are_in_numerical_order_whatever_the_order_of_the_snapshots():
    dataset = dynamics_dataset({1000: snapshot(seed=1), 20: snapshot(seed=0)}, "drawn", SPEECH)
    assert dataset["step"].values.tolist() == [20, 1000]
    assert np.array_equal(dataset["globalness"].sel(step=20), snapshot(seed=0)["globalness"])


def test_checkpoints_of_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"2 layers x 2 heads at step 0 and 3 x 2 at step 5"):
        dynamics_dataset({0: snapshot(), 5: snapshot(layers=3)}, "drawn", SPEECH)


def test_the_table_has_a_row_for_each_step():
    table = dynamics_table(drawn_dynamics(2, 2, 4))
    assert [line.split()[0] for line in table.splitlines()[2:6]] == ["0", "500", "1000", "1500"]
    assert "formed at step" in table


def test_a_run_over_checkpoints_equals_runs_of_analyze(dynamics_run, training):
    options = otoscope.SpeechOptions(limit=2)
    single = otoscope.analyze(training / "checkpoint-2", "bundled", training / "single", options=options)
    step = dynamics_run.dataset.sel(step=2)
    assert np.array_equal(step["diagonality"], single.dataset["diagonality"])
    assert np.array_equal(step["diagonality_interval"], single.dataset["diagonality_interval"])
    assert step["category"].values.tolist() == single.dataset["category"].values.tolist()


def test_the_command_prints_what_show_prints(dynamics_run, training, otoscope_command):
    status, printed, error = otoscope_command("show", dynamics_run.path)
    assert (status, error) == (0, "")
    assert printed == dynamics_table(dynamics_run.dataset)
    arguments = (training, "--corpus", "bundled", "--limit", 2, "-o", dynamics_run.path, "--resume")
    status, printed_again, _ = otoscope_command("dynamics", *arguments)
    assert status == 0
    assert printed_again.startswith(printed)


def test_a_checkpoint_without_a_model_is_one_line(tmp_path, otoscope_command):
    for step in (1, 2):
        (tmp_path / f"checkpoint-{step}").mkdir()
    status, _, error = otoscope_command("dynamics", tmp_path, "--corpus", "bundled", "-o", tmp_path / "run")
    assert (status, error.count("\n")) == (2, 1)
    assert not (tmp_path / "run").exists()
