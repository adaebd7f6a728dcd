"""Options of prune alone. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.importance.options import RankingOptions
from otoscope.runs.options import option

SPANS = (50, 35, 20, 10, 5, 2, 1, 0)
STEP = 1 / 6
PROBE_TRAININGS = ("frozen", "retrained")


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions(RankingOptions):
    """Say which interventions `prune` makes: the rankings by which it removes heads, the steps, and the spans.

    The fields of `RankingOptions` say how the rankings measure importance.

    Attributes:
        step: share of all heads that each step removes, above 0 and at most 1.
        spans: radii in frames of the model; () leaves the span as it is.
        probe_training: `frozen` probes are trained on the intact model once; `retrained` ones on the changed model,
            after each intervention. Frozen probes overstate the harm: they cannot follow states that moved.

    Raises:
        InputError: `probe_training` is neither.

    Examples:
        >>> ScheduleOptions(by=("weight",), step=0.5, spans=()).seconds
        30.0
    """

    step: float = option(STEP, "Share of all heads that each step removes.")
    spans: tuple[int, ...] = option(SPANS, "Radii in frames, with commas between; empty for none.")
    probe_training: str = option("frozen", "frozen: probes of the intact model; retrained: anew at each step.")

    def __post_init__(self) -> None:
        """Check how probes are trained."""
        super().__post_init__()
        if self.probe_training not in PROBE_TRAININGS:
            raise InputError(
                f"expected --probe-training {' or '.join(PROBE_TRAININGS)}, found '{self.probe_training}'; choose one"
            )
