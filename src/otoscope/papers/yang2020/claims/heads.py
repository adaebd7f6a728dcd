"""Claims about categories and diagonal heads: shares of categories, shifts of diagonal heads (published Fig. 1)."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.papers.yang2020.claims.claim import (
    OVER_CLUSTERS,
    EvaluatedClaim,
    evaluate_claim,
    evaluate_claim_per_seed,
    speech_of,
    widen_by_seed_variance,
)
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference, estimated_difference, worst_of
from otoscope.papers.yang2020.models import LONG, SHORT
from otoscope.results.categories import CATEGORIES, RANKED, categorise
from otoscope.results.intervals import (
    Estimate,
    difference,
    jackknife,
)
from otoscope.results.resampling import cluster_weights, resampled_interval, resampled_means
from otoscope.results.schema import run_clusters
from otoscope.typing import AnyFloats

SHARP_THRESHOLD = 0.3  # share of a head's attention at one offset, from which its diagonal is sharp
SHUFFLES = 1000
EVENNESS_TEST = (
    f"chi-squared of layer and category, heads shuffled over layers, {OVER_CLUSTERS}; can refute, not support"
)
OVER_HEADS = "over heads"


def evaluate_head_claims(runs: Mapping[str, xr.Dataset], seeds: Sequence[str]) -> list[EvaluatedClaim]:
    """Return the claims about heads: those of each training of M3, then those that compare models.

    Args:
        runs: Dataset of the heads of each model, by its name.
        seeds: names of the trainings of M3.
    """
    speech = speech_of(runs[SHORT])
    claims = [_evaluate_evenness(runs, seeds, speech), _evaluate_shifts(runs, seeds, speech)]
    if {SHORT, LONG} <= set(runs):
        without = models_without_sharp_heads(runs, [SHORT, LONG])
        test = no_sharp_heads(without) if without else OVER_HEADS
        growth = [] if without else [_growth(runs, seeds)]
        claims.append(evaluate_claim(ClaimId.SHIFT_GROWS, speech, growth, test))
        more_global = _category_growth(runs, seeds, "global", LONG, SHORT)
        more_diagonal = _category_growth(runs, seeds, "diagonal", SHORT, LONG)
        claims.append(evaluate_claim(ClaimId.MORE_GLOBAL, speech, [more_global], OVER_CLUSTERS))
        claims.append(evaluate_claim(ClaimId.MORE_DIAGONAL, speech, [more_diagonal], OVER_CLUSTERS))
    return claims


def category_shares(dataset: xr.Dataset) -> tuple[AnyFloats, AnyFloats]:
    """Return the share of each of `CATEGORIES` among the heads, `[category]`, and its interval, `[category, bound]`."""
    shares, resampled = _shares(dataset)
    return shares, resampled_interval(shares, resampled, run_clusters(dataset))


def diagonal_shifts(dataset: xr.Dataset) -> AnyFloats:
    """Return the offset of the peak of each sharp diagonal head in ms, `[layer, head]`; NaN for other heads.

    The offset is negative if the head attends to earlier frames. Heads with little attention at their peak are left
    NaN, because the position of the peak is noise.
    """
    profile = dataset["offset_profile"].fillna(-1)
    peak = profile.idxmax("offset").values * dataset.attrs["frame_period"] * 1000
    is_diagonal = dataset["category"].values == "diagonal"
    is_sharp = is_diagonal & (profile.max("offset").values >= SHARP_THRESHOLD)
    return np.where(is_sharp, peak, np.nan)


def models_without_sharp_heads(runs: Mapping[str, xr.Dataset], names: Sequence[str]) -> list[str]:
    """Return which of some models have no sharp diagonal head."""
    return [name for name in names if np.isnan(diagonal_shifts(runs[name])).all()]


def no_sharp_heads(names: Sequence[str]) -> str:
    """Return the sentence that names models without sharp diagonal heads."""
    models = " and ".join(name.upper() for name in names)
    return f"no diagonal head of {models} has {SHARP_THRESHOLD:.0%} of its attention at one offset"


def unevenness(category: NDArray[np.str_]) -> float:
    """Return chi-squared of the table of layers and categories, from categories `[layer, head]`; NaN without heads."""
    counts = np.array([[(layer == name).sum() for name in CATEGORIES] for layer in category], dtype=float)
    if not counts.any():
        return np.nan
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())


def _evaluate_evenness(runs: Mapping[str, xr.Dataset], seeds: Sequence[str], speech: str) -> EvaluatedClaim:
    by_seed = {seed: _evenness(runs[seed]) for seed in seeds}
    return evaluate_claim_per_seed(ClaimId.CATEGORIES_EVEN, speech, by_seed, EVENNESS_TEST)


def _evaluate_shifts(runs: Mapping[str, xr.Dataset], seeds: Sequence[str], speech: str) -> EvaluatedClaim:
    without = models_without_sharp_heads(runs, seeds)
    by_seed = {seed: _distance_from_sharp(runs[seed]) for seed in seeds if seed not in without}
    tests = [OVER_CLUSTERS] if by_seed else []
    tests += [no_sharp_heads(without)] if without else []
    return evaluate_claim_per_seed(ClaimId.DIAGONALS_SHIFTED, speech, by_seed, "; ".join(tests))


def _shares(dataset: xr.Dataset) -> tuple[AnyFloats, AnyFloats]:
    """Return shares `[category]` and those of resampled clusters `[resample, category]`, NaN below three clusters."""
    return _share_of(dataset["category"].values), _share_of(_resampled_categories(dataset))


def _resampled_categories(dataset: xr.Dataset) -> NDArray[np.str_]:
    clusters = run_clusters(dataset)
    weights = cluster_weights(clusters)
    rows = [dataset[f"{name}_rows"].values for name in RANKED]
    return categorise(*(resampled_means(weights, values, clusters) for values in rows))


def _share_of(category: NDArray[np.str_]) -> AnyFloats:
    """Return shares `[..., category]` of categories `[..., layer, head]`."""
    present = (category != "").sum(axis=(-2, -1)).astype(np.float64)
    present = np.where(present > 0, present, np.nan)
    return np.stack([(category == name).sum(axis=(-2, -1)) / present for name in CATEGORIES], axis=-1)


def _evenness(dataset: xr.Dataset) -> Difference:
    """Return by how much the unevenness of categories over layers is below the 95 % point of chance.

    A value below chance proves nothing, because an unevenness of few heads can be too small to detect. Therefore the
    interval has no lower end.
    """
    category, rng = dataset["category"].values, np.random.default_rng(0)
    flat = category.ravel()
    shuffled = [unevenness(rng.permutation(flat).reshape(category.shape)) for _ in range(SHUFFLES)]
    bound = float(np.quantile(shuffled, 0.95))
    resampled = np.array([unevenness(categories) for categories in _resampled_categories(dataset)])
    label = "95 % point of chance over chi-squared"
    value = bound - unevenness(category)
    _, high = resampled_interval(np.array(value), bound - resampled, run_clusters(dataset))
    return Difference(label, value, -np.inf if np.isfinite(high) else np.nan, float(high))


def _distance_from_sharp(dataset: xr.Dataset) -> Difference:
    """Return how far the heads are from a sharp diagonal in their own frame, for the head that decides."""
    own = dataset["offset_profile"].sel(offset=0).values.ravel()
    bounds = dataset["offset_profile_interval"].sel(offset=0).values.reshape(-1, 2)
    label = f"{SHARP_THRESHOLD:g} over the most attention to the own frame"
    return worst_of(
        [
            Difference(label, *(float(SHARP_THRESHOLD - share) for share in (value, high, low)))
            for value, (low, high) in zip(own, bounds, strict=True)
            if not np.isnan(value)
        ]
    )


def _growth(runs: Mapping[str, xr.Dataset], seeds: Sequence[str]) -> Difference:
    """Return the mean distance of sharp diagonal heads from the main diagonal, M9 over M3, in frames."""
    long, short = (_mean_shift(runs[name], source=name) for name in (LONG, SHORT))
    label = f"{LONG.upper()} over {SHORT.upper()}, frames"
    grown = estimated_difference(label, difference(long, short))
    return widen_by_seed_variance(grown, [float(_mean_shift(runs[name], source=name).value) for name in seeds])


def _mean_shift(dataset: xr.Dataset, source: str) -> Estimate:
    frames = np.abs(diagonal_shifts(dataset)) / (1000 * dataset.attrs["frame_period"])
    sharp = frames[~np.isnan(frames)]
    return jackknife(lambda indices: float(sharp[indices].mean()), len(sharp), f"heads of {source}")


def _category_growth(
    runs: Mapping[str, xr.Dataset], seeds: Sequence[str], category: str, more: str, fewer: str
) -> Difference:
    """Return the share of a category in one model minus its share in another."""
    index = CATEGORIES.index(category)
    (high, high_resampled), (low, low_resampled) = (_shares(runs[name]) for name in (more, fewer))
    label = f"{more.upper()} over {fewer.upper()}"
    value, resampled = (high - low)[index], (high_resampled - low_resampled)[:, index]
    low_end, high_end = resampled_interval(value, resampled, run_clusters(runs[more]))
    gain = Difference(label, float(value), float(low_end), float(high_end))
    return widen_by_seed_variance(gain, [float(_shares(runs[name])[0][index]) for name in seeds])
