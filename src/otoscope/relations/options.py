"""Options of what is reported of relations. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class RelationOptions:
    """Say which phones and operations are reported.

    Attributes:
        min_share: smallest share of the labelled frames of a phone, or of the phones of a target together.
        min_utterances: least number of utterances with the phone.
        min_speakers: least number of speakers with the phone; not applied to a corpus with one or unknown speakers.
        false_discovery_rate: expected share of false operations among those that are named.

    Raises:
        InputError: a share or rate is not between 0 and 1.

    Examples:
        >>> RelationOptions().min_share
        0.005
    """

    min_share: float = option(0.005, "Report phones with at least this share of the labelled frames.")
    min_utterances: int = option(3, "Report phones of at least so many utterances.")
    min_speakers: int = option(2, "Report phones of at least so many speakers, where speakers are known.")
    false_discovery_rate: float = option(0.05, "Expected share of false ones among all named operations of a run.")

    def __post_init__(self) -> None:
        """Check the share and the rate."""
        if not 0 <= self.min_share <= 1:
            raise InputError(f"expected a share from 0 to 1, found {self.min_share:g}; change --min-share")
        if not 0 < self.false_discovery_rate < 1:
            rate = f"{self.false_discovery_rate:g}"
            raise InputError(f"expected a rate between 0 and 1, found {rate}; change --false-discovery-rate")

    @property
    def text(self) -> str:
        """Return the least support in words."""
        return (
            f"at least {self.min_share:.2g} of the frames, {self.min_utterances} utterances "
            f"and {self.min_speakers} speakers where known"
        )
