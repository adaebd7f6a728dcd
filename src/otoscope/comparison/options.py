"""Options of a comparison. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.comparison.correction import CORRECTIONS
from otoscope.errors import InputError
from otoscope.runs.options import option

LEVELS = ("auto", "head", "layer", "model")


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """Say what to compare, and how to correct for the number of comparisons.

    Attributes:
        by: names of what is compared: statistics of `analyze`, probes, curves (`area`, `span_area`, `score`) or
            measures of `segment`. By default the length-free statistics, all probes, areas, and R-values.
        level: `head`, `layer` or `model`: statistics of each head, or their means. `auto` compares heads of the same
            model, and means of two models.
        split: a column of `run.utterances` or a condition such as `age<18`; compares two parts of a run.
        where: a condition such as `gender=f`; other utterances are not used.
        correction: `holm`, `fdr` or `none`.

    Raises:
        InputError: an unknown level or correction.

    Examples:
        >>> ComparisonOptions(split="gender").correction
        'holm'
    """

    by: tuple[str, ...] = option((), "Statistics, probes, curves or measures to compare.", "NAME,...")
    level: str = option("auto", f"{', '.join(LEVELS)}: compare each head, or means.")
    split: str | None = option(None, "Compare two parts of a run: gender, dialect, age<18.", "COLUMN")
    where: str | None = option(None, "Use only utterances such as gender=f or age>=18.", "CONDITION")
    correction: str = option("holm", f"{', '.join(CORRECTIONS)}: for the number of comparisons.")

    def __post_init__(self) -> None:
        """Check the names."""
        for name, allowed in (("level", LEVELS), ("correction", tuple(CORRECTIONS))):
            if (value := getattr(self, name)) not in allowed:
                raise InputError(f"expected --{name} {', '.join(allowed)}, found {value}; correct --{name}")
