"""Protects the kernel in plain torch as what runs where numba is not installed, with the same numbers."""

from pathlib import Path

import pandas as pd
import pytest
from tests.helpers.forked_process import run_script

import otoscope

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
sys.modules["numba"] = None  # as where it is not installed: it cannot be imported, and has no specification
import otoscope
otoscope.analyze("bundled", sys.argv[1], sys.argv[2])
"""


def test_analyze_without_numba(tiny_corpus: Path, tmp_path: Path) -> None:
    result = run_script(SCRIPT, tiny_corpus, tmp_path / "tiles")
    assert result.returncode == 0, result.stderr
    tiles = otoscope.open_run(tmp_path / "tiles")
    rows = otoscope.analyze("bundled", tiny_corpus, tmp_path / "rows")
    assert (tiles.plan["model"]["kernel"], rows.plan["model"]["kernel"]) == ("tiles", "rows")
    assert "numba" in rows.plan["versions"]
    assert "numba" not in tiles.plan["versions"]
    pd.testing.assert_frame_equal(tiles.heads, rows.heads, rtol=1e-4, atol=1e-4)
