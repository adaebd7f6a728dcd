"""Boundaries that listen to nothing: what a segmentation has to beat.

Both use the rate of boundaries of a validation part, so that neither loses by giving too many or too few.
"""

from collections.abc import Iterable, Sized

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError

Floats = npt.NDArray[np.float64]


def boundary_rate(boundaries: Iterable[Sized], durations: Iterable[float]) -> float:
    """Boundaries in a second over several utterances, from the boundaries and the duration (seconds) of each.

    Raises:
        InputError: no boundary, or no duration.

    Examples:
        >>> boundary_rate([[0.1, 0.2], [0.3]], [0.5, 1.0])
        2.0
    """
    count, seconds = sum(map(len, boundaries)), sum(durations)
    if not (count and seconds > 0):
        raise InputError(f"expected reference boundaries to take their rate from, got {count} in {seconds:g} s")
    return count / seconds


def uniform_boundaries(duration: float, rate: float) -> Floats:
    """Boundaries at even distances, `rate` in a second, in `duration` seconds; its ends are none.

    >>> uniform_boundaries(1.0, rate=4.0).tolist()
    [0.25, 0.5, 0.75]
    """
    times = np.arange(1, int(duration * rate) + 1) / rate
    return times[times < duration]


def random_boundaries(duration: float, rate: float, generator: np.random.Generator) -> Floats:
    """Boundaries drawn evenly over `duration` seconds, `rate * duration` of them to the nearest whole number.

    >>> random_boundaries(1.0, rate=4.0, generator=np.random.default_rng(0)).round(2).tolist()
    [0.02, 0.04, 0.27, 0.64]
    """
    return np.unique(generator.uniform(0, duration, size=round(duration * rate)))
