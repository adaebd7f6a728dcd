"""The shape of a head: an absolute description of its attention, independent of the other heads.

`ln T - G`, the mean divergence of a head's rows from uniform attention, is the *structure* of the head. By the chain
rule of divergence, the structure is at least the part that the key alone explains, `ln T + V`, and the part that the
offset from the query alone explains (`offset_divergence`). All are means over utterances, in nats, so they stream and
merge as statistics do. `benchmarks/shapes.py` prints what reference maps give.

Axes: l layer, h head, d offset.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xarray as xr

from otoscope.typing import AnyFloats

MIN_STRUCTURE_NATS = float(np.log(2))
"""Below it, queries attend to more than half as many keys as uniform attention: exp(G) > T / 2."""
MIN_PART = 0.5
"""Share of the structure that the offset or the key must explain for a diagonal or vertical head."""
MIN_DIAGONAL_NATS = 1.0
"""Part of the structure that the offset explains in a diagonal head; uniform attention to the past has 0.8."""
MIN_OWN_RUN_SHARE = 0.5
"""Share of attention within the query's own phone that a block-diagonal head has."""
MIN_OWN_RUN_EXCESS = 0.1
"""How much larger that share is than the one which its offsets alone would give."""
HALF_HEIGHT = 0.5
"""Of the peak of the offset profile: a head is shifted if the main diagonal is lower."""

SHAPES = ("uniform", "diagonal", "shifted diagonal", "vertical", "block-diagonal", "mixed")


@dataclass(frozen=True, eq=False)
class ShapeEvidence:
    """What decides on the shapes of heads, each `[l, h]`; NaN for a head that its layer lacks.

    Attributes:
        structure: `ln T - G`, nats.
        by_key: `ln T + V`, nats.
        by_offset: divergence of the offset profile, nats.
        peak: offset with the most attention, frames.
        is_shifted: whether the main diagonal is lower than half the peak.
        own_run: share of attention within the query's own phone; NaN without labels.
        own_run_excess: the same, minus what the offsets alone would give; NaN without labels.
    """

    structure: AnyFloats
    by_key: AnyFloats
    by_offset: AnyFloats
    peak: AnyFloats
    is_shifted: npt.NDArray[np.bool_]
    own_run: AnyFloats
    own_run_excess: AnyFloats

    def part(self, nats: AnyFloats) -> AnyFloats:
        """Return nats as a share of the structure; NaN without structure."""
        return nats / np.where(self.structure > 0, self.structure, np.nan)


def shape_evidence(dataset: xr.Dataset) -> ShapeEvidence | None:
    """Return what decides on the shapes of the heads of a run, or None if the run lacks statistics for it."""
    if not {"offset_divergence", "offset_profile"} <= set(dataset):
        return None
    uniform = float(np.log(dataset["frames"].values).mean())
    profile_lhd = np.nan_to_num(dataset["offset_profile"].values)
    offsets = dataset["offset"].values
    main_lh = profile_lhd[..., int(np.flatnonzero(offsets == 0)[0])]
    nothing = np.full(profile_lhd.shape[:2], np.nan)
    own, expected = (
        dataset[name].values if name in dataset else nothing for name in ("own_run_share", "own_run_by_offset")
    )
    return ShapeEvidence(
        structure=uniform - dataset["globalness"].values,
        by_key=uniform + dataset["verticality"].values,
        by_offset=dataset["offset_divergence"].values,
        peak=offsets[profile_lhd.argmax(axis=-1)],
        is_shifted=main_lh < HALF_HEIGHT * profile_lhd.max(axis=-1),
        own_run=own,
        own_run_excess=own - expected,
    )


def head_shapes(evidence: ShapeEvidence) -> npt.NDArray[np.str_]:
    """Return the shape of every head `[l, h]`, one of `SHAPES`; empty for a head that its layer lacks.

    >>> one = np.ones((1, 1))
    >>> sharp = ShapeEvidence(3 * one, 0.1 * one, 2.9 * one, 4 * one, one > 0, np.nan * one, np.nan * one)
    >>> head_shapes(sharp).tolist()
    [['shifted diagonal']]
    """
    e = evidence
    part = MIN_PART * e.structure
    is_block = (e.own_run >= MIN_OWN_RUN_SHARE) & (e.own_run_excess >= MIN_OWN_RUN_EXCESS)
    is_diagonal = (e.by_offset >= np.maximum(part, MIN_DIAGONAL_NATS)) & (e.by_offset >= e.by_key)
    rules = {
        "": np.isnan(e.structure),
        "uniform": e.structure < MIN_STRUCTURE_NATS,
        "block-diagonal": is_block,
        "shifted diagonal": is_diagonal & e.is_shifted,
        "diagonal": is_diagonal,
        "vertical": e.by_key >= part,
    }
    return np.select(list(rules.values()), list(rules), "mixed")


def shape_offsets(evidence: ShapeEvidence, shapes: npt.NDArray[np.str_], frame_period: float) -> AnyFloats:
    """Return the offset in ms of each shifted diagonal, 0 for a diagonal on the main one, NaN for other shapes."""
    shifted = np.where(shapes == "shifted diagonal", evidence.peak * frame_period * 1000, np.nan)
    return np.where(shapes == "diagonal", 0.0, shifted)


def shape_label(shape: str, offset_ms: float) -> str:
    """Return a shape with its offset as text.

    >>> shape_label("shifted diagonal", -40.0), shape_label("vertical", float("nan"))
    ('shifted -40 ms', 'vertical')
    """
    return f"shifted {offset_ms:+.0f} ms" if shape == "shifted diagonal" else shape
