"""Kinds of values of `benchmarks/intervals.py` are covered as often as intervals claim; the page has more corpora."""

import runpy
from pathlib import Path

import pytest

SIMULATION = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "intervals.py"))
KINDS = {kind.title: kind for kind in SIMULATION["KINDS"]}


@pytest.mark.parametrize("title", KINDS)
@pytest.mark.parametrize(("count", "is_independent"), [(5, True), (10, True), (4, False), (15, False)])
def test_every_kind_of_value_is_covered(title, count, is_independent):
    """800 corpora: the standard error is .008, so that the bounds are .92 to .98 and two and a half of it."""
    share, _ = SIMULATION["coverage"](KINDS[title], count, is_independent, 800)
    assert 0.90 <= share <= 0.99
