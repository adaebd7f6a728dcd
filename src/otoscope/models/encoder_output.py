"""What an encoder makes of a batch.

Axes: b utterance, t frame, d feature.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Encoded:
    """Final hidden states `[B, T, d]`, zero on padding, and how many each utterance has.

    They are the frames of its attention where the model gives one for each.
    """

    hidden: Tensor
    lengths: tuple[int, ...]


def without_padding(hidden_btd: Tensor, lengths: tuple[int, ...]) -> Tensor:
    """Hidden states `[B, T, d]`, zero behind so many of each utterance, cut where the longest ends."""
    hidden_btd = hidden_btd[:, : max(lengths)]
    real_bt = (
        torch.arange(hidden_btd.shape[1], device=hidden_btd.device)
        < torch.tensor(lengths, device=hidden_btd.device)[:, None]
    )
    return hidden_btd * real_bt[..., None]


def side_by_side(parts: list[Encoded]) -> Encoded:
    """Several batches as one."""
    if len(parts) == 1:
        return parts[0]
    longest = max(part.hidden.shape[1] for part in parts)
    padded = [nn.functional.pad(part.hidden, (0, 0, 0, longest - part.hidden.shape[1])) for part in parts]
    return Encoded(torch.cat(padded), tuple(length for part in parts for length in part.lengths))
