"""A gain must exclude zero over groups that chose nothing, and a guard must stay within the tolerance."""

from dataclasses import replace

import numpy as np
import pytest

from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.report import AdaptationReport, Change, gain_holds, measure_change

GAIN = Change("adapt", 9, 3, 0.4, 0.3, -0.15, -0.05)
GUARD = Change("guard", 9, 3, 0.1, 0.11, -0.01, 0.03)


@pytest.mark.parametrize(
    ("gain", "guard", "holds"),
    [
        (GAIN, GUARD, True),
        (replace(GAIN, high=0.0), GUARD, False),
        (replace(GAIN, high=float("nan")), GUARD, False),
        (GAIN, replace(GUARD, after=0.111), False),
    ],
)
def test_the_model_is_written_only_if_the_gain_holds(gain: Change, guard: Change, holds: bool) -> None:
    assert gain_holds([gain], [guard], 0.01) is holds


def test_a_report_says_what_is_missing_for_a_gain() -> None:
    guard = replace(GUARD, after=0.1316, slack=2.0)
    options = {"steps": 25, "tolerance": 0.01}
    report = AdaptationReport("m", options, [replace(GAIN, high=0.0)], [guard, GUARD], [], 25, (96, 0), share=0.75)
    assert report.verdict == (
        "no improvement found: adapt: the interval of the change is not below 0; guard: +0.0316 is above +0.02"
    )
    assert report.choice == "step 25 of 25, 0.75 of the way from the original to it"
    original = replace(report, step=0)
    assert original.verdict == "no improvement found"
    assert original.choice == "the original, better than every step of 25"


def test_a_change_is_paired_over_speakers() -> None:
    """By hand: each speaker loses one error in ten words, so the paired difference has no variance."""
    count = 6
    waves = [np.zeros(1, np.float32)] * count
    ids = [str(index) for index in range(count)]
    material = Material("m", ids, waves, [None] * count, ["a", "a", "b", "b", "c", "c"], [Role.test] * count)
    before = np.array([(5, 10), (1, 10), (9, 10), (3, 10), (2, 10), (4, 10)], float)
    after = before - (1, 0)
    change = measure_change("adapt", material, np.arange(count), before, after)
    assert (change.groups, change.before, change.after) == (3, pytest.approx(0.4), pytest.approx(0.3))
    assert change.deletions is None
    kinds = [np.concatenate([rows, np.full((count, 2), share)], axis=1) for rows, share in ((before, 4), (after, 1))]
    with_kinds = measure_change("adapt", material, np.arange(count), *kinds)
    assert (with_kinds.deletions, with_kinds.insertions) == ((0.4, 0.1), (0.4, 0.1))
    assert with_kinds.row[-1] == "0.400 -> 0.100"
    assert change.low == pytest.approx(-0.1)
    assert change.high == pytest.approx(-0.1)
