"""The kernel for CUDA where there is no GPU: run by Triton's interpreter on the processor, and compiled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="Triton is not installed; it comes with torch for CUDA")

INTERPRETED = Path(__file__).parents[1] / "helpers" / ("interpreted_triton.py")

COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from otoscope.attention.kernels.triton_programs import walk_diagonals as passed

sizes = dict(features=64, D=64, N=64, WIDEN=False, COLUMNS=True, OFFSETS=True)
types = dict(query_hqd="*fp16", key_hkd="*fp16", column_hk="*i64", scaling="fp32")
floats = [name for name in passed.arg_names if name.endswith(("_hj", "sum_hq"))]
types |= dict.fromkeys(floats, "*fp32") | dict.fromkeys(sizes, "constexpr")
signature = {name: types.get(name, "i32") for name in passed.arg_names}
values = {(passed.arg_names.index(name),): value for name, value in sizes.items()}
made = triton.compile(ASTSource(passed, signature, values), target=GPUTarget("cuda", 80, 32))
print(len(made.asm["cubin"]))
"""


def test_it_equals_the_tiles_in_the_interpreter() -> None:
    """In a process of its own: whether Triton interprets or compiles is decided when it is first loaded."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rP", str(INTERPRETED)]
    done = subprocess.run(command, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    print(done.stdout)
    assert done.returncode == 0


def test_it_compiles_for_a_gpu_where_there_is_none(tmp_path) -> None:
    """The interpreter takes more than the compiler does; this is the pass with the rarer operations."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, "-c", COMPILE],
        env=environment | {"TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
