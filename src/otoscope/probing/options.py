"""Options of commands that train probes. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.probing import PROBES
from otoscope.runs.options import option

DEFAULT_SEEDS = 3


@dataclass(frozen=True, kw_only=True)
class ProbingOptions:
    """Say which probes score the hidden states; shared by probe and prune.

    Attributes:
        probes: names of probes, from `otoscope.probing.PROBES`.
        seeds: number of seeds for the splits and the networks of the probes.
        cache: folder for trained networks; None uses the user's cache folder.

    Examples:
        >>> ProbingOptions(probes=("phone",)).seeds
        3
    """

    probes: tuple[str, ...] = field(metadata={"help": f"Of {', '.join(PROBES)}.", "metavar": "NAME,..."})
    seeds: int = option(DEFAULT_SEEDS, "Seeds of the splits and networks of probes.")
    cache: Path | None = field(default=None, metadata={"help": "Folder for trained networks."})
