"""The difference that decides "some of them" and "each of them"."""

import numpy as np

from otoscope.papers.yang2020.claims.difference import Difference, best_of, worst_of
from otoscope.results.verdict import Verdict


def test_some_and_every_follow_logic():
    above, open_, below = (Difference("", value, value - 1, value + 1) for value in (2.0, 0.0, -2.0))
    unknown = Difference("", 0.0, np.nan, np.nan)
    for candidates, some, every in [
        ([above, open_, below, unknown], Verdict.SUPPORTED, Verdict.REFUTED),
        ([above, above], Verdict.SUPPORTED, Verdict.SUPPORTED),
        ([below, below], Verdict.REFUTED, Verdict.REFUTED),
        ([above, unknown], Verdict.SUPPORTED, Verdict.INCONCLUSIVE),
        ([below, unknown], Verdict.INCONCLUSIVE, Verdict.REFUTED),
        ([open_, below], Verdict.INCONCLUSIVE, Verdict.REFUTED),
        ([open_, above], Verdict.SUPPORTED, Verdict.INCONCLUSIVE),
    ]:
        assert best_of(candidates).verdict == some
        assert best_of(candidates[::-1]).verdict == some
        assert worst_of(candidates).verdict == every
        assert worst_of(candidates[::-1]).verdict == every
