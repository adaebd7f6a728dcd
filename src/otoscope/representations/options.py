"""Options of `layers` alone. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.probing import PROBES
from otoscope.probing.options import ProbingOptions
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class LayerOptions(ProbingOptions):
    """Say what is read from each layer, and with which other model its representations are compared.

    The fields of `ProbingOptions` say which probes are trained at every layer, by default `phone` and
    `speaker-utterance`: trained probes, or `column:NAME` for a column of the corpus, such as `column:gender`.

    Attributes:
        against: folder or name of another model; None compares the layers of the model with each other and with
            log-mel frames.

    Examples:
        >>> LayerOptions(probes=("phone", "column:gender")).against is None
        True
    """

    probes: tuple[str, ...] = option(("phone", "speaker-utterance"), f"{', '.join(PROBES)}, column:NAME.", "NAME,...")
    against: str | None = option(None, "Another model to compare representations with.", "MODEL")
