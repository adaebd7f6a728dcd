"""Claims about segmentation: R-values of methods and models, paired over clusters (published Fig. 2)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.claim import (
    PAIRED,
    EvaluatedClaim,
    evaluate_claim,
    speech_of,
    widen_by_seed_variance,
)
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference
from otoscope.papers.yang2020.models import MODEL_NAMES, SEED_MODEL
from otoscope.results.schema import run_clusters
from otoscope.segmentation.comparison import compare

BEST_HEAD, REPRESENTATION = "best head", "representation"
ATTENTION_METHODS = (BEST_HEAD, "ensemble")
MFCC_MARGIN = 0.03  # of R-value


def evaluate_boundary_claims(runs: Mapping[str, xr.Dataset], seeds: Sequence[str]) -> list[EvaluatedClaim]:
    """Return the claims about segmentation.

    Args:
        runs: Dataset of the segmentation of each model, by its name.
        seeds: names of the trainings of M3.
    """
    speech = f"test part: {speech_of(runs[SEED_MODEL])}"
    claims = [
        evaluate_claim(id, f"{speech}, {method} of {seed.upper()}", [gain(runs[seed], method)], PAIRED)
        for id, gain in ((ClaimId.BEATS_MFCC, _over_mfcc), (ClaimId.BEATS_REPRESENTATION, _over_representation))
        for seed in seeds
        for method in ATTENTION_METHODS
    ]
    if set(MODEL_NAMES) <= set(runs):
        claims.append(
            evaluate_claim(ClaimId.SHORTER_IS_BETTER, speech, list(_shorter_over_longer(runs, seeds)), PAIRED)
        )
    return claims


def r_value(dataset: xr.Dataset, method: str, mode: str = "strict") -> float:
    """Return the R-value of a method on the test part."""
    return float(dataset["scores"].sel(segmenter=method, mode=mode, measure="r_value"))


def _over_representation(dataset: xr.Dataset, method: str) -> Difference:
    return _gain(f"{method} over representation", (dataset, method), (dataset, REPRESENTATION))


def _over_mfcc(dataset: xr.Dataset, method: str) -> Difference:
    selected = dataset.sel(segmenter=method)
    gain, (low, high) = selected["gain"].item(), selected["gain_interval"].values
    label = f"{method} over MFCC, less {MFCC_MARGIN:g}"
    return Difference(label, gain - MFCC_MARGIN, low - MFCC_MARGIN, high - MFCC_MARGIN)


def _shorter_over_longer(runs: Mapping[str, xr.Dataset], seeds: Sequence[str]) -> Iterator[Difference]:
    """Yield M3 over M6 and M6 over M9, by the best head of each."""
    seed_values = [r_value(runs[name], BEST_HEAD) for name in seeds]
    for short, long in pairwise(MODEL_NAMES):
        label = f"{short.upper()} over {long.upper()}"
        yield widen_by_seed_variance(_gain(label, (runs[short], BEST_HEAD), (runs[long], BEST_HEAD)), seed_values)


def _gain(label: str, better: tuple[xr.Dataset, str], baseline: tuple[xr.Dataset, str]) -> Difference:
    """Return the strict R-value of one (run, method) minus that of another on the same utterances."""
    counts = [dataset["counts"].sel(segmenter=method).values for dataset, method in (baseline, better)]
    compared = compare(np.stack(counts, axis=1), run_clusters(better[0]))
    low, high = compared.gain_interval[1]
    return Difference(label, float(compared.gain[1]), float(low), float(high))
