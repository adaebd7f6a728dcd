"""Text of the transitions that attention finds and MFCC misses, and which rows of a run it compares."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.segmentation.text_parts import interval_text, table_parts
from otoscope.segmentation.voters import BEST_HEAD, ENSEMBLE, WEIGHTED
from otoscope.statistics.correction import fdr
from otoscope.typing import AnyFloats, Bools

MIN_REFERENCES = 20
"""Fewest boundaries of a transition that is compared."""
PREFERRED = ((BEST_HEAD, "best head"), (WEIGHTED, ENSEMBLE, "ensemble"))
"""Names of the compared rows; the first that a run has."""
SIGNIFICANT = 0.05
TITLES = {"found": "share", "false": "rate"}
NOTE = (
    "found: share of the references with a match; false: false boundaries for each reference;\n"
    "alone: references found that MFCC misses; * differs from MFCC\n"
    f"(false discovery rate {SIGNIFICANT:g}, Benjamini and Hochberg; not the first row)"
)


def compared_methods(dataset: xr.Dataset) -> list[str]:
    """Return the names of MFCC, of the best head and of the best sum of heads that the run has."""
    names = [str(name) for name in dataset["segmenter"].values]
    chosen = [next((name for name in choices if name in names), None) for choices in PREFERRED]
    return [names[0], *(name for name in chosen if name)]


def frequent_transitions(dataset: xr.Dataset) -> xr.Dataset:
    """Return the compared methods and all transitions together, then the frequent ones by the last method's gain."""
    methods = dataset.sel(segmenter=compared_methods(dataset))
    references = methods["transition_counts"].sel(transition_count="reference").isel(segmenter=0)
    frequent = methods.isel(transition=np.unique([0, *np.flatnonzero(references.values >= MIN_REFERENCES)]))
    gain = frequent["transition_gain"].sel(transition_measure="found").isel(segmenter=-1).values
    return frequent.isel(transition=[0, *(1 + np.argsort(-gain[1:], kind="stable"))])


def transition_table(dataset: xr.Dataset) -> str:
    """Return the frequent transitions with the scores of MFCC, of the best head and of a sum of heads, as text.

    Args:
        dataset: Dataset of a run of `segment`; without transitions (syllables and words), the text is empty.
    """
    if "transition_counts" not in dataset:
        return ""
    shown = frequent_transitions(dataset)
    rows = pd.DataFrame(dict(_columns(shown)))
    rows.columns = pd.MultiIndex.from_tuples(list(rows.columns))  # type: ignore[arg-type]
    rare = dataset.sizes["transition"] - shown.sizes["transition"]
    heading = f"transitions with {MIN_REFERENCES} boundaries or more ({rare} have fewer), strict, test part"
    return "\n\n".join([heading, *table_parts(rows, keys=2), NOTE])


def _columns(shown: xr.Dataset) -> Iterator[tuple[tuple[str, str], list[str]]]:
    counts = shown["transition_counts"]
    yield ("", "transition"), [str(name) for name in shown["transition"].values]
    yield ("", "n"), [str(value) for value in counts.sel(transition_count="reference").isel(segmenter=0).values]
    for place, name in enumerate(shown["segmenter"].values):
        method = shown.sel(segmenter=name)
        for measure, title in TITLES.items():
            own = method.sel(transition_measure=measure)
            group = f"{name}: {measure}"
            yield (group, title), [_number(value) for value in own["transition_scores"].values]
            if place:
                yield (group, "over MFCC"), _gains(own)
                yield (group, "95 %"), [interval_text(ends) for ends in own["transition_gain_interval"].values]
        if place:
            alone = method["transition_counts"].sel(transition_count="alone")
            yield (f"{name}: alone", "n"), [str(value) for value in alone.values]


def _gains(own: xr.Dataset) -> list[str]:
    """Return the gain over MFCC of each transition, with a star where it holds after the correction."""
    is_significant = significant(own["transition_gain_p"].values)
    gains = own["transition_gain"].values
    return [f"{gain:+.3f}{'*' if star else ' '}" for gain, star in zip(gains, is_significant, strict=True)]


def significant(p: AnyFloats) -> Bools:
    """Return which transitions differ after correction for their number; the first, all transitions, is not corrected.

    >>> significant(np.array([0.04, 0.04, 0.3])).tolist()
    [True, False, False]
    """
    return np.concatenate([p[:1], fdr(p[1:])]) < SIGNIFICANT


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"
