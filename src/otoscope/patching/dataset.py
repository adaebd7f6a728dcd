"""Effects of restored heads as one Dataset with named dimensions.

An effect is the share of the damage that is undone: the drop of the loss over `loss(corrupted) - loss(clean)`, both
sums over utterances. Axes: u utterance, m measure, g group of heads, h head, y phone; `distance`
is that of frames from what the corruption changed.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.attention.output_changes import Unit
from otoscope.results.intervals import estimate, interval
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Floats

HEADS, PHONES, GROUPS = ("measure", "layer", "head"), ("measure", "layer", "head", "phone"), ("measure", "group")
FRAMES = ("measure", "layer", "distance")
SHARE = "share of the damage that is undone"


def _effect(name: str, dims: tuple[str, ...], doc: str) -> dict[str, Variable]:
    return {
        name: Variable(dims, "1", f"{SHARE} {doc}"),
        f"{name}_interval": Variable((*dims, "bound"), "1", f"{INTERVAL}: {SHARE} {doc}"),
        f"{name}_drop": Variable(("utterance", *dims), "as the loss", f"drop of the loss of each utterance {doc}"),
    }


VARIABLES = {
    **_effect("effect", HEADS, "by a restored head, estimated by gradient"),
    **_effect("phone_effect", PHONES, "by a head restored in the frames of a phone, estimated by gradient"),
    **_effect("frame_effect", FRAMES, "by a layer restored in frames at a distance from the change, by gradient"),
    **_effect("exact_frame_effect", FRAMES, "by a layer in such frames, measured; NaN of others than the strongest"),
    **_effect("exact_effect", HEADS, "by a restored head, measured; NaN of other heads than the strongest"),
    **_effect("group_effect", GROUPS, "by all heads of a group restored together, measured"),
    "frame_share": Variable(("distance",), "1", "share of the frames at a distance from what the corruption changed"),
    "clean_loss": Variable(("utterance", "measure"), "as the loss", "loss of each clean utterance"),
    "corrupted_loss": Variable(("utterance", "measure"), "as the loss", "loss of each corrupted utterance"),
    "category": Variable(("layer", "head"), "1", "category of the head: diagonal, vertical or global"),
    "group_member": Variable(("group", "layer", "head"), "1", "whether the head is restored with the group"),
}


def patch_dataset(
    losses: tuple[Floats, Floats],
    drops: Mapping[str, AnyFloats],
    extra: Mapping[str, NDArray[Any]],
    labels: Mapping[str, Sequence[Any]],
    clusters: Clusters,
) -> xr.Dataset:
    """Return the Dataset of effects with intervals.

    Args:
        losses: losses `[u, m]` of clean and of corrupted utterances.
        drops: drops `[u, m, ...]` of the loss by the name of the effect.
        extra: further variables.
        labels: labels of dimensions.
        clusters: cluster of each utterance.
    """
    clean_um, corrupted_um = losses
    values: dict[str, NDArray[Any]] = {"clean_loss": clean_um, "corrupted_loss": corrupted_um, **extra}
    for name, drop in drops.items():
        effects = estimate(
            _share, clusters.key, *(group_sums(each, clusters) for each in (drop, corrupted_um - clean_um))
        )
        values |= {name: effects.value, f"{name}_interval": interval(effects), f"{name}_drop": drop}
    variables = labelled(VARIABLES, values)
    coords = {name: np.array(entries, dtype=object) for name, entries in labels.items()}
    return xr.Dataset(variables, coords | {"bound": np.array(["low", "high"], object)}, {"clusters": clusters.text})


def _share(drop: AnyFloats, damage: AnyFloats) -> AnyFloats:
    return np.asarray(drop / damage.reshape(damage.shape + (1,) * (drop.ndim - damage.ndim)))


def group_members(groups: Collection[Sequence[Unit]], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return whether each head is in each group, `[group, layer, head]`."""
    members = [np.zeros(shape, bool) for _ in groups]
    for member_lh, heads in zip(members, groups, strict=True):
        member_lh[tuple(zip(*heads, strict=True))] = True
    return np.stack(members)


def place_drops(drop_umk: Floats, places: Sequence[Unit], shape: tuple[int, ...]) -> Floats:
    """Return drops of some heads (or frames) at their places in `[u, m, layer, head]`, NaN elsewhere."""
    placed = np.full(shape, np.nan)
    for number, place in enumerate(places):
        placed[:, :, *place] = drop_umk[..., number]
    return placed
