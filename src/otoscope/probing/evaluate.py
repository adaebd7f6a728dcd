"""Hidden states are made once and scored by every probe."""

from collections.abc import Iterable, Mapping

import numpy as np
from torch import Tensor

from otoscope.probing.scorer import Floats, Scorer


def totals(scorers: Mapping[str, Scorer], hidden: Iterable[tuple[int, Tensor]]) -> dict[str, Floats]:
    """Sums `[seed, utterance]` of each probe, from place and hidden states of all utterances in any order."""
    sums = {name: np.zeros(scorer.majority.shape) for name, scorer in scorers.items()}
    for index, hidden_td in hidden:
        for name, scorer in scorers.items():
            sums[name][:, index] = scorer.total(index, hidden_td)
    return sums
