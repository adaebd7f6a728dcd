"""Options of the analysis of weights. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.head_weights import WEIGHT_MEASURES
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class WeightOptions:
    """Say what to compute from the weights of heads, and how to load the model.

    Attributes:
        measures: names of measures, from `otoscope.head_weights.WEIGHT_MEASURES`; empty: all that are defined.
        device: torch device; `auto` takes a GPU if there is one.
        recheck: run the self-check of the model again, which otherwise runs once for each model and machine.
        resume: return the finished run of the same configuration if there is one.

    Examples:
        >>> WeightOptions(measures=("qk_norm",)).device
        'auto'
    """

    measures: tuple[str, ...] = option((), f"Of {', '.join(WEIGHT_MEASURES)}; all by default.", "NAME,...")
    device: str = option("auto", "Torch device; auto takes a GPU if there is one.")
    recheck: bool = option(False, "Run the model's self-check again.")
    resume: bool = option(False, "Return the finished run if there is one.")
