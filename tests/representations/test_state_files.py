"""States on disk are those that were written, and rows drawn from them are those drawn from all rows."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.probing.classifier import NO_CLASS, ClassificationTask, UtteranceRows
from otoscope.representations.state_files import StateWriter, temporary_states

FRAMES = (5, 3, 7)


def drawn(frames: int, seed: int) -> torch.Tensor:
    return torch.randn(frames, 4, generator=torch.Generator().manual_seed(seed))


def test_states_are_those_that_were_written_in_any_order(tmp_path):
    states = [[drawn(frames, 10 * depth + index) for depth in range(2)] for index, frames in enumerate(FRAMES)]
    writer = StateWriter(tmp_path / "states", FRAMES)
    for index in (2, 0, 1):
        writer.write(index, states[index])
    for depth, read in enumerate(writer.depths()):
        assert len(read) == len(FRAMES)
        assert all(torch.equal(one, by_depth[depth]) for one, by_depth in zip(read, states, strict=True))


def test_a_disk_without_space_is_one_line_and_states_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2**30))
    with pytest.raises(InputError, match=r"expected 3\.0 GiB on the disk"), temporary_states(tmp_path, 3 * 2**30):
        pass
    with temporary_states(tmp_path, 2**20) as folder:
        (folder / "0.f32").write_bytes(b"1234")
    assert list((tmp_path / "shards").iterdir()) == []


@pytest.mark.parametrize("is_pooled", [False, True])
@pytest.mark.parametrize("most", [2, 100])
def test_rows_are_those_that_are_drawn_of_all(is_pooled, most):
    """A probe is the same whether its states are in memory or on disk."""
    rng = np.random.default_rng(0)
    classes = [torch.from_numpy(rng.integers(NO_CLASS, 3, 1 if is_pooled else frames)) for frames in FRAMES]
    task = ClassificationTask("phone", classes, is_pooled, 0, lambda *_: np.zeros(3))
    rows = UtteranceRows(task, [drawn(frames, index) for index, frames in enumerate(FRAMES)], np.array([2, 0, 1]))
    expected = rows.all().some(most, torch.Generator().manual_seed(1))
    found = rows.some(most, torch.Generator().manual_seed(1))
    assert torch.equal(found.x, expected.x)
    assert torch.equal(found.y, expected.y)
