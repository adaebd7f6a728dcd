"""What gates are learned for: a loss with gradients, and a score that is reported; one file of `builtin/` for each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.typing import Floats


class Task(Protocol):
    """An objective on a material."""

    @property
    def material(self) -> Material:
        """What is learned from."""

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean loss of some utterances under the gates in force; gradients flow to the gates."""

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return errors and their possible number of each utterance, with the gates or of the original model.

        `[utterance, 2]`, or `[utterance, 4]` where errors are those of words: deletions and insertions follow.
        """


@dataclass(frozen=True)
class Objective:
    """An objective.

    Attributes:
        name: as the user types it.
        doc: what it asks of the model, in a sentence.
        error: name of its error.
        make: makes the task of a model and a material; raises InputError if the model cannot be asked, or the material
            lacks what is needed.
        chosen_by_error: whether the error on validation groups chooses the step, as the loss is that of another probe;
            otherwise the loss does.
        steps: most steps of a search for it, if the user does not say.
    """

    name: str
    doc: str
    error: str
    make: Callable[[GatedModel, Material], Task]
    chosen_by_error: bool = False
    steps: int = 100
