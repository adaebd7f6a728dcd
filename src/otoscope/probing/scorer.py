"""What every probe becomes on its material: a scorer of hidden states, one utterance at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import Material

Floats = NDArray[np.float64]


class Scorer(Protocol):
    """Scores hidden states of utterances by their place; sums over frames, so that a corpus is a ratio of sums.

    count: what each utterance is counted with (frames, or 1), `[utterance]`; 0 where the probe has no use for it.
    majority: what always guessing the commonest class gets, `[seed, utterance]`; NaN where there are no classes.
    """

    @property
    def count(self) -> Floats: ...  # noqa: D102
    @property
    def majority(self) -> Floats: ...  # noqa: D102

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Right frames, or sum of errors, of one utterance for each seed, `[seed]`."""

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """What the probe's nets were trained to make small; has gradients."""


@dataclass(frozen=True)
class Probe:
    """One question to the hidden states. A module of this package that holds one as `PROBE` is found by `discover`.

    `metric` is what its score counts; `better` says which way is good; a probe that is `trained` needs labels.
    """

    name: str
    doc: str
    metric: str
    better: Literal["high", "low"]
    trained: bool
    scorer: Callable[[Material, Training, "Cache"], Scorer]


Cache = Callable[[str, Callable[[], dict[str, NDArray[Any]]]], dict[str, NDArray[Any]]]
"""Given a name of all that decides some arrays and how to make them, gives them, made only once."""
