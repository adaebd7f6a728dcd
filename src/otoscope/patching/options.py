"""Options of `patch` alone. The command line derives its options from these fields."""

from dataclasses import dataclass, field

from otoscope.probing import PROBES
from otoscope.probing.options import ProbingOptions
from otoscope.runs.options import option


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

    Examples:
        >>> PatchOptions(probes=("hidden-error",), corrupt="noise:0").strongest
        10
    """

    probes: tuple[str, ...] = option(("hidden-error",), f"Of {', '.join(PROBES)}.", "NAME,...")
    corrupt: str = field(metadata={"help": "noise:SNR, silence:PHONE, phone:A=B, or speaker.", "metavar": "KIND"})
    strongest: int = option(10, "Heads that are also patched exactly.")
