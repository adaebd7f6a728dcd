"""Options of `refine`. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.errors import InputError
from otoscope.refinement import REDUCTION_METHODS
from otoscope.runs.options import option

EXPORTS = ("torch", "onnx", "onnx-int8")
"""Forms of the encoder as a graph without Python."""
TUNE_TARGETS = ("states", "logits")
"""What a tuning compares, as in `tuning_target.TuneTarget`; its module needs torch."""
MAX_SECONDS = 3600
"""Longest audio on which a budget is counted."""
NOT_PORTABLE = ("low-rank", "patterns")
"""Methods whose models a plain class of the family cannot hold."""


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
        budget_macs: share of the multiplications to keep, on `budget_seconds` of audio.
        budget_latency: share of the latency to keep, measured on this machine with the threads that torch has.
        budget_seconds: seconds of audio on which a budget is counted, or the longest that the model takes.
        method: how the budget is reached, from `otoscope.refinement.REDUCTION_METHODS`, on speech.
        loss: loss whose gradients are the Fisher scores of the budget: `auto`, `task`, or as in `rank`.
        drop_zero_heads: remove heads of encoder and decoder whose columns of the output projection are zero: the output
            stays. Of a decoder's layer one head stays, and heads that word times are read from.
        tune: most steps of training towards the original, on speech; a held-out tenth of the utterances may stop it
            earlier.
        tune_target: what `tune` brings nearer to the original: `states`, hidden states after each layer, or `logits` of
            the model's decoder (on the original's own transcripts), CTC head or classifier.
        tune_rank: rank of adapters of all linear maps of the layers (LoRA, arXiv 2106.09685) that `tune` trains instead
            of all weights, and merges at the end; None trains all weights.
        portable: also write `out/portable`, which loads without otoscope, saves no time and has no limited span.
            Mockingjay and TERA bring their code and need `trust_remote_code=True`.
        export: also write the encoder as a graph for audio of any length: `torch` (`encoder.pt2`, torch.export), `onnx`
            (`encoder.onnx`), or `onnx-int8` (also `encoder-int8.onnx`, with linear maps of 8 bits). ONNX needs
            `otoscope[onnx]`.
        resume: continue an interrupted tuning, whose state is in `OUT.tuning`.

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
    drop_zero_heads: bool = option(False, "Remove heads that give nothing, of the decoder too.")
    budget_macs: float | None = option(None, "Share of the multiplications to keep.")
    budget_latency: float | None = option(None, "Share of the latency to keep, as measured here.")
    budget_seconds: float = option(10.0, "Seconds of audio on which a budget is counted.", "SECONDS")
    method: str = option("heads", f"How a budget is reached: {', '.join(REDUCTION_METHODS.names())}.", "NAME")
    loss: str = option("auto", "Loss of a budget: auto, task, reconstruction, hidden, or a probe.", "NAME")
    tune: int | None = option(None, "Most training steps towards the original.", metavar="STEPS")
    tune_target: str = option("states", f"What --tune compares: {', '.join(TUNE_TARGETS)}.", "TARGET")
    tune_rank: int | None = option(None, "Rank of adapters that --tune trains and merges, instead of all weights.")
    portable: bool = option(False, "Also write OUT/portable, which loads without otoscope.")
    export: str | None = option(None, f"Also write the encoder as a graph: {', '.join(EXPORTS)}.", "FORM")
    resume: bool = option(False, "Continue an interrupted --tune, --adapt or --calm.")

    def __post_init__(self) -> None:
        """Check what belongs together, and the span."""
        if len({value is None for value in (self.heads, self.run, self.by)}) > 1:
            raise InputError("--heads, --run and --by belong together: the share to remove, a run, and a ranking in it")
        if self.span is not None and self.span < 1:
            raise InputError(f"expected a span of at least 1 frame, got {self.span}; use a larger --span or omit it")
        if self.export is not None and self.export not in EXPORTS:
            raise InputError(f"expected --export {', '.join(EXPORTS)}, found '{self.export}'; choose one of them")
        if self.tune_target not in TUNE_TARGETS or (self.tune is None and self.tune_target != TUNE_TARGETS[0]):
            raise InputError(
                f"expected --tune with --tune-target {' or '.join(TUNE_TARGETS)}, found '{self.tune_target}'; correct "
                "it"
            )
        if self.tune_rank is not None and (self.tune is None or self.tune_rank < 1):
            raise InputError(f"expected --tune with --tune-rank of at least 1, found {self.tune_rank}; correct them")

    def check_method(self) -> None:
        """Raise InputError for a budget that is no share, an unknown method, or a method without a budget."""
        REDUCTION_METHODS.get(self.method)
        if self.portable and self.method in NOT_PORTABLE:
            raise InputError(
                f"--portable keeps heads as they are, which --method {self.method} changes; omit one of them"
            )
        if self.budget is None:
            if (self.method, self.loss, self.budget_seconds) != ("heads", "auto", 10.0):
                raise InputError(
                    "--method, --loss and --budget-seconds say how --budget-macs or --budget-latency is reached; pass "
                    "one of them too"
                )
            return
        name, unit = ("latency", "latency") if self.budget_macs is None else ("macs", "multiplications")
        if not 0 < self.budget < 1:
            raise InputError(
                f"expected a budget above 0 and below 1 of the model's {unit}, got {self.budget:g}; correct "
                f"--budget-{name}"
            )
        if not 0 < self.budget_seconds <= MAX_SECONDS:
            raise InputError(
                f"expected --budget-seconds above 0 and up to {MAX_SECONDS}, got {self.budget_seconds:g}; correct it"
            )

    @property
    def budget(self) -> float | None:
        """The share of multiplications or latency to keep; None without a budget."""
        return self.budget_latency if self.budget_macs is None else self.budget_macs
