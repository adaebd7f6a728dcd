"""What every probe becomes on its data: a scorer of hidden states, one utterance at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from lhotse import MonoCut
from numpy.typing import NDArray
from torch import Tensor

from otoscope.models.encoder import Encoder
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.typing import Floats


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
        """Return the correct frames, or the sum of errors, of one utterance for each seed, `[seed]`."""

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the loss on which the probe's nets were trained; it has gradients."""


@dataclass(frozen=True)
class Probe:
    """A probe of final hidden states: a plug-in of `otoscope.probing.builtin`, or of the group `otoscope.probes`.

    Attributes:
        name: name of the probe; the name of its file with `-` for `_`.
        doc: one sentence on what the score measures.
        metric: name of the score, "accuracy".
        label: name of the probe and its score for the viewer, "phone accuracy".
        units: "%" for a share that is shown in percent, "1" for any other number.
        higher_is_better: whether high scores are good; otherwise low scores are.
        trained: whether the probe trains classifiers, which need labels; only such a probe can be a loss.
        scorer: function that trains the probe, if it is trained, and returns its scorer.
        check_model: function that raises InputError if the model lacks a part that the probe needs; commands call it
            before they read the speech.
        check_cuts: the same for labels and speakers of the cuts; commands call it before the model runs.
        runs_model: whether its scorer runs the model of its data again, instead of reading the hidden states.
        scores_texts: whether its scorer has a function `text_totals`, which scores what a decoder writes, and
            `window_totals`, which lets the model write; only such a probe can measure heads of a decoder.
        is_task: whether it scores what the whole model is for, by the model's own head or decoder.

    Raises:
        InputError: `check_model`, `check_cuts` and `scorer` raise it if the corpus lacks the labels, or
            the model the parts, that the probe needs.
    """

    name: str
    doc: str
    metric: str
    label: str
    units: Literal["1", "%"]
    higher_is_better: bool
    trained: bool
    scorer: Callable[[ProbeData, Training, "Cache"], Scorer]
    check_model: Callable[[Encoder], object] = lambda encoder: None
    check_cuts: Callable[[Sequence[MonoCut]], None] = lambda cuts: None
    runs_model: bool = False
    scores_texts: bool = False
    is_task: bool = False


Cache = Callable[[str, Callable[[], dict[str, NDArray[Any]]]], dict[str, NDArray[Any]]]
"""Given a name of all that decides some arrays and how to make them, gives them, made only once."""
