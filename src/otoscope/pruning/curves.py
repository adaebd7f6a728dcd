"""From the sums of every intervention to curves: scores, changes from the intact model, areas, and where a drop begins.

A drop is significant where all of the 95 % interval of the change, paired over seeds and clusters, is on the worse
side (a level of 2.5 % for each step, not corrected for multiple tests). Needs no torch.
Axes: g cluster, i intervention, s seed, u utterance; curves are [..., step].
"""

from dataclasses import dataclass

import numpy as np

from otoscope.probing.scores import score_estimate, score_scale
from otoscope.results.intervals import IDENTITY, Estimate, Scale, apply, difference, interval
from otoscope.statistics.clusters import Clusters
from otoscope.typing import AnyFloats, Ints


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores `[i]` of every intervention, the intact model first, and the scale of their intervals.

    `sign` is 1 where high scores are good, -1 where low ones are.
    """

    estimate: Estimate
    sign: int
    scale: Scale = IDENTITY


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves `[..., step]` with the ends of their intervals `[..., bound]` last.

    `change` is from the intact model; `area` is under the curve over `share`, so a mean score; `first_drop` is the
    first step at which the score is significantly worse, or -1.
    """

    score: AnyFloats
    score_interval: AnyFloats
    change: AnyFloats
    change_interval: AnyFloats
    area: AnyFloats
    area_interval: AnyFloats
    first_drop: Ints


def scores_of(total_isu: AnyFloats, count_u: AnyFloats, higher_is_better: bool, clusters: Clusters) -> Scores:
    """Return the scores of one probe's sums; a single cluster has no intervals (NaN)."""
    sign = 1 if higher_is_better else -1
    return Scores(score_estimate(total_isu, count_u, clusters), sign, score_scale(total_isu, count_u))


def curves(scores: Scores, index: Ints, share: AnyFloats) -> Curves:
    """Return the curves through the interventions `index [..., step]`; the steps have shares `[step]` from 0 to 1.

    >>> replicates = {"speaker": np.array([[0.8, 0.5], [0.8, 0.4], [0.8, 0.3]])}
    >>> scores = Scores(Estimate(np.array([0.8, 0.4]), replicates), sign=1)
    >>> curve = curves(scores, np.array([0, 1]), np.array([0.0, 1.0]))
    >>> curve.change.tolist(), round(float(curve.area), 3), int(curve.first_drop)
    ([0.0, -0.4], 0.6, -1)
    """
    along = apply(lambda score: score[:, index], scores.estimate)
    intact = apply(lambda score: score[:, np.zeros_like(index)], scores.estimate)
    change = difference(along, intact)
    area = apply(lambda score: np.asarray(np.trapezoid(score, share)), along)
    ends = interval(change)
    worse = (scores.sign * ends < 0).all(axis=-1)
    return Curves(
        along.value,
        interval(along, scores.scale),
        change.value,
        ends,
        area.value,
        interval(area, scores.scale),
        np.where(worse.any(axis=-1), worse.argmax(axis=-1), -1),
    )
