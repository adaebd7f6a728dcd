"""Options of commands that rank heads. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.attention.ablation_kinds import ABLATION_KINDS
from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.runs.options import option

ENCODER = "encoder"
PARTS = (ENCODER, "self", "cross")
DECODER_ABLATIONS = ("zero", "mean")
DECODER_LOSSES = ("text", "wer")


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
        part: heads of the `encoder`, or of the decoder: of its attention to its own text (`self`), or to the audio
            (`cross`). For a decoder the losses are `text` (`auto`) and `wer`, and heads are removed by zero or mean.
        through_layers: a head index of the decoder is removed in all layers together.

    Raises:
        InputError: the options contradict each other.

    Examples:
        >>> RankingOptions(by=("shapley",)).permutations
        8
    """

    by: tuple[str, ...] = field(
        metadata={"help": f"Of {', '.join(RANKINGS)}; random-7 is seed 7.", "metavar": "NAME,..."}
    )
    loss: str = option(
        "auto", "Loss that measures importance: auto, reconstruction, hidden, or a probe; of a decoder: text or wer."
    )
    run: Path | None = field(
        default=None, metadata={"help": "Run of analyze with statistics; for prune also a run of rank."}
    )
    seconds: float = option(30.0, "Seconds of speech for rankings that need the loss.")
    permutations: int = option(8, "Random orders of removal for shapley.")
    ablation: tuple[str, ...] = option(("zero",), f"How heads are removed: {', '.join(ABLATION_KINDS)}.", "KIND,...")
    positions: int = option(1, "Parts of an utterance with a mean of their own, for --ablation mean and noise.")
    part: str = option("encoder", f"Heads of the {' or '.join(PARTS)}: of the decoder's attention to text or audio.")
    through_layers: bool = option(False, "Remove a head index of the decoder in all layers together.")

    def __post_init__(self) -> None:
        """Check the options of a decoder."""
        check_part(self.part)
        if self.part == ENCODER:
            if self.through_layers:
                raise InputError("expected --through-layers with --part self or cross, found --part encoder; change it")
            return
        if kinds := sorted(set(self.ablation) - set(DECODER_ABLATIONS)):
            raise InputError(
                f"expected --ablation {' or '.join(DECODER_ABLATIONS)} with --part {self.part}, found {kinds[0]}"
            )
        if self.loss not in ("auto", *DECODER_LOSSES):
            raise InputError(
                f"expected --loss {' or '.join(DECODER_LOSSES)} with --part {self.part}, found {self.loss}"
            )


def check_part(part: str) -> None:
    """Raise InputError if a model has no part of this name."""
    if part not in PARTS:
        raise InputError(f"expected --part {', '.join(PARTS)}, found {part!r}; choose one")
