"""Fixtures shared by every room's tests."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Folder of real speech; named by OTOSCOPE_CORPORA, or `../shared/corpora` beside the checkout."""
    root = Path(os.environ.get("OTOSCOPE_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
    if not root.is_dir():
        pytest.skip(f"real speech not found at {root}; set OTOSCOPE_CORPORA to its folder")
    return root
