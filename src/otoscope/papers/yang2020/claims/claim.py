"""A claim with the differences that decide it, and the interval of a difference between trainings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.stats import t as student

from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference
from otoscope.results.schema import run_clusters
from otoscope.results.verdict import Verdict, verdict_of_all

OVER_CLUSTERS = "over clusters"
PAIRED = f"{OVER_CLUSTERS}, paired"


@dataclass(frozen=True)
class Claim:
    """A claim, evaluated on one corpus by one probe or model.

    Attributes:
        id: id of the claim.
        evaluated_on: speech, and probe or model, for readers.
        differences: differences that are positive if the claim is right.
    """

    id: ClaimId
    evaluated_on: str
    differences: Sequence[Difference]

    @property
    def verdict(self) -> Verdict:
        """Return holds if every difference supports the claim, does not hold if any refutes it, else undecided."""
        return verdict_of_all(difference.verdict for difference in self.differences)


@dataclass(frozen=True)
class MultiSeedClaim(Claim):
    """A claim with a difference from each of several trainings of one model."""

    @property
    def verdict(self) -> Verdict:
        """Return the verdict of all differences, or undecided if one supports and another refutes the claim."""
        contradict = {Verdict.HOLDS, Verdict.DOES_NOT_HOLD} <= {difference.verdict for difference in self.differences}
        return Verdict.UNDECIDED if contradict else super().verdict


@dataclass(frozen=True)
class EvaluatedClaim:
    """A claim that was evaluated.

    Attributes:
        claim: the claim with its differences.
        test: for readers: the source of the intervals, or why there are no differences.
    """

    claim: Claim
    test: str


def evaluate_claim(id: ClaimId, evaluated_on: str, differences: Sequence[Difference], test: str) -> EvaluatedClaim:
    """Return a claim with the differences that decide it; without differences it is undecided."""
    return EvaluatedClaim(Claim(id, evaluated_on, list(differences)), test)


def evaluate_claim_per_seed(
    id: ClaimId, evaluated_on: str, by_seed: Mapping[str, Difference], test: str
) -> EvaluatedClaim:
    """Return a claim with one difference per training; labels name the training if there are several."""
    named = [replace(gain, label=f"{seed.upper()}: {gain.label}") for seed, gain in by_seed.items()]
    differences = named if len(by_seed) > 1 else list(by_seed.values())
    return EvaluatedClaim(MultiSeedClaim(id, evaluated_on, differences), test)


def widen_by_seed_variance(difference: Difference, seed_values: Sequence[float]) -> Difference:
    """Return a difference between two models, its interval widened by what two trainings of one model differ.

    The margin on each side is `t sqrt(2) s`: s is the standard deviation over seeds, t the 97.5 % point of Student's
    distribution. With fewer than two seeds the interval is NaN.

    Args:
        difference: difference between two models.
        seed_values: the value of each training of one model; NaN is ignored.

    Examples:
        >>> widen_by_seed_variance(Difference("M3 over M6", 0.03, 0.01, 0.05), [0.75, 0.76, 0.77]).low.__round__(3)
        -0.051
    """
    defined = [value for value in seed_values if not np.isnan(value)]
    if len(defined) < 2:
        label = f"{difference.label}; the variance between seeds needs two seeds"
        return replace(difference, label=label, low=np.nan, high=np.nan)
    margin = float(student.ppf(0.975, len(defined) - 1) * np.sqrt(2) * np.std(defined, ddof=1))
    label = f"{difference.label}, ±{margin:.3f} by seed"
    return replace(difference, label=label, low=difference.low - margin, high=difference.high + margin)


def speech_of(dataset: xr.Dataset) -> str:
    """Return the utterances of a run, and over which clusters its intervals are, for readers."""
    return f"{dataset.sizes['utterance']} utterances (intervals over {run_clusters(dataset).text})"
