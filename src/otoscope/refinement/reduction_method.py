"""What a method to reach a budget of multiplications is, and the draft of a refined model that it changes in place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from otoscope.errors import InputError
from otoscope.importance.loss import get_loss
from otoscope.importance.loss_sample import LossSample
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layouts import EncoderLayout
from otoscope.refinement.macs import count_macs
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.source_model import SourceModel
from otoscope.refinement.surgery import blocks
from otoscope.runs.speech_source import LoadedSpeech

SECONDS = 10.0
"""Audio on which a budget is counted, or the longest that the model takes."""


@dataclass(frozen=True, eq=False)
class ReductionDraft:
    """A refined model that still has all that its source has, apart from a span, and what a method knows about it.

    Attributes:
        source: the original.
        model: the refined whole model, which a method changes in place.
        budget: share of the multiplications of the original to keep.
        span: span in frames that the model has already; None without one.
        speech: utterances on which a method measures.
        loss: name of the loss whose gradients say what matters.
    """

    source: SourceModel
    model: Any
    budget: float
    span: int | None
    speech: LoadedSpeech
    loss: str = "auto"

    @property
    def encoder(self) -> Any:
        """The encoder within the refined model."""
        return refined_encoder(self.model)

    @property
    def parts(self) -> EncoderLayout:
        """Where the encoder keeps heads and units."""
        return self.source.parts

    @property
    def original(self) -> Encoder:
        """The encoder of the original."""
        return self.source.encoder

    @cached_property
    def sample(self) -> LossSample:
        """The loss of the original on a part of the speech, with its gradients."""
        loss = get_loss(self.loss, self.original, self.speech)
        return LossSample(self.original, self.speech, loss, SamplingBudget())

    @cached_property
    def original_macs(self) -> int:
        """Multiplications of the original."""
        return sum(count_macs(self.original, self.seconds).values())

    @property
    def seconds(self) -> float:
        """Seconds of audio on which the budget is counted."""
        return min(SECONDS, self.original.max_seconds)

    def macs(self) -> dict[str, int]:
        """Multiplications of the draft as it is, by part."""
        core = f".{self.parts.core}" if self.parts.core else ""
        layers = [self.encoder.get_submodule(f"{name}{core}") for name in blocks(self.encoder, self.parts)]
        drafted = replace(self.original, model=self.encoder, layers=tuple(layers))
        return count_macs(drafted, self.seconds)

    def unreachable(self, least: float, without: str) -> InputError:
        """Return the error of a budget below what is left without some parts."""
        return InputError(
            f"a budget of {self.budget:g} cannot be reached: without any {without} {least:.3f} of the multiplications "
            "stay; raise --budget-macs or choose another --method"
        )


@dataclass(frozen=True)
class ReductionMethod:
    """A method to reach a budget: a plug-in of `otoscope.refinement.builtin`, or of `otoscope.reduction_methods`.

    Attributes:
        name: name of the method; the name of its file with `-` for `_`.
        doc: one sentence on what it changes.
        source: publication.
        apply: changes the model of a draft in place, and returns the heads of the original that are gone. Raises
            InputError if the budget cannot be reached.
    """

    name: str
    doc: str
    source: str
    apply: Callable[[ReductionDraft], Sequence[Head]]
