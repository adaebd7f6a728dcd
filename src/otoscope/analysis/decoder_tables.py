"""Categories of decoder heads, changes of word errors, and a decoder run in words. Knows no torch.

Axes: a attention (self, cross), l layer, h head, r removal, u utterance.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from otoscope.results.categories import competition_ranks
from otoscope.results.intervals import IDENTITY, Estimate, difference, estimate, interval, ratio
from otoscope.results.rounding import format_with_error
from otoscope.results.text_table import format_table
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import Floats

CATEGORY_MEASURES = (
    {"previous": "previous_token", "first": "first_token", "prompt": "prompt", "global": "entropy"},
    {"aligned": "monotony", "sharp": "peak", "global": "entropy"},
)
"""For self-attention and for cross-attention: the measure that ranks for each category; the first wins equal ranks."""
MIN_STRUCTURE_NATS = float(np.log(2))
"""Below it, rows attend to more than half as many columns as uniform attention."""
MIN_SHARE = 0.5
"""Mass that names the shape of a head."""
MIN_MONOTONY = 0.8
"""Of a head that follows the audio; that of centers at random is .5."""
SHAPE_MEASURES = (
    {"first": "first_token", "previous": "previous_token", "own": "own_token", "prompt": "prompt"},
    {"sink": "sink"},
)
"""For self-attention and for cross-attention: the mass that decides on a shape, in the order of the rules."""
NUM_ROWS = 8


def category_of(measures_alh: Mapping[str, Floats]) -> np.ndarray:
    """Return the category of each head `[a, l, h]`: the one in whose list it has the best rank."""
    shape = next(iter(measures_alh.values())).shape
    categories = np.full(shape, "", object)
    for kind, measure_of in enumerate(CATEGORY_MEASURES):
        values = np.stack([measures_alh[name][kind].ravel() for name in measure_of.values()])
        best = np.array(list(measure_of), object)[competition_ranks(values).argmin(0)]
        categories[kind] = np.where(np.isnan(values).any(0), "", best).reshape(shape[1:])
    return categories


def shape_of(measures_alh: Mapping[str, Floats]) -> np.ndarray:
    """Return the shape of each head `[a, l, h]`, which does not depend on other heads.

    `uniform` is less structure than log 2. `first`, `previous`, `own`, `prompt` and `sink` hold half of the mass.
    `aligned` is cross-attention whose center seldom goes back. All others are `mixed`.

    >>> values = {"structure": 2.0, "first_token": 0.1, "previous_token": 0.7, "own_token": 0.1, "prompt": 0.2}
    >>> values |= {"sink": 0.2, "monotony": 0.9}
    >>> shape_of({name: np.full((2, 1, 1), value) for name, value in values.items()}).ravel().tolist()
    ['previous', 'aligned']
    """
    structure = measures_alh["structure"]
    shapes = np.full(structure.shape, "mixed", object)
    for kind, measure_of in enumerate(SHAPE_MEASURES):
        of_kind = {name: values[kind] for name, values in measures_alh.items()}
        rules = {"": np.isnan(of_kind["structure"]), "uniform": of_kind["structure"] < MIN_STRUCTURE_NATS}
        rules |= {shape: of_kind[name] >= MIN_SHARE for shape, name in measure_of.items()}
        if "sink" in measure_of:
            rules["aligned"] = of_kind["monotony"] >= MIN_MONOTONY
        shapes[kind] = np.select(list(rules.values()), list(rules), "mixed")
    return shapes


def word_error_rates(errors_ru: Floats, words_u: Floats, clusters: Clusters) -> tuple[Floats, Floats, Floats]:
    """Return the word error rates `[r]`, their changes from the first, and the paired intervals `[r, bound]`."""
    words = group_sums(words_u, clusters)
    rates = [estimate(ratio, clusters.key, group_sums(errors, clusters), words) for errors in errors_ru]
    changes = [difference(rate, rates[0]) for rate in rates]
    bounds = np.stack([_bounds(change) for change in changes])
    return _values(rates), _values(changes), bounds


def _bounds(change: Estimate) -> Floats:
    return np.asarray(interval(change, IDENTITY))


def _values(estimates: Sequence[Estimate]) -> Floats:
    return np.array([float(item.value) for item in estimates])


def decoder_table(dataset: xr.Dataset) -> str:
    """Return the strongest heads of each category, and the removals that change word errors most."""
    effects = [_effect_table(dataset)] if "removed" in dataset else []
    return "\n".join([_measure_table(dataset), _shape_table(dataset), *effects])


def _measure_table(dataset: xr.Dataset) -> str:
    rows = []
    for attention, measure_of in zip(dataset["attention"].values, CATEGORY_MEASURES, strict=True):
        for category, name in measure_of.items():
            values = dataset["value"].sel(attention=attention, measure=name).values
            layer, head = np.unravel_index(np.nanargmax(values), values.shape)
            count = int((dataset["category"].sel(attention=attention).values == category).sum())
            rows.append([f"{attention} {category}", str(count), f"{layer}.{head}", name, f"{values[layer, head]:.3f}"])
    return format_table(("category", "heads", "first", "measure", "value"), rows)


def _shape_table(dataset: xr.Dataset) -> str:
    """Return the number of heads of each shape."""
    rows = []
    for attention in dataset["attention"].values:
        counts = Counter(str(name) for name in dataset["shape"].sel(attention=attention).values.ravel())
        rows += [[str(attention), name, str(count)] for name, count in counts.most_common() if name]
    return format_table(("attention", "shape", "heads"), rows)


def _effect_table(dataset: xr.Dataset) -> str:
    """Return what is intact, and the removals with the largest changes of the word error rate."""
    change, bounds = dataset["word_error_change"].values, dataset["word_error_change_interval"].values
    order = [0, *(1 + np.argsort(-np.abs(change[1:]), kind="stable"))[:NUM_ROWS]]
    rules = [str(rule) for rule in dataset["rule"].values]
    rows = [
        [
            str(dataset["removed"].values[index]) or "nothing",
            f"{dataset['word_error_rate'].values[index]:.3f}",
            format_with_error(change[index], (bounds[index, 1] - bounds[index, 0]) / 2, 3) if index else "",
            f"{dataset['empty_speech'].values[index]:.3f}",
            *(_share(value) for value in dataset["sound_text"].values[index]),
        ]
        for index in order
    ]
    return format_table(("removed", "WER", "change", "empty speech", *(f"sounds: {rule}" for rule in rules)), rows)


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"
