"""What a method to reach a budget of multiplications is, and the draft of a refined model that it changes in place."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from otoscope.errors import InputError
from otoscope.importance.loss import get_loss
from otoscope.importance.loss_sample import LossSample
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.refinement.head_selection import Head
from otoscope.refinement.latency import LatencyTable
from otoscope.refinement.layouts import EncoderLayout
from otoscope.refinement.macs import count_macs
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.source_model import SourceModel
from otoscope.refinement.surgery import blocks
from otoscope.runs.speech_source import LoadedSpeech

SECONDS = 10.0
"""Audio on which a budget is counted by default, or the longest that the model takes."""


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
        seconds_limit: seconds of audio on which the budget is counted, or the longest that the model takes.
        latency: measured costs, if the budget is one of latency; None: it is one of multiplications.
    """

    source: SourceModel
    model: Any
    budget: float
    span: int | None
    speech: LoadedSpeech
    loss: str = "auto"
    seconds_limit: float = SECONDS
    latency: LatencyTable | None = None

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
        return min(self.seconds_limit, self.original.max_seconds)

    def macs(self) -> dict[str, int]:
        """Multiplications of the draft as it is, by part."""
        return count_macs(self.encoder_of(self.model), self.seconds)

    def encoder_of(self, model: Any) -> Encoder:
        """Return the encoder within a refined model of the same source, as one that can be counted and timed."""
        encoder, core = refined_encoder(model), f".{self.parts.core}" if self.parts.core else ""
        layers = [encoder.get_submodule(f"{name}{core}") for name in blocks(encoder, self.parts)]
        return replace(self.original, model=encoder, layers=tuple(layers))

    def latency_without(self, name: str, change: Callable[[Any], None] | None = None) -> float:
        """Return the share of the original's latency that a variant of the draft takes.

        Args:
            name: name of the variant in the table.
            change: changes a copy of the whole model in place; None: nothing.
        """
        assert self.latency is not None
        if name not in self.latency.shares:
            model = deepcopy(self.model)
            if change is not None:
                change(model)
            return self.latency.share(name, self.encoder_of(model))
        return self.latency.shares[name]

    def unreachable(self, least: float, without: str) -> InputError:
        """Return the error of a budget below what is left without some parts."""
        return InputError(
            f"a budget of {self.budget:g} cannot be reached: without any {without} {least:.3f} of the "
            f"{'multiplications' if self.latency is None else 'latency'} stay; raise "
            f"--budget-{'macs' if self.latency is None else 'latency'} or choose another --method"
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
        knows_latency: whether it takes its costs from the latencies of a draft that has some.
    """

    name: str
    doc: str
    source: str
    apply: Callable[[ReductionDraft], Sequence[Head]]
    knows_latency: bool = False
