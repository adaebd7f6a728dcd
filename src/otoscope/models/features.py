"""What a model is given for some waves: each wave's features as it has them alone, then padded."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from otoscope.models.families import Family

MASK = "attention_mask"


def features(family: Family, config: Any, extractor: Any, audio: Sequence[np.ndarray]) -> dict[str, Tensor]:
    """Features or samples of some waves `[samples]` by the model's names for them, and a padding mask where one pads.

    Extractors round differently in a batch, and some normalise over it: so each wave goes through alone.
    """
    inputs = padded([extract(family, extractor, wave) for wave in audio])
    if family.sees_silence or (MASK in inputs and inputs[MASK].all()):
        inputs.pop(MASK, None)
    elif family.max_seconds:
        inputs[MASK] = real_frames(family, config, audio)
    return inputs


def extract(family: Family, extractor: Any, wave: np.ndarray) -> dict[str, Tensor]:
    """One wave's features, the batch axis gone."""
    inputs = extractor(
        [wave],
        sampling_rate=extractor.sampling_rate,
        padding="max_length" if family.max_seconds else "longest",
        return_attention_mask=True,
        return_tensors="pt",
    )
    return {name: tensor[0] for name, tensor in inputs.items()}


def padded(alone: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """One batch of them, zeros behind the shorter ones."""
    return {name: pad_sequence([one[name] for one in alone], batch_first=True) for name in alone[0]}


def real_frames(family: Family, config: Any, audio: Sequence[np.ndarray]) -> Tensor:
    """True on real frames, `[B, 1, 1, T]`: what a model that takes no mask of its input is given for its attention."""
    frames = torch.tensor([family.front_end.num_frames(config, len(wave)) for wave in audio])
    return (torch.arange(config.max_source_positions) < frames[:, None])[:, None, None]
