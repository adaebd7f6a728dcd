"""How far does the final hidden state move from the intact model's? For models without a prediction head."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from otoscope.probing.scorer import Probe
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class HiddenErrorScorer:
    """A scorer by relative error: `||h - h_intact|| / ||h_intact||` over an utterance."""

    intact: Sequence[Tensor]
    seeds: int

    @cached_property
    def count(self) -> Floats:
        """Return 1 for each utterance."""
        return np.ones(len(self.intact))

    @cached_property
    def majority(self) -> Floats:
        """Return NaN: no guess is compared."""
        return np.full((self.seeds, len(self.intact)), np.nan)

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Return the relative error."""
        return np.full(self.seeds, self.loss(index, hidden_td).item())

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the relative error."""
        return (hidden_td - self.intact[index]).norm() / self.intact[index].norm()


PROBE = Probe(
    name="hidden-error",
    doc="Relative error of the final hidden state against the intact model.",
    metric="relative error",
    label="hidden error",
    units="1",
    higher_is_better=False,
    trained=False,
    scorer=lambda data, training, cache: HiddenErrorScorer(data.hidden, training.seeds),
)
