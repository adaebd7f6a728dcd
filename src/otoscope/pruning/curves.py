"""From the sums of every intervention to curves: scores, changes from the intact model, areas, and where a drop begins.

A drop is significant where all of the 95 % interval of the change, paired over seeds and utterances, is on the worse
side (a level of 2.5 % for each step, not corrected for their number). Needs no torch.
Axes: r resample, i intervention, s seed, u utterance; curves are [..., step].
"""

from dataclasses import dataclass

import numpy as np

from otoscope.probing.scores import resampled, score
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval
from otoscope.typing import AnyFloats, Ints


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores `[i]` of every intervention, the intact model first, and of their resamples `[r, i]`.

    `sign` is 1 where high scores are good, -1 where low ones are.
    """

    plain: AnyFloats
    resampled: AnyFloats
    sign: int


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


def scores_of(total_isu: AnyFloats, count_u: AnyFloats, higher_is_better: bool, bootstrap: Bootstrap) -> Scores:
    """Return the scores of one probe's sums; a single utterance has no resamples (NaN)."""
    plain = score(total_isu, count_u)
    has_resamples = (count_u > 0).sum() > 1
    scores_ri = resampled(total_isu, count_u, bootstrap) if has_resamples else np.full((1, len(plain)), np.nan)
    return Scores(plain, scores_ri, 1 if higher_is_better else -1)


def curves(scores: Scores, index: Ints, share: AnyFloats) -> Curves:
    """Return the curves through the interventions `index [..., step]`; the steps have shares `[step]` from 0 to 1.

    >>> scores = Scores(np.array([0.8, 0.4]), np.array([[0.8, 0.5], [0.8, 0.3]]), sign=1)
    >>> curve = curves(scores, np.array([0, 1]), np.array([0.0, 1.0]))
    >>> curve.change.tolist(), round(float(curve.area), 3), int(curve.first_drop)
    ([0.0, -0.4], 0.6, 1)
    """
    plain, resampled_scores = scores.plain[index], scores.resampled[:, index]
    change = plain - scores.plain[0]
    ends = interval(resampled_scores - scores.resampled[:, [0]].reshape(-1, *[1] * index.ndim))
    worse = (scores.sign * ends < 0).all(axis=-1)
    first_drop = np.where(worse.any(axis=-1), worse.argmax(axis=-1), -1)
    area = np.asarray(np.trapezoid(plain, share))
    resampled_area = np.asarray(np.trapezoid(resampled_scores, share))
    return Curves(plain, interval(resampled_scores), change, ends, area, interval(resampled_area), first_drop)
