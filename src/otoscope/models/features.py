"""Make the inputs of a model: the features of each wave alone, then padded to one batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from otoscope.models.families import Family

MASK = "attention_mask"


def features(family: Family, config: Any, extractor: Any, audio: Sequence[np.ndarray]) -> dict[str, Tensor]:
    """Return features or samples of some waves `[samples]` by the model's names, and a mask if there is padding.

    Extractors round differently in a batch, and some normalise over it. So each wave is processed alone.
    """
    inputs = pad([extract(family, extractor, wave) for wave in audio])
    if family.sees_silence or (MASK in inputs and inputs[MASK].all()):
        inputs.pop(MASK, None)
    elif family.max_seconds:
        inputs[MASK] = real_frames(family, config, audio)
    return inputs


def extract(family: Family, extractor: Any, wave: np.ndarray) -> dict[str, Tensor]:
    """Return the features of one wave, without the batch axis."""
    inputs = extractor(
        [wave],
        sampling_rate=extractor.sampling_rate,
        padding="max_length" if family.max_seconds else "longest",
        return_attention_mask=True,
        return_tensors="pt",
    )
    return {name: tensor[0] for name, tensor in inputs.items()}


def pad(utterances: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return one batch, with zeros after the shorter utterances."""
    return {name: pad_sequence([inputs[name] for inputs in utterances], batch_first=True) for name in utterances[0]}


def real_frames(family: Family, config: Any, audio: Sequence[np.ndarray]) -> Tensor:
    """Return a mask `[B, 1, 1, T]`, true on real frames, for the attention of models without a mask of their input."""
    frames = torch.tensor([family.front_end.num_frames(config, len(wave)) for wave in audio])
    return (torch.arange(config.max_source_positions) < frames[:, None])[:, None, None]
