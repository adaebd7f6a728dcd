"""The difference that decides "some of them" and "each of them"."""

import numpy as np

from otoscope.papers.yang2020.claims.difference import Difference, best_of, worst_of
from otoscope.results.verdict import Verdict


def test_some_and_every_follow_logic():
    above, open_, below = (Difference("", value, value - 1, value + 1) for value in (2.0, 0.0, -2.0))
    unknown = Difference("", 0.0, np.nan, np.nan)
    for candidates, some, every in [
        ([above, open_, below, unknown], Verdict.HOLDS, Verdict.DOES_NOT_HOLD),
        ([above, above], Verdict.HOLDS, Verdict.HOLDS),
        ([below, below], Verdict.DOES_NOT_HOLD, Verdict.DOES_NOT_HOLD),
        ([above, unknown], Verdict.HOLDS, Verdict.UNDECIDED),
        ([below, unknown], Verdict.UNDECIDED, Verdict.DOES_NOT_HOLD),
        ([open_, below], Verdict.UNDECIDED, Verdict.DOES_NOT_HOLD),
        ([open_, above], Verdict.HOLDS, Verdict.UNDECIDED),
    ]:
        assert best_of(candidates).verdict == some
        assert best_of(candidates[::-1]).verdict == some
        assert worst_of(candidates).verdict == every
        assert worst_of(candidates[::-1]).verdict == every
