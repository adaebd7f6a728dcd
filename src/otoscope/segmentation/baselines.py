"""Naive boundaries, which ignore the audio: a segmentation must score higher.

Both kinds use the rate of boundaries of a validation part, so that neither predicts too many or too few.
"""

from collections.abc import Iterable, Sized

import numpy as np

from otoscope.errors import InputError
from otoscope.typing import Floats


def boundary_rate(boundaries: Iterable[Sized], durations: Iterable[float]) -> float:
    """Return the number of boundaries per second over several utterances.

    Args:
        boundaries: boundaries of each utterance.
        durations: duration of each utterance in seconds.

    Raises:
        InputError: there is no boundary, or the total duration is zero.

    Examples:
        >>> boundary_rate([[0.1, 0.2], [0.3]], [0.5, 1.0])
        2.0
    """
    count, seconds = sum(map(len, boundaries)), sum(durations)
    if not (count and seconds > 0):
        raise InputError(
            f"expected reference boundaries to take their rate from, found {count} in {seconds:g} s; "
            "add utterances with phones"
        )
    return count / seconds


def uniform_boundaries(duration: float, rate: float) -> Floats:
    """Return `rate` boundaries per second at equal distances over `duration` seconds; the ends are no boundaries.

    >>> uniform_boundaries(1.0, rate=4.0).tolist()
    [0.25, 0.5, 0.75]
    """
    times = np.arange(1, int(duration * rate) + 1) / rate
    return times[times < duration]


def random_boundaries(duration: float, rate: float, generator: np.random.Generator) -> Floats:
    """Draw `rate * duration` boundaries, rounded, from a uniform distribution over `duration` seconds.

    >>> random_boundaries(1.0, rate=4.0, generator=np.random.default_rng(0)).round(2).tolist()
    [0.02, 0.04, 0.27, 0.64]
    """
    return np.unique(generator.uniform(0, duration, size=round(duration * rate)))
