"""Options of commands that rank heads. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.attention.output_kinds import OUTPUT_KINDS
from otoscope.importance import RANKINGS
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class RankingOptions:
    """Say which rankings order the heads, and how they measure importance; shared by rank and prune.

    Attributes:
        by: names of rankings, from `otoscope.importance.RANKINGS`. `random` means several seeds,
            `random-7` means seed 7.
        loss: loss of rankings that ablate heads or take gradients: `reconstruction`, `hidden`, the name of a probe, or
            `auto`. `auto` is reconstruction if the model has a prediction head, otherwise hidden.
        run: earlier run of the same model. `rank` takes statistics from a run of `analyze`; `prune` also takes rankings
            from a run of `rank`. None measures them.
        seconds: seconds of speech, spread evenly over the corpus, for rankings that need the loss.
        permutations: number of random orders of removal for `shapley`.
        ablation: how heads are removed: `zero`, `mean` (over the speech), `resample` (the head's output on another
            utterance of similar length), `noise` (of the head's mean and covariance). `rank` takes one; `prune` draws
            curves for each, and its rankings use the first.
        positions: number of equal parts of an utterance that have a mean of their own, for mean and noise.

    Examples:
        >>> RankingOptions(by=("shapley",)).permutations
        8
    """

    by: tuple[str, ...] = field(
        metadata={"help": f"Of {', '.join(RANKINGS)}; random-7 is seed 7.", "metavar": "NAME,..."}
    )
    loss: str = option("auto", "Loss that measures importance: auto, reconstruction, hidden, or a probe.")
    run: Path | None = field(
        default=None, metadata={"help": "Run of analyze with statistics; for prune also a run of rank."}
    )
    seconds: float = option(30.0, "Seconds of speech for rankings that need the loss.")
    permutations: int = option(8, "Random orders of removal for shapley.")
    ablation: tuple[str, ...] = option(("zero",), f"How heads are removed: {', '.join(OUTPUT_KINDS)}.", "KIND,...")
    positions: int = option(1, "Parts of an utterance with a mean of their own, for --ablation mean and noise.")
