"""Comparisons of drawn numbers, so that their figure is tested without any run."""

import numpy as np
import pandas as pd

from otoscope.comparison.pairing import Pairing
from otoscope.comparison.table import Comparison

COMPARISONS = {
    "heads": {"layers": 12, "heads": 12},
    "2x2": {"layers": 2, "heads": 2},
    "means, one speaker": {"layers": 0, "heads": 0, "half": np.nan},
}


def comparison_dataset(layers, heads, half=0.1, seed=0):
    rng = np.random.default_rng(seed)
    places = [{"layer": layer, "head": head} for layer in range(layers) for head in range(heads)] or [{}]
    rows = pd.DataFrame([{**place, "statistic": name} for name in ("normalised_entropy", "weight") for place in places])
    difference = rng.normal(size=len(rows)) / 5
    numbers = {"a": difference, "b": 0.0, "difference": difference, "low": difference - half, "high": difference + half}
    p = np.where(np.isnan(half), np.nan, np.exp(-(np.abs(difference) / 0.1)))
    compared = rows.assign(**numbers, p=p, p_adjusted=np.minimum(1, 4 * p))
    names = ("runs/one model", "runs/another model")
    clusters = ("4 speakers", "4 speakers")
    return Comparison(compared, names, Pairing.UTTERANCE, (8, 8), clusters, "holm", is_synthetic=True).dataset
