"""Options of a comparison. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.runs.options import option
from otoscope.statistics.correction import CORRECTIONS

LEVELS = ("auto", "head", "layer", "model")


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions:
    """Say what to compare, and how to correct for the number of comparisons.

    Attributes:
        by: names of what is compared: statistics of `analyze`, rankings, probes, curves (`area`, `span_area`, `score`)
            measures of `segment`, or effects of `patch` (`group_effect`, `effect`, `exact_effect`, `phone_effect`,
            `frame_effect`). By default the length-free statistics, all rankings that read the model, all probes, areas,
            R-values, and effects of groups.
        level: `head`, `layer` or `model`: statistics or scores of each head, or their means. `auto` compares heads of
            the same model, and means of two models.
        split: a column of `run.utterances` or a condition such as `age<18`; compares two parts of a run.
        against: a head such as `4.1`; compares each other head of a run of analyze with it.
        where: a condition such as `gender=f`; other utterances are not used.
        correction: `holm`, `fdr` or `none`.

    Raises:
        InputError: an unknown level or correction.

    Examples:
        >>> ComparisonOptions(split="gender").correction
        'holm'
    """

    by: tuple[str, ...] = option(
        (), "Statistics, rankings, probes, curves, measures or effects to compare.", "NAME,..."
    )
    level: str = option("auto", f"{', '.join(LEVELS)}: compare each head, or means.")
    split: str | None = option(None, "Compare two parts of a run: gender, dialect, age<18.", "COLUMN")
    against: str | None = option(None, "Compare each other head of a run with this one.", "LAYER.HEAD")
    where: str | None = option(None, "Use only utterances such as gender=f or age>=18.", "CONDITION")
    correction: str = option("holm", f"{', '.join(CORRECTIONS)}: for the number of comparisons.")

    def __post_init__(self) -> None:
        """Check the names."""
        for name, allowed in (("level", LEVELS), ("correction", tuple(CORRECTIONS))):
            if (value := getattr(self, name)) not in allowed:
                raise InputError(f"expected --{name} {', '.join(allowed)}, found {value}; correct --{name}")
        if self.against is not None:
            self.reference_head  # noqa: B018  a check

    @property
    def reference_head(self) -> tuple[int, int]:
        """Return layer and head of `against`. Raise InputError for another form."""
        layer, separator, head = (self.against or "").partition(".")
        if not (separator and layer.isdecimal() and head.isdecimal()):
            raise InputError(f"expected --against LAYER.HEAD such as 4.1, found {self.against}; correct --against")
        return int(layer), int(head)
