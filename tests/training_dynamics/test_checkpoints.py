"""Checkpoints are put in the order of their steps, and those that cannot be are refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from otoscope.errors import InputError
from otoscope.training_dynamics.checkpoints import check_weights, find_checkpoints


def make(folder, name, step=None):
    (folder / name).mkdir(parents=True)
    if step is not None:
        (folder / name / "trainer_state.json").write_text(json.dumps({"global_step": step}))
    return folder / name


def test_the_state_of_the_trainer_wins_over_the_name(tmp_path):
    late, early = make(tmp_path, "epoch-1", 900), make(tmp_path, "epoch-2", 100)
    assert [one.folder for one in find_checkpoints([late, early])] == [early, late]


def test_a_folder_of_checkpoints_is_expanded_in_numerical_order(tmp_path):
    for step in (1000, 200, 30):
        make(tmp_path, f"checkpoint-{step}")
    assert [one.step for one in find_checkpoints([tmp_path])] == [30, 200, 1000]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["checkpoint-1"], "at least two checkpoints, found 1"),
        (["a", "b"], "neither trainer_state.json nor a number"),
        (["first-10", "second-10"], "different steps"),
    ],
)
def test_what_has_no_order_is_refused(names, message, tmp_path):
    with pytest.raises(InputError, match=message):
        find_checkpoints([make(tmp_path, name) for name in names])


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected a folder with checkpoints"):
        find_checkpoints([tmp_path / "none"])


def test_the_digest_follows_weights_and_configuration(tmp_path):
    first, second = make(tmp_path, "checkpoint-1"), make(tmp_path, "checkpoint-2")
    for folder in (first, second):
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / "optimizer.pt").write_bytes(folder.name.encode())
    one, two = find_checkpoints([first, second])
    assert one.digest == two.digest
    (second / "model.safetensors").write_bytes(b"other")
    assert one.digest != two.digest


def test_checkpoints_of_another_shape_are_refused_before_any_is_measured(tmp_path):
    for step, size in ((1, 4), (2, 4), (3, 6)):
        save_file(
            {"query": np.zeros((size, 4), np.float32)}, make(tmp_path, f"checkpoint-{step}") / "model.safetensors"
        )
    checkpoints = find_checkpoints([tmp_path])
    check_weights(checkpoints[:2])
    with pytest.raises(InputError, match=r"query of shape \(4, 4\) in .*checkpoint-1 and \(6, 4\) in .*checkpoint-3"):
        check_weights(checkpoints)
