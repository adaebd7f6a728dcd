"""The whole model of an encoder, with this encoder inside it: its head reads what the encoder gives."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.models.capture import default_handler, forward_whole
from otoscope.models.encoder import Encoder
from otoscope.models.load import load_whole


def whole_model(encoder: Encoder) -> Any:
    """Return the model in the folder of an encoder, its encoder replaced by the one in memory.

    Args:
        encoder: the encoder; its weights may differ from those of the folder.

    Raises:
        InputError: the encoder has no folder, or the folder holds another model.
    """
    dtype = str(encoder.model.dtype).removeprefix("torch.")
    whole, inner = load_whole(encoder.name, device=str(encoder.device), dtype=dtype)
    path = next(name for name, module in whole.named_modules() if module is inner.model)
    if not path:
        return encoder.model
    whole.set_submodule(path, encoder.model)
    return whole.to(encoder.device).eval()


def run_whole(encoder: Encoder, whole: Any, audio: Sequence[np.ndarray]) -> Any:
    """Return the output of a whole model for some waves `[samples]`, under the interventions of its encoder.

    Args:
        encoder: the encoder, which `whole` contains.
        whole: what `whole_model` returned.
        audio: the waves, at the rate of the encoder.
    """
    inputs: Mapping[str, Tensor] = encoder.inputs(audio)
    with torch.inference_mode():
        return forward_whole(encoder, whole, inputs, partial(default_handler, encoder), audio)


def class_scores(whole: Any, output: Any) -> Tensor:
    """Return the scores `[B, class]`, or `[B, T, class]`, of the output of a classifier.

    X-vectors are compared with the weights of their classes by the scaled cosine with which they were trained (Wang et
    al. 2018, arXiv 1801.05599).
    """
    objective = getattr(whole, "objective", None)
    if objective is None:
        return output.logits
    cosines: Tensor = F.normalize(output.logits, dim=-1) @ F.normalize(objective.weight.detach(), dim=0)
    return objective.scale * cosines
