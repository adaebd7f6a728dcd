"""Runs of drawn numbers, to compare."""

import numpy as np
import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.results import claim_folder, finish, open_run

PLAN = {"model": {"name": "drawn", "fingerprint": "0"}, "corpus": {"path": "made up"}}


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Two models on the same 8 utterances of 2 speakers."""
    folder = tmp_path_factory.mktemp("compared")
    runs = []
    for seed in (0, 9):
        run = make_run(folder / f"model-{seed}", utterances=8, layers=2, heads=2, maps=0, seed=seed)
        run.plan = {**PLAN, "model": {"name": "drawn", "fingerprint": f"{seed}"}}
        runs.append(run)
    return runs


@pytest.fixture
def write_run(tmp_path):
    """Write a Dataset of another kind as a run; give its utterances names, durations and speakers."""

    def write(name, dataset, speakers):
        number = len(speakers)
        coords = {
            "utterance": np.array([f"u{index}" for index in range(number)], dtype=object),
            "frames": ("utterance", [50] * number),
            "duration": ("utterance", [1.0] * number),
            "speaker": ("utterance", np.array(list(speakers), dtype=object)),
        }
        claim_folder(tmp_path / name, PLAN)
        finish(tmp_path / name, dataset.assign_coords(coords), ())
        return open_run(tmp_path / name)

    return write
