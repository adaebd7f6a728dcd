"""How many decimals a measured value deserves."""

import math


def decimals(half_width: float, most: int = 4) -> int:
    """Decimals that show two digits of an interval's half-width, `most` at most; 4 where there is none.

    >>> decimals(0.012), decimals(3.4), decimals(250.0), decimals(1e-9), decimals(float("nan"))
    (3, 1, 0, 4, 4)
    """
    if not half_width > 0:
        return 4
    return min(most, max(0, 1 - math.floor(math.log10(half_width))))


def with_half_width(value: float, half_width: float, places: int | None = None) -> str:
    """`3.214 ±0.012`; without an interval (NaN) the value alone.

    >>> with_half_width(-3.2137, 0.0123), with_half_width(0.5, float("nan"))
    ('-3.214 ±0.012', '0.5000')
    """
    places = decimals(half_width) if places is None else places
    return f"{value:.{places}f}" + ("" if math.isnan(half_width) else f" ±{half_width:.{places}f}")
