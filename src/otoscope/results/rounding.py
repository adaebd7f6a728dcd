"""Rounding of values by the width of their intervals."""

import math


def decimals(half_width: float, most: int = 4) -> int:
    """Return the decimals that show two digits of an interval's half-width, at most `most`; 4 without an interval.

    >>> decimals(0.012), decimals(3.4), decimals(250.0), decimals(1e-9), decimals(float("nan"))
    (3, 1, 0, 4, 4)
    """
    if not half_width > 0:
        return 4
    return min(most, max(0, 1 - math.floor(math.log10(half_width))))


def format_with_error(value: float, half_width: float, places: int | None = None) -> str:
    """Return a value with its half-width, `3.214 ±0.012`; without an interval (NaN) the value alone.

    >>> format_with_error(-3.2137, 0.0123), format_with_error(0.5, float("nan"))
    ('-3.214 ±0.012', '0.5000')
    """
    places = decimals(half_width) if places is None else places
    return f"{value:.{places}f}" + ("" if math.isnan(half_width) else f" ±{half_width:.{places}f}")
