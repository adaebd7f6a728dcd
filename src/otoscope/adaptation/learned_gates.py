"""Gates of all heads of an encoder, learned by gradient: some utterances train them, others choose the step."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from otoscope.adaptation.single_changes import SingleChange
from otoscope.attention.interventions import HeadFactors
from otoscope.importance.loss import Batch, BatchMaker
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import forward_tempered
from otoscope.typing import Ints

STEPS, EVERY = 16, 4  # steps, and those from one validation to the next
BATCH = 4  # utterances of a step
RATE = 0.03  # as in `search`


@dataclass(frozen=True, eq=False)
class GateLearner:
    """Learns gates of an encoder; the model stays as it is.

    Attributes:
        encoder: the intact model.
        loss: makes a batch of some utterances, with its loss.
    """

    encoder: Encoder
    loss: BatchMaker
    _batches: dict[int, Batch] = field(default_factory=dict)

    def learn(self, training: Ints, validation: Ints) -> tuple[SingleChange, ...]:
        """Return the gates of all heads at the step with the least loss on validation; none if that is the first.

        Args:
            training, validation: places of utterances.
        """
        offsets = [torch.zeros(2, heads, requires_grad=True) for heads in self.encoder.n_heads]
        optimizer = torch.optim.Adam(offsets, lr=RATE)
        least, best = self._mean_loss(offsets, validation), None
        for step in range(1, STEPS + 1):
            rng = np.random.default_rng((0, step))
            chosen = rng.choice(training, size=min(BATCH, len(training)), replace=False)
            self._set_gradients(offsets, chosen)
            optimizer.step()
            if step % EVERY == 0 and (error := self._mean_loss(offsets, validation)) < least:
                least, best = error, [offset.detach().clone() for offset in offsets]
        return () if best is None else changes_of(best)

    def _set_gradients(self, offsets: Sequence[Tensor], chosen: Ints) -> None:
        """Set the gradients of a step, of one utterance after the other, so that memory is that of one."""
        sums = [torch.zeros_like(offset) for offset in offsets]
        for index in chosen:
            gradients = torch.autograd.grad(self._loss(offsets, int(index)), list(offsets), allow_unused=True)
            for total, gradient in zip(sums, gradients, strict=True):
                total += 0 if gradient is None else gradient / len(chosen)
        for offset, total in zip(offsets, sums, strict=True):
            offset.grad = total

    @torch.no_grad()
    def _mean_loss(self, offsets: Sequence[Tensor], indices: Ints) -> float:
        return float(np.mean([float(self._loss(offsets, int(index))) for index in indices]))

    def _loss(self, offsets: Sequence[Tensor], index: int) -> Tensor:
        if index not in self._batches:
            self._batches[index] = self.loss([index])
        batch = self._batches[index]
        scales, temperatures = zip(*map(factors_of, offsets), strict=True)
        return batch.loss(batch.hidden(forward_tempered(self.encoder, batch.inputs, scales, temperatures))).sum()


def factors_of(offset_2h: Tensor) -> tuple[Tensor, Tensor]:
    """Return scales and temperatures `[H]` of scales less 1 and minus logarithms of temperatures, which are learned.

    >>> factors_of(torch.tensor([[0.5], [0.0]]))
    (tensor([1.5000]), tensor([1.]))
    """
    return 1 + offset_2h[0], (-offset_2h[1]).exp()


def changes_of(offsets: Sequence[Tensor]) -> tuple[SingleChange, ...]:
    """Return learned gates as changes of heads."""
    return tuple(
        SingleChange(HeadFactors(layer, head, scale, temperature))
        for layer, offset_2h in enumerate(offsets)
        for head, (scale, temperature) in enumerate(
            zip(*(each.tolist() for each in factors_of(offset_2h)), strict=True)
        )
    )
