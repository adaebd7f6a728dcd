"""A statistic is one file: dropping it into the folder is all it takes to be found and held to the laws."""

import sys
from pathlib import Path

import pytest
from tests.helpers import statistics_invariants as laws

import otoscope.statistics
from otoscope.statistics import discover, of_norms

NEW_STATISTIC = '''
"""Share of a head's attention that stays on the frame itself."""

import numpy as np

from otoscope.statistics.reference import attending_rows
from otoscope.statistics.statistic import Statistic


def value(r):
    return r.offset_histogram[:, r.length - 1 + SHIFT] / r.rows


SHIFT = 0
STATISTIC = Statistic(
    name="self_attention",
    doc="Share of attention on the frame itself.",
    units="1",
    source="this test",
    needs=frozenset({"offset_histogram"}),
    value=value,
    reference=lambda A: np.trace(A) / attending_rows(A),
)
'''


def drop_in(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a statistic's file into a folder that the house looks in, for this test alone."""
    (folder / "self_attention.py").write_text(text)
    monkeypatch.setattr(otoscope.statistics, "__path__", [*otoscope.statistics.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, "otoscope.statistics.self_attention", raising=False)


def test_the_six_statistics_of_the_method_are_found() -> None:
    six = {"globalness", "verticality", "diagonality", "weight", "normalised_diagonality", "offset_profile"}
    assert six <= set(discover())


def test_each_is_found_under_the_name_of_its_file() -> None:
    folder = Path(otoscope.statistics.__file__).parent
    assert all((folder / f"{name}.py").is_file() for name in discover(phones=["sil"]) | of_norms())


def test_statistics_by_phone_are_found_for_a_corpus_with_phones_alone() -> None:
    by_phone = {"relation", "own_run", "sink_silence_share"}
    assert set(discover(phones=["sil", "aa"])) - set(discover()) == by_phone
    assert set(discover(phones=["s", "aa"])) - set(discover()) == by_phone - {"sink_silence_share"}


def test_a_new_file_is_found_and_passes_the_laws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_in(NEW_STATISTIC, tmp_path, monkeypatch)
    laws.check_laws(discover()["self_attention"])


def test_a_new_file_with_a_wrong_formula_fails_the_laws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drop_in(NEW_STATISTIC.replace("r.length - 1 + SHIFT", "min(r.length, 2 * r.length - 2)"), tmp_path, monkeypatch)
    with pytest.raises(AssertionError, match="differs from its reference"):
        laws.check_exact(discover()["self_attention"])
