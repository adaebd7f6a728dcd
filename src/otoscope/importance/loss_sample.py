"""A sample of the speech on which the loss is measured with heads removed, and differentiated by gates on heads."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch

from otoscope.analysis.shards import index_batches
from otoscope.attention.ablation import Ablation
from otoscope.importance.head_grid import Head, HeadGrid
from otoscope.importance.loss import Batch, Loss
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.capture import default_handler, forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import forward_gated, make_gates
from otoscope.models.output_sources import make_ablation
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats

Advance = Callable[[float], None]
"""Reports so many more seconds of speech as processed."""


@dataclass(frozen=True)
class AblationLoss:
    """The mean loss of utterances, and the loss of each, as functions of the heads that are removed.

    Attributes:
        rows: returns the loss of each utterance of the speech without some heads, `[utterance]`; NaN where not
            measured.
    """

    rows: Callable[[Collection[Head]], Floats]

    def __call__(self, heads: Collection[Head]) -> float:
        """Return the mean loss without some heads."""
        return float(np.nanmean(self.rows(heads)))


def gate_gradients(encoder: Encoder, batches: Sequence[Batch], on_progress: Advance) -> Floats:
    """Return the gradient of the loss of each utterance by the gate of each head, `[utterance, layer, head]`."""
    gradients = []
    for batch in batches:
        gradients.append(_batch_gradient(encoder, batch))
        on_progress(batch.seconds)
    return np.concatenate(gradients)


def _batch_gradient(encoder: Encoder, batch: Batch) -> Floats:
    gates = make_gates(encoder, len(batch.lengths))
    hidden = batch.hidden(forward_gated(encoder, batch.inputs, gates))
    with_heads = [gates_bh for gates_bh in gates if gates_bh.shape[1]]  # others are no part of the graph
    gradients = iter(torch.autograd.grad(batch.gradient_target(hidden).sum(), with_heads))
    by_layer = [next(gradients) if gates_bh.shape[1] else gates_bh.detach() for gates_bh in gates]
    return HeadGrid(encoder.n_heads).pad([layer.double().cpu().numpy() for layer in by_layer])


class LossSample:
    """A part of the speech, ready for the model, with its loss.

    The only state are the caches of `indices`, `batches`, `gradients` and `ablation`. Their first use fills them.

    Args:
        encoder: the intact model.
        speech: the speech from which the sample is taken.
        loss: the loss.
        budget: seconds of speech to take, spread evenly over the corpus, and how heads are removed.
    """

    def __init__(self, encoder: Encoder, speech: LoadedSpeech, loss: Loss, budget: SamplingBudget) -> None:
        """Store the sources; compute nothing yet."""
        self._encoder, self._speech, self.loss, self._budget = encoder, speech, loss, budget

    @property
    def loss_name(self) -> str:
        """Return the name of the loss."""
        return self.loss.name

    @cached_property
    def ablation(self) -> Ablation:
        """Return how heads are removed, with the outputs on the sample that this requires."""
        waves = [self._speech.waves[index] for indices in self.indices for index in indices]
        return make_ablation(self._encoder, waves, self._budget.ablation, self._budget.positions)

    @cached_property
    def indices(self) -> list[list[int]]:
        """Return the places in the speech of the utterances of each batch."""
        return sample_batches(self._encoder, self._speech, self._budget.seconds)

    @property
    def batch_seconds(self) -> list[float]:
        """Return the seconds of speech of each batch."""
        durations = self._speech.durations
        return [sum(durations[index] for index in indices) for indices in self.indices]

    @property
    def seconds(self) -> float:
        """Return the seconds of speech of the sample."""
        return sum(self.batch_seconds)

    @cached_property
    def batches(self) -> list[Batch]:
        """Return the batches of the sample."""
        return [self.loss.batch(indices) for indices in self.indices]

    def to_speech(self, rows: Floats) -> Floats:
        """Return values of the sample as values of all utterances `[utterance, ...]`, NaN outside of the sample."""
        rows_of_speech = np.full((len(self._speech.cuts), *rows.shape[1:]), np.nan)
        rows_of_speech[np.concatenate(self.indices)] = rows
        return rows_of_speech

    @cached_property
    def gradients(self) -> Floats:
        """Return the gradient of the loss by the gate of each head, `[utterance of the sample, layer, head]`."""
        with progress("taking gradients", total_seconds(self.batches)) as on_progress:
            return gate_gradients(self._encoder, self.batches, on_progress)

    def batch_gradients(self, number: int, on_progress: Advance) -> Floats:
        """Return the gradient of the loss by the gate of each head for one batch, `[utterance, layer, head]`."""
        return gate_gradients(self._encoder, [self.batches[number]], on_progress)

    def loss_without(self, on_progress: Advance) -> AblationLoss:
        """Return the loss as a function of removed heads, without a display of progress."""
        return AblationLoss(partial(self._rows, on_progress))

    @contextmanager
    def ablation_loss(self, max_calls: int) -> Iterator[AblationLoss]:
        """Provide the loss as a function of removed heads, with progress; it is called `max_calls` times at most."""
        with progress("removing heads", max_calls * total_seconds(self.batches)) as on_progress:
            yield self.loss_without(on_progress)

    def _rows(self, on_progress: Advance, heads: Collection[Head]) -> Floats:
        """Return the loss of each utterance of the speech without some heads, `[utterance]`."""
        on_progress(total_seconds(self.batches))
        with self._encoder.intervene(self.ablation.change(heads)), torch.inference_mode():
            losses = [batch.loss(self._hidden(batch)) for batch in self.batches]
        return self.to_speech(torch.cat(losses).double().cpu().numpy())

    def _hidden(self, batch: Batch) -> torch.Tensor:
        handler = partial(default_handler, self._encoder)
        return batch.hidden(forward_inputs(self._encoder, batch.inputs, handler, batch.waves))


def total_seconds(batches: Sequence[Batch]) -> float:
    """Return the seconds of speech of some batches."""
    return sum(batch.seconds for batch in batches)


def sample_batches(encoder: Encoder, speech: LoadedSpeech, seconds: float) -> list[list[int]]:
    """Return indices of about `seconds` of speech, spread evenly; a batch has utterances of similar length."""
    spread = spread_indices(len(speech.cuts), seconds / speech.seconds)
    if not encoder.padding_invariant:
        return [[index] for index in spread]
    durations = speech.durations
    return list(index_batches([(index, durations[index]) for index in spread], encoder.padded_seconds))


def spread_indices(count: int, share: float) -> list[int]:
    """Return the indices of a share of some utterances, at least one and spread evenly.

    >>> spread_indices(10, 0.3)
    [0, 4, 9]
    """
    size = max(1, min(count, round(count * share)))
    spread: list[int] = np.unique(np.linspace(0, count - 1, size).round().astype(int)).tolist()
    return spread
