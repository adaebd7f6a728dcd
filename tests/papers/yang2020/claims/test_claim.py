"""Verdicts of claims from several differences, and intervals that include the variance between seeds."""

import numpy as np

from otoscope.papers.yang2020.claims.claim import (
    evaluate_claim_per_seed,
    widen_by_seed_variance,
)
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference
from otoscope.results.verdict import Verdict


def test_a_difference_between_models_that_is_no_larger_than_between_seeds_is_undecided():
    clear = Difference("M3 over M6", 0.03, 0.01, 0.05)
    assert clear.verdict == Verdict.HOLDS
    assert widen_by_seed_variance(clear, [0.75]).verdict == Verdict.UNDECIDED
    assert widen_by_seed_variance(clear, [0.75, np.nan]).verdict == Verdict.UNDECIDED
    assert widen_by_seed_variance(clear, [0.75, 0.7505, np.nan]).verdict == Verdict.HOLDS
    assert widen_by_seed_variance(clear, [0.75, 0.77, 0.76]).verdict == Verdict.UNDECIDED
    low = Difference("M3 over M6", -0.06, -0.08, -0.04)
    assert widen_by_seed_variance(low, [0.75, 0.75, 0.751]).verdict == Verdict.DOES_NOT_HOLD


def test_trainings_of_one_model_rarely_count_as_different():
    """The margin alone, without any noise of utterances: one in twenty at most, for any number of seeds."""
    rng = np.random.default_rng(0)
    for seeds in (2, 3, 5):
        differ = 0
        for _ in range(2000):
            *seeds_values, other = rng.normal(size=seeds + 1)
            gain = widen_by_seed_variance(Difference("M9 over M3", *[other - seeds_values[0]] * 3), seeds_values)
            differ += gain.verdict != Verdict.UNDECIDED
        assert differ / 2000 < 0.06


def test_trainings_that_contradict_each_other_make_a_claim_undecided():
    above, open_, below = (Difference("", value, value - 1, value + 1) for value in (2.0, 0.0, -2.0))

    def verdict(*differences):
        by_seed = {f"m3-{seed}": gain for seed, gain in enumerate(differences)}
        return evaluate_claim_per_seed(ClaimId.DIAGONAL_MOST, "", by_seed, "").claim.verdict

    assert verdict(above, above) == Verdict.HOLDS
    assert verdict(above, open_) == Verdict.UNDECIDED
    assert verdict(above, open_, below) == Verdict.UNDECIDED
    assert verdict(open_, below) == Verdict.DOES_NOT_HOLD
    assert verdict(below) == Verdict.DOES_NOT_HOLD
    assert verdict() == Verdict.UNDECIDED
