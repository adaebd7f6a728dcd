"""R-values of the models beside each other, paired over utterances (published section on segmentation, Fig. 2)."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims import Answer, answered, beyond_chance
from otoscope.papers.yang2020.pruning_claims import Difference
from otoscope.segmentation.comparison import compare

ATTENTION = ("best head", "ensemble")
POINTS = 0.03  # of R-value, over MFCC
PAIRED = "bootstrap over test utterances, paired"


def boundary_answers(found: Mapping[str, xr.Dataset], seeds: list[str]) -> list[Answer]:
    """Claims about segmentation; `found` are runs of segmentation by model."""
    of = f"{found['m3'].sizes['utterance']} test utterances"
    mfcc = "attention finds boundaries 3 points better than MFCC"
    layer = "attention finds boundaries better than a representation"
    answers = [
        answered(text, f"{of}, {name} of {seed.upper()}", [over(found[seed], name)], PAIRED)
        for text, over in ((mfcc, _over_mfcc), (layer, _over_layer))
        for seed in seeds
        for name in ATTENTION
    ]
    if {"m3", "m6", "m9"} <= set(found):
        answers.append(
            answered("a shorter masking span finds boundaries better", of, list(_ordered(found, seeds)), PAIRED)
        )
    return answers


def r_value(dataset: xr.Dataset, method: str, mode: str = "strict") -> float:
    """Of a method on the test part."""
    return float(dataset["scores"].sel(segmenter=method, mode=mode, measure="r_value"))


def _over_layer(dataset: xr.Dataset, method: str) -> Difference:
    return _over(dataset, method, dataset, "representation", f"{method} over representation")


def _over_mfcc(dataset: xr.Dataset, method: str) -> Difference:
    of_method = dataset.sel(segmenter=method)
    gain, (low, high) = of_method["gain"].item(), of_method["gain_interval"].values
    return Difference(f"{method} over MFCC, less {POINTS:g}", gain - POINTS, low - POINTS, high - POINTS)


def _ordered(found: Mapping[str, xr.Dataset], seeds: list[str]) -> Iterator[Difference]:
    """M3 over M6 and M6 over M9, by the best head of each."""
    by_chance = [r_value(found[name], "best head") for name in seeds]
    for short, long in (("m3", "m6"), ("m6", "m9")):
        what = f"{short.upper()} over {long.upper()}"
        yield beyond_chance(_over(found[short], "best head", found[long], "best head", what), by_chance)


def _over(a: xr.Dataset, of_a: str, b: xr.Dataset, of_b: str, what: str) -> Difference:
    """Strict R-value of one method over another on the same utterances."""
    counts = [one["counts"].sel(segmenter=name).values for one, name in ((b, of_b), (a, of_a))]
    compared = compare(np.stack(counts, axis=1))
    low, high = compared.gain_interval[1]
    return Difference(what, float(compared.gain[1]), float(low), float(high))
