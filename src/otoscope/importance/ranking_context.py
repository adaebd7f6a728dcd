"""Hold what rankings measure on: a model, its speech, and the loss that measures the effect of removing heads."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np
import torch
from numpy.typing import NDArray

from otoscope.analysis.shards import batches, measure
from otoscope.errors import InputError
from otoscope.importance.loss import Batch, Loss
from otoscope.models.capture import default_handler, forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import forward_gated, make_gates
from otoscope.results import Run
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import accumulator, available_statistics

Floats = NDArray[np.float64]
Heads = Collection[tuple[int, int]]


@dataclass(frozen=True)
class SamplingBudget:
    """How much is spent on rankings that run the model often: seconds of speech, and permutations with truncation.

    A permutation ends when the loss has come within `truncation` of the way to the loss without any head.
    """

    seconds: float = 30.0
    permutations: int = 8
    truncation: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what measures nothing."""
        if not self.seconds > 0:
            raise InputError(f"expected more than 0 seconds of speech to measure harm on, got {self.seconds:g}")
        if self.permutations < 1:
            raise InputError(f"expected 1 permutation or more, got {self.permutations}")
        if not 0 <= self.truncation < 1:
            raise InputError(f"expected truncation from 0 to below 1, got {self.truncation:g}")


@dataclass
class RankingContext:
    """A model and what is measured on it, each once: statistics on all speech, loss and gradients on a part of it.

    `measured`: a run that analyze wrote, to take statistics from; without it they are measured.
    """

    encoder: Encoder
    speech: LoadedSpeech
    loss: Loss | None = None
    effort: SamplingBudget = field(default_factory=SamplingBudget)
    measured: Run | None = None

    @property
    def loss_name(self) -> str | None:
        """Name of the loss, where one is needed."""
        return self.loss.name if self.loss else None

    def statistic(self, name: str) -> Floats:
        """Mean over utterances of a statistic, `[layer, head]`."""
        return self.measured.dataset[name].values if self.measured else self._statistics[name]

    @cached_property
    def _statistics(self) -> Mapping[str, Floats]:
        scalar = {name: one for name, one in available_statistics().items() if not one.dims}
        with progress("measuring heads", self.speech.seconds) as advance:
            measured = measure(self.encoder, list(enumerate(self.speech.cuts)), scalar, strict=True, advance=advance)
        return accumulator.finalize(measured.state).mean

    @cached_property
    def batches(self) -> list[Batch]:
        """A part of the speech, evenly spread, ready for the model, with its loss."""
        assert self.loss is not None
        return [self.loss.batch(indices) for indices in make_batches(self.encoder, self.speech, self.effort.seconds)]

    @contextmanager
    def ablation_loss(self, most: int) -> Iterator[Callable[[Heads], float]]:
        """Within the block, the mean loss over utterances with some heads removed; `most` sets of heads at most."""
        seconds = sum(batch.seconds for batch in self.batches)
        with progress("removing heads", most * seconds) as advance:

            def loss_without(heads: Heads) -> float:
                advance(seconds)
                with self.encoder.without_heads(heads), torch.inference_mode():
                    hidden = (
                        forward_inputs(self.encoder, batch.inputs, partial(default_handler, self.encoder))
                        for batch in self.batches
                    )
                    losses = [batch.loss(states) for batch, states in zip(self.batches, hidden, strict=True)]
                return float(torch.cat(losses).double().mean())

            yield loss_without

    @cached_property
    def gradients(self) -> Floats:
        """Gradient of each utterance's loss to the gate of each head, `[utterance, layer, head]`."""
        with progress("taking gradients", sum(batch.seconds for batch in self.batches)) as advance:
            return np.concatenate([self._gradient(batch, advance) for batch in self.batches])

    def _gradient(self, batch: Batch, advance: Callable[[float], None]) -> Floats:
        gates = make_gates(self.encoder, batch.utterances)
        hidden = forward_gated(self.encoder, batch.inputs, gates)
        with_heads = [gates_bh for gates_bh in gates if gates_bh.shape[1]]  # others are no part of the graph
        slopes = iter(torch.autograd.grad(batch.gradient_target(hidden).sum(), with_heads))
        by_layer = [next(slopes) if gates_bh.shape[1] else gates_bh.detach() for gates_bh in gates]
        advance(batch.seconds)
        return self.pad_heads([layer.double().cpu().numpy() for layer in by_layer])

    def pad_heads(self, layers: Iterable[Floats]) -> Floats:
        """Values of each layer's heads `[..., H]` as `[..., layer, head]`, with NaN where a layer has fewer heads."""
        most = max(self.encoder.n_heads)
        padded = [
            np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, most - v.shape[-1])], constant_values=np.nan) for v in layers
        ]
        return np.stack(padded, axis=-2)

    def to_layer_head(self, values: Iterable[float]) -> Floats:
        """One value for each of `heads`, as `[layer, head]`."""
        return self.pad_heads(np.split(np.array(list(values)), np.cumsum(self.encoder.n_heads)[:-1]))

    @property
    def heads(self) -> list[tuple[int, int]]:
        """Every head of the model."""
        return [(layer, head) for layer, count in enumerate(self.encoder.n_heads) for head in range(count)]


def make_batches(encoder: Encoder, speech: LoadedSpeech, seconds: float) -> list[list[int]]:
    """Utterances, evenly spread over the speech and about `seconds` in all, like lengths together in batches."""
    count = max(1, min(len(speech.cuts), round(len(speech.cuts) * seconds / speech.seconds)))
    spread = np.unique(np.linspace(0, len(speech.cuts) - 1, count).round().astype(int)).tolist()
    if not encoder.padding_invariant:
        return [[index] for index in spread]
    return [[index for index, _ in batch] for batch in batches([(index, speech.cuts[index]) for index in spread])]
