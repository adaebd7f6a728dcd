"""Results that are computed once and stored."""

import pytest

from otoscope.errors import InputError
from otoscope.runs.cache import resume_or_run


def test_a_run_that_fails_before_a_result_is_stored_leaves_no_folder(tmp_path):
    def fails(folder):
        raise InputError("nothing can be measured")

    with pytest.raises(InputError):
        resume_or_run(tmp_path / "run", {"model": "m"}, fails, resume=False)
    assert not (tmp_path / "run").exists()
