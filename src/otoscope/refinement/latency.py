"""Latencies of variants of a model on this machine, from which methods to reach a budget take their costs."""

import statistics
from dataclasses import dataclass, field
from typing import Any

import torch

from otoscope.models.encoder import Encoder
from otoscope.refinement.timing import turns

ROUNDS = 5


@dataclass(eq=False)
class LatencyTable:
    """Measured latencies as shares of the original's, in turns with it; each variant is measured once.

    Given its shares, everything that follows from them is deterministic.

    Attributes:
        original: the encoder of the original.
        seconds: length of the audio, noise, one utterance at a time.
        shares: share of each variant by name.
    """

    original: Encoder
    seconds: float
    shares: dict[str, float] = field(default_factory=dict)

    def share(self, name: str, encoder: Encoder) -> float:
        """Return the share of a variant."""
        if name not in self.shares:
            rows = turns([self.original, encoder], self.seconds, ROUNDS)
            self.shares[name] = round(statistics.median(own / before for before, own in rows), 4)
        return self.shares[name]

    @property
    def record(self) -> dict[str, Any]:
        """What a model's configuration stores of the table."""
        return {"seconds": self.seconds, "threads": torch.get_num_threads(), "shares": dict(self.shares)}
