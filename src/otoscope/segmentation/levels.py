"""Levels of a segmentation: phones, syllables or words, each with its tolerance and grids."""

from collections.abc import Mapping
from dataclasses import dataclass

from otoscope.errors import InputError

PHONE = "phone"
"""Name of the level of phones."""


@dataclass(frozen=True)
class BoundaryLevel:
    """One kind of units.

    Attributes:
        name: what the units are.
        tolerance: customary largest distance of a correct boundary, in seconds.
        labels: kind of labels that the units come from, `phone` or `word`.
        widths: seconds of speech that detectors compare on each side of a frame.
        smoothings: seconds of the Gaussians for the sum over shifts.
    """

    name: str
    tolerance: float
    labels: str
    widths: tuple[float, ...]
    smoothings: tuple[float, ...]

    @property
    def tier(self) -> str:
        """Return the name of their tier in a TextGrid."""
        return f"{self.name}s"

    @property
    def first_smoothing(self) -> float:
        """Return the seconds of the Gaussian while single voters are tuned."""
        return self.smoothings[len(self.smoothings) // 2]


def check_level(name: str) -> None:
    """Raise InputError for an unknown level."""
    if name not in LEVELS:
        raise InputError(f"expected --level {', '.join(LEVELS)}; found {name!r}")


LEVELS: Mapping[str, BoundaryLevel] = {
    level.name: level
    for level in (
        BoundaryLevel(
            PHONE,
            0.020,
            "phone",
            widths=(0.02, 0.04, 0.06),
            smoothings=(0.0, 0.0025, 0.004, 0.005, 0.006, 0.0075, 0.010),
        ),
        BoundaryLevel(
            "syllable",
            0.050,
            "phone",
            widths=(0.04, 0.08, 0.12, 0.16),
            smoothings=(0.010, 0.015, 0.020, 0.025, 0.030, 0.040, 0.050),
        ),
        BoundaryLevel(
            "word",
            0.050,
            "word",
            widths=(0.06, 0.12, 0.18, 0.24),
            smoothings=(0.010, 0.020, 0.030, 0.040, 0.050, 0.060, 0.080),
        ),
    )
}
"""Tolerances: Räsänen et al. 2009 for phones; Kamper & van Niekerk 2021 and Räsänen et al. 2018 for the others."""
