"""Heads of the models beside each other: shares of categories, shifts of diagonal heads (published Fig. 1)."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.papers.yang2020.claims import (
    OVER_UTTERANCES,
    Answer,
    answered,
    answered_by_each,
    beyond_chance,
    difference,
    over_heads,
)
from otoscope.papers.yang2020.pruning_claims import Difference, for_every
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, resampled_rows
from otoscope.results.categories import CATEGORIES, STATISTIC_OF, categorise

Floats = NDArray[np.floating]
SHARP = 0.3  # of a head's attention at one offset: a sharp diagonal
SHUFFLES = 1000


def shares(dataset: xr.Dataset) -> tuple[Floats, Floats]:
    """Share of each of `CATEGORIES` among the heads, `[category]`, and of resampled utterances `[resample, category]`.

    One utterance has no resamples (NaN).
    """
    drawn = _categories_drawn(dataset)
    plain = _share_of(dataset["category"].values)
    return plain, _share_of(drawn) if dataset.sizes["utterance"] > 1 else np.full((1, len(plain)), np.nan)


def shifts(dataset: xr.Dataset) -> Floats:
    """Offset in ms of the peak of each sharp diagonal head `[layer, head]`, negative where it looks back; else NaN.

    Where a peak holds little of a head's attention its place is noise.
    """
    profile = dataset["offset_profile"].fillna(-1)
    peak = profile.idxmax("offset").values * dataset.attrs["frame_period"] * 1000
    is_sharp = (dataset["category"].values == "diagonal") & (profile.max("offset").values >= SHARP)
    return np.where(is_sharp, peak, np.nan)


def head_answers(found: Mapping[str, xr.Dataset], seeds: list[str]) -> list[Answer]:
    """Claims about M3's heads, of each seed, then those that compare models; `found` are runs of heads by model."""
    of = f"{found['m3'].sizes['utterance']} utterances"
    even = {seed: _evenness(found[seed]) for seed in seeds}
    off = {seed: _off_diagonal(found[seed]) for seed in seeds if not _none_sharp(found, seed)}
    test = "; ".join(filter(None, [OVER_UTTERANCES * bool(off), _none_sharp(found, *seeds)]))
    answers = [
        answered_by_each("categories are spread evenly over layers", of, even, _EVEN),
        answered_by_each("sharp diagonals are shifted off the main diagonal", of, off, test),
    ]
    if {"m3", "m9"} <= set(found):
        grown = _growth(found, seeds)
        test = _none_sharp(found, "m3", "m9") or "heads drawn again"
        answers.append(answered("the shift grows with the masking span", of, grown, test))
        for text, category, sign in _SPANS:
            answers.append(answered(text, of, [_more(found, seeds, category, sign)], OVER_UTTERANCES))
    return answers


def _none_sharp(found: Mapping[str, xr.Dataset], *names: str) -> str:
    """Which of some models have no sharp diagonal, in words; empty where all have some."""
    lacking = [name.upper() for name in names if np.isnan(shifts(found[name])).all()]
    return f"no diagonal head of {' and '.join(lacking)} has {SHARP:.0%} of its attention at one offset" * bool(lacking)


_EVEN = f"chi-squared of layer and category, heads shuffled over layers, {OVER_UTTERANCES}; it can refute, not show"
_SPANS = (
    ("a larger span makes more global heads", "global", 1),
    ("a smaller span makes more diagonal heads", "diagonal", -1),
)


def _categories_drawn(dataset: xr.Dataset) -> NDArray[np.str_]:
    rows = {name: dataset[f"{name}_rows"].values for name in STATISTIC_OF.values()}
    drawn = resampled_rows(rows, Bootstrap())
    return categorise(*(drawn[name] for name in ("globalness", "verticality", "diagonality")))


def _share_of(category: NDArray[np.str_]) -> Floats:
    """Shares [..., category] of categories [..., layer, head]."""
    present = (category != "").sum(axis=(-2, -1))
    return np.stack([(category == name).sum(axis=(-2, -1)) / present for name in CATEGORIES], axis=-1)


def _evenness(dataset: xr.Dataset) -> Difference:
    """How far below the 95 % point of chance the unevenness of categories over layers is, as far as it can be told.

    That it is below shows nothing: few heads may be uneven and not be found to be. So there is no lower end.
    """
    category, rng = dataset["category"].values, np.random.default_rng(0)
    flat = category.ravel()
    shuffled = [_unevenness(rng.permutation(flat).reshape(category.shape)) for _ in range(SHUFFLES)]
    bound = float(np.quantile(shuffled, 0.95))
    drawn = np.array([_unevenness(one) for one in _categories_drawn(dataset)])
    found = difference("95 % point of chance over chi-squared", bound - _unevenness(category), bound - drawn)
    return replace(found, low=-np.inf, high=found.high if dataset.sizes["utterance"] > 1 else np.nan)


def _unevenness(category: NDArray[np.str_]) -> float:
    """Chi-squared of the table of layers and categories."""
    counts = np.array([[(layer == name).sum() for name in CATEGORIES] for layer in category], dtype=float)
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    return float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())


def _off_diagonal(dataset: xr.Dataset) -> Difference:
    """How far each head, by the one that says most, is from a sharp diagonal in its own frame."""
    own = dataset["offset_profile"].sel(offset=0).values.ravel()
    ends = dataset["offset_profile_interval"].sel(offset=0).values.reshape(-1, 2)
    what = f"{SHARP:g} over the most attention to the own frame"
    far = [
        Difference(what, float(SHARP - most), float(SHARP - high), float(SHARP - low))
        for most, (low, high) in zip(own, ends, strict=True)
        if not np.isnan(most)
    ]
    return for_every(far)


def _growth(found: Mapping[str, xr.Dataset], seeds: list[str]) -> list[Difference]:
    """Mean distance of sharp diagonal heads from the main diagonal, M9 over M3, in frames; nothing without any."""
    if _none_sharp(found, "m3", "m9"):
        return []
    (long, long_drawn), (short, short_drawn) = (_mean_shift(found[name]) for name in ("m9", "m3"))
    grown = difference("M9 over M3, frames", long - short, long_drawn - short_drawn[::-1])
    return [beyond_chance(grown, [_mean_shift(found[name])[0] for name in seeds])]


def _mean_shift(dataset: xr.Dataset) -> tuple[float, Floats]:
    frames = np.abs(shifts(dataset)) / (1000 * dataset.attrs["frame_period"])
    known = frames[~np.isnan(frames)]
    return over_heads(lambda places: float(known[places].mean()), len(known))


def _more(found: Mapping[str, xr.Dataset], seeds: list[str], category: str, sign: int) -> Difference:
    """Share of a category, M9 over M3 (or M3 over M9 where the sign is -1)."""
    place = CATEGORIES.index(category)
    (long, long_drawn), (short, short_drawn) = (shares(found[name]) for name in ("m9", "m3"))
    what = "M9 over M3" if sign > 0 else "M3 over M9"
    grown = difference(what, sign * (long - short)[place], sign * (long_drawn - short_drawn)[:, place])
    return beyond_chance(grown, [float(shares(found[name])[0][place]) for name in seeds])


def share_intervals(dataset: xr.Dataset) -> tuple[Floats, Floats]:
    """Shares `[category]` and their intervals `[category, bound]`."""
    plain, drawn = shares(dataset)
    return plain, interval(drawn)
