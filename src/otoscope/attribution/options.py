"""Options of `faithfulness` alone. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.attribution import ATTRIBUTIONS, OUTPUTS
from otoscope.errors import InputError
from otoscope.probing.options import DEFAULT_SEEDS
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class FaithfulnessOptions:
    """Say which outputs are attributed to frames, and by what.

    Attributes:
        output: name of an output, from `otoscope.attribution.OUTPUTS`.
        attributions: names from `otoscope.attribution.ATTRIBUTIONS`; empty takes all that the model allows.
        answers: outputs that are drawn in each utterance; the seed is that of the sample.
        piece: seconds of neighbouring frames that are attributed and deleted together.
        heads: heads of each category, drawn at random, in whose order pieces are deleted.
        seeds: seeds of the splits and networks of the probe, for the output `probe`.
        cache: folder for trained networks; None uses the user's cache folder.

    Raises:
        InputError: a number is too small.

    Examples:
        >>> FaithfulnessOptions(output="reconstruction").answers
        3
    """

    output: str = option("probe", f"Of {', '.join(OUTPUTS)}.", "NAME")
    attributions: tuple[str, ...] = option((), f"Of {', '.join(ATTRIBUTIONS)}; all by default.", "NAME,...")
    answers: int = option(3, "Outputs drawn in each utterance.", "N")
    piece: float = option(0.06, "Seconds of frames that are deleted together.", "SECONDS")
    heads: int = option(4, "Heads of each category in whose order speech is deleted.", "N")
    seeds: int = option(DEFAULT_SEEDS, "Seeds of the splits and networks of the probe.")
    cache: Path | None = field(default=None, metadata={"help": "Folder for trained networks."})

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, least in (("answers", 1), ("heads", 0)):
            if (number := getattr(self, name)) < least:
                raise InputError(f"expected --{name} of at least {least}, found {number}; pass a larger number")
        if not 0 < self.piece < float("inf"):
            raise InputError(f"expected --piece above 0 seconds, found {self.piece:g}; pass a larger number")
