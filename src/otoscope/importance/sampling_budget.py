"""How often rankings that need the loss run the model, and how they remove heads."""

from dataclasses import dataclass

from otoscope.attention.ablation_kinds import AblationKind
from otoscope.errors import InputError


@dataclass(frozen=True)
class SamplingBudget:
    """How often rankings that need the loss run the model.

    Attributes:
        seconds: seconds of speech.
        permutations: number of random orders of removal.
        truncation: an order ends if the loss is within this share of the whole rise of the loss without any head.
        ablation: how heads are removed.
        positions: number of parts of an utterance that have a mean of their own.
    """

    seconds: float = 30.0
    permutations: int = 8
    truncation: float = 0.05
    ablation: AblationKind = "zero"
    positions: int = 1

    def __post_init__(self) -> None:
        """Check that something is measured, and that an order of removal can end."""
        if not self.seconds > 0:
            raise InputError(f"expected more than 0 seconds of speech, found {self.seconds:g}; pass a larger --seconds")
        if self.permutations < 1:
            raise InputError(f"expected at least 1 permutation, found {self.permutations}; raise --permutations")
        if not 0 <= self.truncation < 1:
            raise InputError(f"expected a truncation from 0 to below 1, found {self.truncation:g}")
        if self.positions < 1:
            raise InputError(f"expected at least 1 position, found {self.positions}; raise --positions")
