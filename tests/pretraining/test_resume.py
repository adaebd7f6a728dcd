"""A training that was killed and resumed ends in the same weights, bit for bit, as one that never stopped."""

import json
import signal
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from tests.helpers.forked_process import run_script
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from otoscope.errors import InputError
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.trainer import VALIDATION_BATCHES, newest_checkpoint, seconds_logged

pytestmark = pytest.mark.slow

KILLED_IN_STEP_9 = """
import os, signal, sys
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.pretrain import pretrain
batch = MaskedBatches.__getitem__
def killed(batches, step):
    if step == 8 and len(batches) == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch(batches, step)
MaskedBatches.__getitem__ = killed
pretrain(sys.argv[1], sys.argv[2])
"""


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    assert first.keys() == second.keys()
    for name, weight in first.items():
        assert weight.tobytes() == second[name].tobytes(), name


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Training steps whose batches were made."""
    steps: list[int] = []
    batch = MaskedBatches.__getitem__

    def recorded(batches: MaskedBatches, step: int) -> dict[str, Tensor]:
        if len(batches) != VALIDATION_BATCHES:
            steps.append(step)
        return batch(batches, step)

    monkeypatch.setattr(MaskedBatches, "__getitem__", recorded)
    return steps


@pytest.mark.parametrize("training", ["", "bf16 = true"])
def test_killed_and_resumed_is_never_stopped(
    recipe_file: Path, tmp_path: Path, training: str, drawn: list[int]
) -> None:
    recipe_file.write_text(recipe_file.read_text() + training)
    straight = pretrain(recipe_file, tmp_path / "straight")
    out = tmp_path / "killed"
    process = run_script(KILLED_IN_STEP_9, recipe_file, out, warning_filter="error")
    assert (process.returncode, process.stdout, process.stderr) == (-signal.SIGKILL, "", "")
    assert [path.name for path in (out / "checkpoints").glob("checkpoint-*")] == ["checkpoint-6"]
    assert not (out / "model").exists()

    drawn.clear()
    resumed = pretrain(recipe_file, out, resume=True)
    assert drawn == [6, 7, 8, 9, 10, 11]
    assert_same_weights(straight.model, resumed.model)
    assert resumed.reconstruction == straight.reconstruction
    assert resumed.steps == 12


def test_accumulated_gradients_draw_every_batch_once(recipe_file: Path, tmp_path: Path, drawn: list[int]) -> None:
    recipe_file.write_text(recipe_file.read_text() + "gradient_accumulation_steps = 2")
    assert pretrain(recipe_file, tmp_path / "out").steps == 12
    assert drawn == list(range(24))


def test_resuming_a_finished_training_changes_nothing(recipe_file: Path, tmp_path: Path) -> None:
    finished = pretrain(recipe_file, tmp_path / "out")
    weights = (finished.model / "model.safetensors").read_bytes()
    again = pretrain(recipe_file, tmp_path / "out", resume=True)
    assert (again.model / "model.safetensors").read_bytes() == weights
    assert again.reconstruction == finished.reconstruction


def test_a_half_written_checkpoint_is_passed_over(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    for step, state in ((6, "{}"), (12, "{}"), (18, '{"global_'), (24, None)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if state is not None:
            (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(state)
    assert newest_checkpoint(tmp_path) == tmp_path / "checkpoint-12"


def test_a_half_written_checkpoint_does_not_change_the_end(recipe_file: Path, tmp_path: Path) -> None:
    straight = pretrain(recipe_file, tmp_path / "out")
    weights = (straight.model / "model.safetensors").read_bytes()
    (tmp_path / "out" / "checkpoints" / "checkpoint-12" / "trainer_state.json").unlink()
    resumed = pretrain(recipe_file, tmp_path / "out", resume=True)
    assert (resumed.model / "model.safetensors").read_bytes() == weights
    state = tmp_path / "out" / "checkpoints" / "checkpoint-12" / "trainer_state.json"
    assert json.loads(state.read_text())["global_step"] == 12


def test_checkpoints_are_not_trained_over_unasked(recipe_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "checkpoints" / "checkpoint-6").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds checkpoints of an earlier training; .*pass --resume to continue it"):
        pretrain(recipe_file, tmp_path / "out")


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_something_else_is_left_alone(recipe_file: Path, tmp_path: Path, resume: bool) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(InputError, match="holds something else"):
        pretrain(recipe_file, tmp_path, resume=resume)
    with pytest.raises(InputError, match="is a file"):
        pretrain(recipe_file, tmp_path / "thesis.txt", resume=resume)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recipe.toml", "thesis.txt"]


def test_what_a_killed_training_left_half_written_is_no_obstacle(recipe_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / ".model.partial").mkdir(parents=True)
    assert pretrain(recipe_file, tmp_path / "out").model.exists()
    assert not (tmp_path / "out" / ".model.partial").exists()


def test_the_time_of_a_training_counts_steps_that_were_taken_again_once(tmp_path: Path) -> None:
    """Stopped at step 30 after its checkpoint of step 20, and resumed an hour later."""
    for name, times in (
        ("first", {0: 100.0, 10: 110.0, 20: 120.0, 30: 130.0}),
        ("second", {0: 4000.0, 30: 4011.0, 40: 4022.0}),
    ):
        writer = SummaryWriter(str(tmp_path / name))
        for step, seconds in times.items():
            writer.add_scalar("loss", 0.0, step, walltime=seconds)
        writer.close()
    assert seconds_logged(tmp_path) == pytest.approx(20 + 22)
