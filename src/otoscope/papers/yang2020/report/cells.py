"""How the report formats numbers: cells of its tables."""

import numpy as np

from otoscope.typing import AnyFloats

NOTHING = "–"


def format_number(value: float) -> str:
    """Return three decimals, or a dash for NaN."""
    return NOTHING if np.isnan(value) else f"{value:.3f}"


def format_signed(value: float) -> str:
    """Return three decimals with a sign, or a dash for NaN.

    Examples:
        >>> format_signed(0.5), format_signed(float("nan"))
        ('+0.500', '–')
    """
    return NOTHING if np.isnan(value) else f"{value:+.3f}".replace("-", "−").replace("inf", "∞")


def format_interval(bounds: AnyFloats, *, signed: bool = False, percent: bool = False) -> str:
    """Return both ends with spaces that do not break, or a dash for NaN."""
    if np.isnan(bounds[0]):
        return NOTHING
    texts = [f"{end:.0%}" if percent else format_signed(end) if signed else f"{end:.3f}" for end in bounds]
    return "\u00a0to\u00a0".join(texts)


def format_duration(seconds: float) -> str:
    """Return a duration in hours, minutes or seconds.

    Examples:
        >>> format_duration(3725), format_duration(204), format_duration(12)
        ('1 h 02 min', '3.4 min', '12 s')
    """
    if seconds >= 3600:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"
    return f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.0f} s"
