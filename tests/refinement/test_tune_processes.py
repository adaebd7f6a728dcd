"""Two processes that share each batch tune to the weights of one."""

import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.helpers.forked_process import run_script
from tests.helpers.speech_samples import tiny_model

import otoscope

__all__ = ["tiny_model"]
pytestmark = pytest.mark.slow

RANK = """
import os, sys
model, out, rank, port = sys.argv[1:]
os.environ |= {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
import torch
torch.set_num_threads(1)
import otoscope
options = otoscope.RefinementOptions(tune=2)
otoscope.refine(model, out, remove=[(0, 1)], corpora=["bundled"], options=options)
"""


def test_two_processes_tune_to_the_weights_of_one(tiny_model, tmp_path):
    otoscope.refine(tiny_model, tmp_path / "untuned", remove=[(0, 1)])
    options = otoscope.RefinementOptions(tune=2)
    otoscope.refine(tiny_model, tmp_path / "one", remove=[(0, 1)], corpora=["bundled"], options=options)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda rank: run_script(RANK, tiny_model, tmp_path / "two", rank, port), range(2)))
    assert [one.returncode for one in ended] == [0, 0]
    untuned, one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("untuned", "one", "two"))
    change = {name: weight - untuned[name] for name, weight in one.items() if weight.ndim == 2}
    assert max(np.abs(weight).max() for weight in change.values()) > 1e-5
    for name, weight in change.items():  # biases of keys have no gradient but rounding, which Adam makes a step of
        np.testing.assert_allclose(two[name] - untuned[name], weight, atol=0.05 * np.abs(weight).max())
