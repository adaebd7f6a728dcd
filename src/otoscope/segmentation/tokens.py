"""Scores of tokens: a word counts if both of its boundaries do, and no boundary is between them.

Versteegh et al., The zero resource speech challenge 2015, measure "token".
"""

from collections.abc import Sequence

import numpy as np

from otoscope.segmentation.boundaries import ROUNDING
from otoscope.typing import Bools, Floats, Ints

TOKEN_COUNTS = ("reference", "predicted", "hits")
TOKEN_MEASURES = ("precision", "recall", "f1")


def count_tokens(
    units: Sequence[tuple[str, float, float]], predicted: Floats, seconds: float, tolerance: float
) -> Ints:
    """Return the counts `[TOKEN_COUNTS]` of one utterance.

    A predicted token is the audio between two neighbouring boundaries, or between a boundary and an end of the audio.
    One whose middle is in a silence counts neither as right nor as wrong.

    Args:
        units: symbol, start and end of each word, in order; silences have an empty symbol.
        predicted: boundaries `[m]` in seconds, ascending.
        seconds: duration of the audio.
        tolerance: largest distance of both boundaries in seconds.

    Examples:
        >>> count_tokens([("", 0.0, 0.2), ("oh", 0.2, 0.5), ("no", 0.5, 0.9)], np.array([0.21, 0.52]), 0.9, 0.05).tolist()
        [2, 2, 2]
        >>> count_tokens([("oh", 0.0, 0.5), ("no", 0.5, 0.9)], np.array([0.3, 0.52]), 0.9, 0.05).tolist()
        [2, 3, 1]
    """  # noqa: E501
    edges = np.unique([0.0, *predicted[(predicted > 0) & (predicted < seconds)], seconds])
    words = [(start, end) for symbol, start, end in units if symbol]
    silences = [(start, end) for symbol, start, end in units if not symbol]
    middles = (edges[:-1] + edges[1:]) / 2
    in_silence = np.zeros(len(middles), dtype=np.bool_)
    for start, end in silences:
        in_silence |= (middles > start) & (middles < end)
    starts_w, ends_w = np.array(words).reshape(-1, 2).T
    matches_wt = _near(starts_w, edges[:-1], tolerance) & _near(ends_w, edges[1:], tolerance)
    hits = _one_to_one(matches_wt & ~in_silence)
    return np.array([len(words), int((~in_silence).sum()), hits])


def token_scores(counts: Floats) -> Floats:
    """Return precision, recall and F1 `[..., TOKEN_MEASURES]` of pooled counts `[..., TOKEN_COUNTS]`.

    >>> token_scores(np.array([4.0, 2.0, 2.0])).round(3).tolist()
    [1.0, 0.5, 0.667]
    """
    reference, predicted, hits = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores: Floats = np.stack([hits / predicted, hits / reference, 2 * hits / (reference + predicted)], axis=-1)
    return scores


def _near(times_w: Floats, edges_t: Floats, tolerance: float) -> Bools:
    return np.abs(times_w[:, None] - edges_t) <= tolerance + ROUNDING


def _one_to_one(match_wt: Bools) -> int:
    """Count the words that get a predicted token of their own; both are in order of time, so the first free one."""
    hits, first = 0, 0
    for row in match_wt:
        free = np.flatnonzero(row[first:])
        if free.size:
            hits, first = hits + 1, first + int(free[0]) + 1
    return hits
