"""The output of an encoder for a batch.

Axes: b utterance, t frame, d feature.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class EncoderOutput:
    """Final hidden states of a batch.

    Attributes:
        hidden: `[B, T, d]`, zero on padding; one for each frame of the attention, except in models that pool frames.
        lengths: number of hidden states of each utterance.
    """

    hidden: Tensor
    lengths: tuple[int, ...]


def zero_padding(hidden_btd: Tensor, lengths: tuple[int, ...]) -> Tensor:
    """Return hidden states up to the longest utterance, zero after the end of each."""
    hidden_btd = hidden_btd[:, : max(lengths)]
    is_real_bt = (
        torch.arange(hidden_btd.shape[1], device=hidden_btd.device)
        < torch.tensor(lengths, device=hidden_btd.device)[:, None]
    )
    return hidden_btd * is_real_bt[..., None]


def concat_outputs(outputs: list[EncoderOutput]) -> EncoderOutput:
    """Return the outputs of several batches as one batch."""
    if len(outputs) == 1:
        return outputs[0]
    longest = max(output.hidden.shape[1] for output in outputs)
    padded = [nn.functional.pad(output.hidden, (0, 0, 0, longest - output.hidden.shape[1])) for output in outputs]
    return EncoderOutput(torch.cat(padded), tuple(length for output in outputs for length in output.lengths))
