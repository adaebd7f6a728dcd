"""Two processes train on the batches of one, to the same losses, and resume after one of them was killed."""

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tests.helpers.forked_process import run_script

from otoscope.errors import InputError
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.recipe import read_recipe
from otoscope.pretraining.shared_batches import rows_of_process
from otoscope.pretraining.trainer import training_arguments

pytestmark = pytest.mark.slow

NO_DROPOUT = "[model]\nhidden_dropout_prob = 0.0\nattention_probs_dropout_prob = 0.0\n"
RANK = """
import os, signal, sys
recipe, out, rank, port, killed_at = sys.argv[1:]
os.environ |= {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
import torch
torch.set_num_threads(1)
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.pretrain import pretrain
batch = MaskedBatches.__getitem__
def killed(batches, step):
    if rank == "1" and step == int(killed_at) and len(batches) == 12:
        os.kill(os.getpid(), signal.SIGKILL)
    return batch(batches, step)
MaskedBatches.__getitem__ = killed
trained = pretrain(recipe, out, resume=True)
print(trained.steps)
"""


@pytest.fixture
def recipe_without_dropout(recipe_file: Path) -> Path:
    recipe_file.write_text(recipe_file.read_text().replace("[model]\n", NO_DROPOUT))
    return recipe_file


def run_two(recipe: Path, out: Path, killed_at: int = -1) -> list[tuple[int, str]]:
    """Train in two processes; return the exit status and the output of each."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda rank: run_script(RANK, recipe, out, rank, port, killed_at), range(2)))
    return [(one.returncode, one.stdout) for one in ended]


def losses(out: Path) -> list[float]:
    """Return the losses that a training logged."""
    (state,) = out.glob("checkpoints/checkpoint-12/trainer_state.json")
    history = json.loads(state.read_text())["log_history"]
    return [entry[name] for entry in history for name in ("loss", "eval_loss") if name in entry]


def test_two_processes_have_the_losses_of_one_and_resume_after_a_kill(
    recipe_without_dropout: Path, tmp_path: Path
) -> None:
    pretrain(recipe_without_dropout, tmp_path / "one")
    first, second = run_two(recipe_without_dropout, tmp_path / "two", killed_at=9)
    assert first[0] != 0
    assert second[0] == -signal.SIGKILL
    assert [path.name for path in (tmp_path / "two" / "checkpoints").glob("checkpoint-*")] == ["checkpoint-6"]
    assert run_two(recipe_without_dropout, tmp_path / "two") == [(0, "12\n"), (0, "12\n")]
    np.testing.assert_allclose(losses(tmp_path / "two"), losses(tmp_path / "one"), rtol=1e-4)
    one, two = (load_file(tmp_path / name / "model" / "model.safetensors") for name in ("one", "two"))
    for name, weight in one.items():
        np.testing.assert_allclose(two[name], weight, atol=1e-4)


def test_the_weighted_losses_of_the_processes_have_the_mean_of_the_whole_batch() -> None:
    rng = np.random.default_rng(0)
    batch = {"masked": torch.from_numpy(rng.random((5, 7)) < 0.3), "error": torch.from_numpy(rng.random((5, 7)))}

    def loss(part: dict[str, torch.Tensor]) -> float:
        return float((part["error"] * part["masked"]).sum() / part["masked"].sum())

    parts = [rows_of_process(batch, rank, 3) for rank in range(3)]
    assert np.mean([weight * loss(own) for own, weight in parts]) == pytest.approx(loss(batch))


def test_more_processes_than_utterances_of_a_batch_are_refused(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.TrainingArguments.world_size", 5)
    with pytest.raises(InputError, match="found 5 processes and batches of 4"):
        training_arguments(read_recipe(recipe_file), tmp_path)
