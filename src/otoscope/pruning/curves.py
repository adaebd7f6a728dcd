"""From the sums of every intervention to curves: scores, changes from the intact model, areas, and where a drop begins.

A drop is significant where all of the 95 % interval of the change, paired over seeds and utterances, is on the worse
side (a level of 2.5 % for each step, not corrected for their number). Needs no torch.
Axes: r resample, i intervention, s seed, u utterance; curves are [..., step].
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from otoscope.probing.scores import resampled, score
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores `[i]` of every intervention, the intact model first, and of their resamples `[r, i]`.

    `sign` is 1 where high scores are good, -1 where low ones are.
    """

    plain: Floats
    drawn: Floats
    sign: int


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves `[..., step]` with the ends of their intervals `[..., bound]` last.

    `change` is from the intact model; `area` is under the curve over `share`, so a mean score; `first_drop` is the
    first step from which on the score is significantly worse, -1 where it never is.
    """

    score: Floats
    score_interval: Floats
    change: Floats
    change_interval: Floats
    area: Floats
    area_interval: Floats
    first_drop: Ints


def scores_of(total_isu: Floats, count_u: Floats, better: str, bootstrap: Bootstrap) -> Scores:
    """Scores of one probe's sums; a single utterance has no resamples (NaN)."""
    plain = score(total_isu, count_u)
    enough = (count_u > 0).sum() > 1
    drawn = resampled(total_isu, count_u, bootstrap) if enough else np.full((1, len(plain)), np.nan)
    return Scores(plain, drawn, 1 if better == "high" else -1)


def curves(scores: Scores, place: Ints, share: Floats) -> Curves:
    """Curves through the interventions at `place [..., step]`, whose steps lie at `share [step]` from 0 to 1.

    >>> scores = Scores(np.array([0.8, 0.4]), np.array([[0.8, 0.5], [0.8, 0.3]]), sign=1)
    >>> one = curves(scores, np.array([0, 1]), np.array([0.0, 1.0]))
    >>> one.change.tolist(), round(float(one.area), 3), int(one.first_drop)
    ([0.0, -0.4], 0.6, 1)
    """
    plain, drawn = scores.plain[place], scores.drawn[:, place]
    change, change_drawn = plain - scores.plain[0], drawn - scores.drawn[:, [0]].reshape(-1, *[1] * place.ndim)
    ends = interval(change_drawn)
    worse = (scores.sign * ends < 0).all(axis=-1)
    first_drop = np.where(worse.any(axis=-1), worse.argmax(axis=-1), -1)
    area, area_drawn = np.asarray(np.trapezoid(plain, share)), np.asarray(np.trapezoid(drawn, share))
    return Curves(plain, interval(drawn), change, ends, area, interval(area_drawn), first_drop)
