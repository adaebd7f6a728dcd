"""Results that are computed once and stored."""

import json
import warnings

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.runs.cache import load_or_recompute, resume_or_run


def test_a_run_that_fails_before_a_result_is_stored_leaves_no_folder(tmp_path):
    def fails(folder):
        raise InputError("nothing can be measured")

    with pytest.raises(InputError):
        resume_or_run(tmp_path / "run", {"model": "m"}, fails, resume=False)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_computes_with_the_threads_that_it_began_with(tmp_path):
    """Sums over another number of threads differ in their last bits."""
    counts = []

    def stops(folder):
        counts.append(torch.get_num_threads())
        (folder / "shards").mkdir(exist_ok=True)
        (folder / "shards" / "000000.npz").touch()
        raise InputError("stopped")

    before = torch.get_num_threads()
    try:
        for number, resume in ((2, False), (1, True)):
            torch.set_num_threads(number)
            with pytest.raises(InputError, match="stopped"):
                resume_or_run(tmp_path / "run", {"model": "m"}, stops, resume=resume)
            assert torch.get_num_threads() == number
    finally:
        torch.set_num_threads(before)
    assert counts == [2, 2]
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["plan"]["threads"] == 2


def test_a_cache_that_cannot_be_written_is_a_warning_and_not_an_error(tmp_path):
    (tmp_path / "cache").write_text("a file, where a folder is needed", encoding="utf-8")
    with pytest.warns(UserWarning, match="set OTOSCOPE_CACHE to another folder"):
        arrays = load_or_recompute(tmp_path / "cache" / "a.npz", lambda: {"squares": np.arange(3) ** 2})
    assert arrays["squares"].tolist() == [0, 1, 4]


@pytest.mark.parametrize("damage", [b"", b"no archive", None])
def test_a_damaged_file_in_a_cache_is_computed_again(tmp_path, damage):
    path = tmp_path / "a.npz"
    load_or_recompute(path, lambda: {"squares": np.arange(3) ** 2})
    path.write_bytes(path.read_bytes()[:100] if damage is None else damage)
    with warnings.catch_warnings(action="error"):
        again = load_or_recompute(path, lambda: {"squares": np.arange(3) ** 2})
        stored = load_or_recompute(path, lambda: {"squares": np.zeros(3)})
    assert again["squares"].tolist() == stored["squares"].tolist() == [0, 1, 4]
