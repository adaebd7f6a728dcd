"""Options of `sinks` alone. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.probing import PROBES
from otoscope.probing.options import ProbingOptions
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class SinkOptions(ProbingOptions):
    """Say which probes are read again without sinks.

    Attributes:
        probes: names of probes, from `otoscope.probing.PROBES`; empty: sinks are measured alone, in one pass, and the
            memory does not grow with the corpus. The states that probes read are in memory.

    Examples:
        >>> SinkOptions(probes=("phone", "wer")).seeds
        3
    """

    probes: tuple[str, ...] = option(
        (), f"Read again without sinks: of {', '.join(PROBES)}; none by default.", "NAME,..."
    )
