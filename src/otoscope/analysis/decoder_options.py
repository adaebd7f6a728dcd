"""Options of `decoder`. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.errors import InputError
from otoscope.runs.options import option

ABLATIONS = ("zero", "mean")


@dataclass(frozen=True, kw_only=True)
class DecoderOptions:
    """Say what `analyze_decoder` measures.

    Attributes:
        effects: whether each head is removed, to measure word errors.
        sounds: folder of sounds without speech, to count those that get text; needs `effects`.
        ablation: `zero` or `mean`: what replaces the context of a removed head.
        examples: number of utterances whose maps are stored, for figures and the viewer.

    Raises:
        InputError: an unknown ablation, sounds without effects, or no examples.

    Examples:
        >>> DecoderOptions(effects=True).ablation
        'zero'
    """

    effects: bool = option(False, "Remove each head, and measure the word errors of what the model writes.")
    sounds: Path | None = field(
        default=None, metadata={"help": "Sounds without speech, to count those that get text; with --effects."}
    )
    ablation: str = option("zero", "zero or mean: what replaces the context of a removed head.")

    examples: int = option(1, "Utterances whose maps are stored, for figures and the viewer.", "N")

    def __post_init__(self) -> None:
        """Check the options."""
        if self.examples < 1:
            raise InputError(f"expected --examples of at least 1, found {self.examples}; pass a larger --examples")
        if self.ablation not in ABLATIONS:
            raise InputError(f"expected --ablation {' or '.join(ABLATIONS)}, found {self.ablation!r}")
        if self.sounds is not None and not self.effects:
            raise InputError("expected --effects with --sounds, found --sounds alone; add --effects")
