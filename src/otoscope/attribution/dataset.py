"""Agreements and deletion curves with intervals, as one Dataset.

Axes: u utterance, r relevance, s scores by head, o order, l layer, h head, g group, f fraction, c curve.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.attribution.deletion import FRACTIONS, area, shares_left
from otoscope.results.categories import CATEGORIES
from otoscope.results.intervals import Estimate, apply, estimate, interval, mean_estimate
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Bools, Floats

RANDOM = "random"
PAIR, BY_GROUP = ("relevance", "score"), ("score", "group")
CORRELATION = "rank correlation with the size of a relevance, mean over outputs and utterances"
LEFT = "share of the score that is left as pieces are deleted"
GAIN = "mean share that is left in random order, less that in the order"
BEYOND = "what it does not share with distance: partial rank correlation"


def _estimated(name: str, dims: tuple[str, ...], doc: str) -> dict[str, Variable]:
    return {name: Variable(dims, "1", doc), f"{name}_interval": Variable((*dims, "bound"), "1", f"{INTERVAL}: {doc}")}


VARIABLES = {
    **_estimated("agreement", (*PAIR, "layer", "head"), f"of a head: {CORRELATION}"),
    **_estimated("agreement_beyond_distance", (*PAIR, "layer", "head"), f"of a head: {BEYOND}"),
    **_estimated("group_agreement", (*PAIR, "group"), f"mean over the heads of a group: {CORRELATION}"),
    **_estimated("group_agreement_beyond_distance", (*PAIR, "group"), f"mean over the heads of a group: {BEYOND}"),
    **_estimated("diagonal_less_vertical", PAIR, "agreement of diagonal heads less that of vertical heads"),
    **_estimated("diagonal_less_vertical_beyond_distance", PAIR, "the same of agreement beyond distance"),
    **_estimated("order_agreement", ("relevance", "order"), CORRELATION),
    **_estimated("curve", ("order", "fraction"), LEFT),
    **_estimated("group_curve", (*BY_GROUP, "fraction"), f"in the orders of the heads of a group: {LEFT}"),
    **_estimated("area", ("order",), f"mean over the deleted share: {LEFT}"),
    **_estimated("group_area", BY_GROUP, f"mean over the deleted share: {LEFT}"),
    **_estimated("gain", ("order",), f"{GAIN}; above 0: faithful"),
    **_estimated("group_gain", BY_GROUP, f"{GAIN} of the heads of a group; above 0: faithful"),
    "left": Variable(("utterance", "order", "fraction"), "as `unit` says", "sum over outputs of what is left"),
    "head_left": Variable(
        ("utterance", "score", "layer", "head", "fraction"), "as `unit` says", "the same in the order of a drawn head"
    ),
    "answers": Variable(("utterance",), "1", "outputs that were drawn"),
    "category": Variable(("layer", "head"), "1", "category of the head: diagonal, vertical or global"),
    "shape": Variable(("layer", "head"), "1", "shape of the head, without those that need labels"),
    "group_member": Variable(("group", "layer", "head"), "1", "whether the head is in the group"),
}


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of all utterances.

    Attributes:
        rows: arrays `[u, ...]` by name: `agreement` and `agreement_beyond_distance` `[u, r, s, l, h]`,
            `order_agreement` `[u, r, o]`, `left` `[u, o, f]`, `head_left` `[u, s, l, h, f]` (NaN of heads that were not
            drawn).
        members: heads `[l, h]` of each group by its name.
        clusters: cluster of each utterance.
    """

    rows: Mapping[str, Floats]
    members: Mapping[str, Bools]
    clusters: Clusters

    def agreements(self) -> dict[str, NDArray[Any]]:
        """Return agreements of heads, groups and orders with intervals, and the difference of two categories."""
        values = self._means("order_agreement", self.rows["order_agreement"])
        for name in ("agreement", "agreement_beyond_distance"):
            by_head = self.rows[name]
            by_group = group_means(by_head, self.members)
            diagonal, vertical = (by_group[..., CATEGORIES.index(each)] for each in ("diagonal", "vertical"))
            difference = name.replace("agreement", "diagonal_less_vertical")
            values |= self._means(name, by_head) | self._means(f"group_{name}", by_group)
            values |= self._means(difference, diagonal - vertical)
        return values

    def _means(self, name: str, rows: Floats) -> dict[str, NDArray[Any]]:
        return _with_interval(name, mean_estimate(rows, self.clusters))

    def curves(self) -> dict[str, NDArray[Any]]:
        """Return deletion curves of orders and groups, their areas, and what these gain on random order."""
        left_uof, head_left = self.rows["left"], np.moveaxis(self.rows["head_left"], -1, 2)
        left_usgf = np.moveaxis(group_means(head_left, self.members), 2, -1)
        orders, shape = left_uof.shape[1], left_usgf.shape[1:3]
        left_ucf = np.concatenate([left_uof, left_usgf.reshape(len(left_uof), -1, len(FRACTIONS))], axis=1)
        curve = estimate(shares_left, self.clusters.key, group_sums(left_ucf, self.clusters))
        under = apply(area, curve)
        gain = apply(lambda area_c: area_c[..., :1] - area_c, under)
        values: dict[str, NDArray[Any]] = {}
        for name, each in {"curve": curve, "area": under, "gain": gain}.items():
            both = _with_interval(name, each)
            values |= {key: array[:orders] for key, array in both.items()}
            values |= {f"group_{key}": array[orders:].reshape(*shape, *array.shape[1:]) for key, array in both.items()}
        return values


def _with_interval(name: str, value: Estimate) -> dict[str, NDArray[Any]]:
    return {name: value.value, f"{name}_interval": interval(value)}


def group_means(values_lh: Floats, members: Mapping[str, Bools]) -> Floats:
    """Return means `[..., g]` over the heads of each group of values `[..., l, h]`; heads that are NaN do not count.

    >>> group_means(np.array([[1.0, 3.0], [5.0, np.nan]]), {"all": np.ones((2, 2), bool)}).tolist()
    [3.0]
    """
    means = []
    for member_lh in members.values():
        values = values_lh[..., member_lh]
        count = (~np.isnan(values)).sum(-1)
        means.append(np.divide(np.nansum(values, -1), count, out=np.full(count.shape, np.nan), where=count > 0))
    return np.stack(means, axis=-1)


def faithfulness_dataset(
    measured: Measured, heads: Mapping[str, NDArray[Any]], labels: Mapping[str, Sequence[Any]]
) -> xr.Dataset:
    """Return the Dataset of a run.

    Args:
        measured: what was measured of all utterances.
        heads: category and shape `[l, h]` of each head.
        labels: labels of the dimensions `relevance`, `score` and `order`.
    """
    rows = {name: measured.rows[name] for name in ("left", "head_left", "answers")}
    members = {"group_member": np.stack(list(measured.members.values()))}
    values = measured.agreements() | measured.curves() | rows | dict(heads) | members
    coords: dict[str, AnyFloats | NDArray[Any]] = {name: np.array(each, object) for name, each in labels.items()}
    coords |= {"group": np.array(list(measured.members), object), "fraction": np.array(FRACTIONS)}
    coords |= {"bound": np.array(["low", "high"], object)}
    return xr.Dataset(labelled(VARIABLES, values), coords, {"clusters": measured.clusters.text})
