"""Options of `refine`. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.errors import InputError
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class RefinementOptions:
    """Say which heads a refinement removes, how far queries attend, and whether the result is tuned.

    Attributes:
        run: run of `analyze` or `rank` that ranks the heads.
        by: the ranking in `run`. Heads with high globalness or verticality are removed first; with any other ranking,
            heads with a low score.
        heads: share of all heads to remove, from 0 to 1.
        span: queries attend to keys at most so many frames away; rows are normalised over those keys.
        gates: JSON file of scales and temperatures of heads (`refinement/gates.py`) that are multiplied into the
            weights. With gates alone the class of the model stays, and plain transformers loads it.
        budget_macs: share of the multiplications to keep, on 10 s of audio or the longest that the model takes. Fisher
            scores choose the heads, and the remaining ones are rescaled by least squares (Kwon et al. 2022), on speech.
        tune: steps of training towards the hidden states of the original, on speech. Tuned weights are rounded to half
            precision if the original was stored so.
        portable: also write `out/portable`, which loads without otoscope, saves no time and has no limited span.
            Mockingjay and TERA bring their code and need `trust_remote_code=True`.

    Raises:
        InputError: `run`, `by` and `heads` are not all set or all unset, or `span` is below 1.

    Examples:
        >>> RefinementOptions(span=32).portable
        False
    """

    run: Path | None = field(default=None, metadata={"help": "Run of analyze or rank that ranks the heads."})
    by: str | None = option(None, "Ranking of that run.", metavar="RANKING")
    heads: float | None = option(None, "Share of all heads to remove.")
    span: int | None = option(None, "Frames that a query may attend to on each side.")
    gates: Path | None = field(default=None, metadata={"help": "JSON list of scales and temperatures of heads."})
    budget_macs: float | None = option(None, "Share of the multiplications to keep; chooses the heads.")
    tune: int | None = option(None, "Training steps towards the original.", metavar="STEPS")
    portable: bool = option(False, "Also write OUT/portable, which loads without otoscope.")

    def __post_init__(self) -> None:
        """Check what belongs together, and the span."""
        if len({value is None for value in (self.heads, self.run, self.by)}) > 1:
            raise InputError("--heads, --run and --by belong together: the share to remove, a run, and a ranking in it")
        if self.span is not None and self.span < 1:
            raise InputError(f"expected a span of at least 1 frame, got {self.span}; use a larger --span or omit it")
