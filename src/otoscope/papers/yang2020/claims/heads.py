"""Claims about categories and diagonal heads: shares of categories, shifts of diagonal heads (published Fig. 1)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.papers.yang2020.claims.claim import (
    OVER_UTTERANCES,
    EvaluatedClaim,
    bootstrap_heads,
    evaluate_claim,
    evaluate_claim_per_seed,
    widen_by_seed_variance,
)
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference, resampled_difference, worst_of
from otoscope.papers.yang2020.models import LONG, SHORT
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, resampled_rows
from otoscope.results.categories import CATEGORIES, CATEGORY_STATISTIC, categorise
from otoscope.typing import AnyFloats

SHARP_THRESHOLD = 0.3  # share of a head's attention at one offset, from which its diagonal is sharp
SHUFFLES = 1000
EVENNESS_TEST = (
    f"chi-squared of layer and category, heads shuffled over layers, {OVER_UTTERANCES}; can refute, not support"
)
RESAMPLED_HEADS = "bootstrap over heads"


def evaluate_head_claims(runs: Mapping[str, xr.Dataset], seeds: Sequence[str]) -> list[EvaluatedClaim]:
    """Return the claims about heads: those of each training of M3, then those that compare models.

    Args:
        runs: Dataset of the heads of each model, by its name.
        seeds: names of the trainings of M3.
    """
    speech = f"{runs[SHORT].sizes['utterance']} utterances"
    claims = [_evaluate_evenness(runs, seeds, speech), _evaluate_shifts(runs, seeds, speech)]
    if {SHORT, LONG} <= set(runs):
        without = models_without_sharp_heads(runs, [SHORT, LONG])
        test = no_sharp_heads(without) if without else RESAMPLED_HEADS
        growth = [] if without else [_growth(runs, seeds)]
        claims.append(evaluate_claim(ClaimId.SHIFT_GROWS, speech, growth, test))
        more_global = _category_growth(runs, seeds, "global", LONG, SHORT)
        more_diagonal = _category_growth(runs, seeds, "diagonal", SHORT, LONG)
        claims.append(evaluate_claim(ClaimId.MORE_GLOBAL, speech, [more_global], OVER_UTTERANCES))
        claims.append(evaluate_claim(ClaimId.MORE_DIAGONAL, speech, [more_diagonal], OVER_UTTERANCES))
    return claims


def category_shares(dataset: xr.Dataset) -> tuple[AnyFloats, AnyFloats]:
    """Return the share of each of `CATEGORIES` among the heads, `[category]`, and its interval, `[category, bound]`."""
    shares, resampled = _shares(dataset)
    return shares, interval(resampled)


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
    """Return chi-squared of the table of layers and categories, from categories `[layer, head]`."""
    counts = np.array([[(layer == name).sum() for name in CATEGORIES] for layer in category], dtype=float)
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())


def _evaluate_evenness(runs: Mapping[str, xr.Dataset], seeds: Sequence[str], speech: str) -> EvaluatedClaim:
    by_seed = {seed: _evenness(runs[seed]) for seed in seeds}
    return evaluate_claim_per_seed(ClaimId.CATEGORIES_EVEN, speech, by_seed, EVENNESS_TEST)


def _evaluate_shifts(runs: Mapping[str, xr.Dataset], seeds: Sequence[str], speech: str) -> EvaluatedClaim:
    without = models_without_sharp_heads(runs, seeds)
    by_seed = {seed: _distance_from_sharp(runs[seed]) for seed in seeds if seed not in without}
    tests = [OVER_UTTERANCES] if by_seed else []
    tests += [no_sharp_heads(without)] if without else []
    return evaluate_claim_per_seed(ClaimId.DIAGONALS_SHIFTED, speech, by_seed, "; ".join(tests))


def _shares(dataset: xr.Dataset) -> tuple[AnyFloats, AnyFloats]:
    """Return shares `[category]` and those of resampled utterances `[resample, category]`, NaN for one utterance."""
    resampled = _resampled_categories(dataset)
    shares = _share_of(dataset["category"].values)
    return shares, _share_of(resampled) if dataset.sizes["utterance"] > 1 else np.full((1, len(shares)), np.nan)


def _resampled_categories(dataset: xr.Dataset) -> NDArray[np.str_]:
    rows = {name: dataset[f"{name}_rows"].values for name in CATEGORY_STATISTIC.values()}
    resampled = resampled_rows(rows, Bootstrap())
    return categorise(*(resampled[name] for name in ("globalness", "verticality", "diagonality")))


def _share_of(category: NDArray[np.str_]) -> AnyFloats:
    """Return shares `[..., category]` of categories `[..., layer, head]`."""
    present = (category != "").sum(axis=(-2, -1))
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
    gain = resampled_difference(label, bound - unevenness(category), bound - resampled)
    return replace(gain, low=-np.inf, high=gain.high if dataset.sizes["utterance"] > 1 else np.nan)


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
    (long, long_resampled), (short, short_resampled) = (_mean_shift(runs[name]) for name in (LONG, SHORT))
    label = f"{LONG.upper()} over {SHORT.upper()}, frames"
    grown = resampled_difference(label, long - short, long_resampled - short_resampled[::-1])
    return widen_by_seed_variance(grown, [_mean_shift(runs[name])[0] for name in seeds])


def _mean_shift(dataset: xr.Dataset) -> tuple[float, AnyFloats]:
    frames = np.abs(diagonal_shifts(dataset)) / (1000 * dataset.attrs["frame_period"])
    sharp = frames[~np.isnan(frames)]
    return bootstrap_heads(lambda indices: float(sharp[indices].mean()), len(sharp))


def _category_growth(
    runs: Mapping[str, xr.Dataset], seeds: Sequence[str], category: str, more: str, fewer: str
) -> Difference:
    """Return the share of a category in one model minus its share in another."""
    index = CATEGORIES.index(category)
    (high, high_resampled), (low, low_resampled) = (_shares(runs[name]) for name in (more, fewer))
    label = f"{more.upper()} over {fewer.upper()}"
    gain = resampled_difference(label, (high - low)[index], (high_resampled - low_resampled)[:, index])
    return widen_by_seed_variance(gain, [float(_shares(runs[name])[0][index]) for name in seeds])
