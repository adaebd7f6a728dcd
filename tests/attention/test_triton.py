"""The Triton kernels without a GPU: Triton's interpreter runs them on the processor, and its compiler compiles them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("triton", reason="Triton is not installed; it comes with torch for CUDA")

INTERPRETED = Path(__file__).parents[1] / "helpers" / "interpreted_triton.py"

COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from otoscope.attention.kernels.triton_programs import diagonal_sums_kernel as kernel

sizes = dict(features=64, D=64, N=64, WIDEN=False, COLUMNS=True, OFFSETS=True)
types = dict(query_hqd="*fp16", key_hkd="*fp16", column_hk="*i64", scaling="fp32")
floats = [name for name in kernel.arg_names if name.endswith(("_hj", "sum_hq"))]
types |= dict.fromkeys(floats, "*fp32") | dict.fromkeys(sizes, "constexpr")
signature = {name: types.get(name, "i32") for name in kernel.arg_names}
values = {(kernel.arg_names.index(name),): value for name, value in sizes.items()}
compiled = triton.compile(ASTSource(kernel, signature, values), target=GPUTarget("cuda", 80, 32))
print(len(compiled.asm["cubin"]))
"""


def test_the_kernels_equal_the_tiles_in_the_interpreter() -> None:
    """Triton decides at import whether it interprets or compiles, so this needs a process of its own."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rP", str(INTERPRETED)]
    process = subprocess.run(command, env=os.environ | {"TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    print(process.stdout)
    assert process.returncode == 0


def test_the_kernel_compiles_without_a_gpu(tmp_path) -> None:
    """The interpreter accepts more than the compiler; this kernel has the rarer operations."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    process = subprocess.run(
        [sys.executable, "-c", COMPILE],
        env=environment | {"TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert int(process.stdout) > 0
