"""Compute scores of a corpus with intervals: sums over utterances, resampled over seeds and utterances together.

A score is a ratio of sums, `sum total / sum count`, averaged over seeds. Seeds and utterances are crossed (each seed
scores each utterance), so a resample draws both, and the same draw serves every intervention: differences are paired.
The module needs no torch. Axes: r resample, i intervention, s seed, u utterance.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from otoscope.results.bootstrap import Bootstrap, interval, resample_weights
from otoscope.typing import AnyFloats, Floats

if TYPE_CHECKING:
    from torch import Tensor

    from otoscope.probing.scorer import Scorer

SEEDS_DRAWN = 1  # added to the bootstrap's seed where seeds are drawn, so that both draws differ


def totals(scorers: "Mapping[str, Scorer]", hidden_states: "Iterable[tuple[int, Tensor]]") -> dict[str, Floats]:
    """Score the hidden states of all utterances with every probe, and return the sums `[seed, utterance]` by probe.

    Args:
        scorers: the scorer of each probe.
        hidden_states: index and final hidden states `[T, d]` of each utterance, in any order.
    """
    sums = {name: np.zeros(scorer.majority.shape) for name, scorer in scorers.items()}
    for index, hidden_td in hidden_states:
        for name, scorer in scorers.items():
            sums[name][:, index] = scorer.total(index, hidden_td)
    return sums


def score(total_isu: AnyFloats, count_u: AnyFloats) -> AnyFloats:
    """Return the score of each intervention, `[i]`.

    >>> score(np.array([[[3.0, 1.0], [5.0, 1.0]]]), np.array([8.0, 2.0])).tolist()
    [0.5]
    """
    return total_isu.sum(-1).mean(-1) / count_u.sum()


def resampled(total_isu: AnyFloats, count_u: AnyFloats, bootstrap: Bootstrap) -> AnyFloats:
    """Return scores `[r, i]` of resamples of the seeds and of the utterances that count."""
    counts = count_u > 0
    total_isu, count_u = total_isu[..., counts], count_u[counts]
    share_ru = np.concatenate(list(resample_weights(len(count_u), bootstrap)))
    drawn = Bootstrap(bootstrap.resamples, bootstrap.seed + SEEDS_DRAWN)
    share_rs = np.concatenate(list(resample_weights(total_isu.shape[1], drawn)))
    by_seed = [share_rs[:, [s]] * (share_ru @ total_isu[:, s].T) for s in range(total_isu.shape[1])]
    return sum(by_seed, np.zeros(())) / (share_ru @ count_u)[:, None]


def intervals(total_isu: AnyFloats, count_u: AnyFloats, bootstrap: Bootstrap) -> AnyFloats:
    """Return the 95 % interval `[i, bound]` of each score; NaN if a single utterance counts."""
    if (count_u > 0).sum() < 2:
        return np.full((len(total_isu), 2), np.nan)
    return interval(resampled(total_isu, count_u, bootstrap))
