"""Options of `patch` alone. The command line derives its options from these fields."""

from dataclasses import dataclass, field

from otoscope.errors import InputError
from otoscope.importance.options import ENCODER, PARTS, check_part
from otoscope.probing import PROBES
from otoscope.probing.options import ProbingOptions
from otoscope.runs.options import option

DEFAULT_PROBES = ("hidden-error",)


@dataclass(frozen=True, kw_only=True)
class PatchOptions(ProbingOptions):
    """Say how utterances are corrupted, and which answers restored heads are to restore.

    The fields of `ProbingOptions` say which answers are measured: probes, `hidden-error` (the default) and
    `reconstruction`.

    Attributes:
        corrupt: `noise:SNR` adds white noise at a signal-to-noise ratio in dB, `silence:PHONE` sets a phone to zero,
            `phone:A=B` replaces each phone A by a phone B of the corpus, `speaker` replaces the utterance by one of
            another speaker.
        strongest: number of heads of largest effect by gradient that are also patched exactly.
        part: heads of the `encoder`, or of the decoder's attention to its own text (`self`) or to the audio (`cross`).
            Of a decoder, the loss of the text of the corpus is measured, and no probe.

    Raises:
        InputError: an unknown part, or probes for a decoder.

    Examples:
        >>> PatchOptions(probes=("hidden-error",), corrupt="noise:0").strongest
        10
    """

    probes: tuple[str, ...] = option(DEFAULT_PROBES, f"Of {', '.join(PROBES)}.", "NAME,...")
    corrupt: str = field(metadata={"help": "noise:SNR, silence:PHONE, phone:A=B, or speaker.", "metavar": "KIND"})
    strongest: int = option(10, "Heads that are also patched exactly.")
    part: str = option(ENCODER, f"Heads of the {' or '.join(PARTS)}: of the decoder's attention to text or audio.")

    def __post_init__(self) -> None:
        """Check the options of a decoder."""
        check_part(self.part)
        if self.part != ENCODER and self.probes != DEFAULT_PROBES:
            raise InputError(
                f"expected no --probes with --part {self.part}, which measures the loss of the text, found "
                f"{', '.join(self.probes)}; omit it"
            )

    @property
    def part_settings(self) -> dict[str, str]:
        """The part for the plan of a run; nothing for the encoder."""
        return {} if self.part == ENCODER else {"part": self.part}
