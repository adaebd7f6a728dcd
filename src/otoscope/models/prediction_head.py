"""The head with which a masked-reconstruction model was pre-trained, where it was kept."""

from typing import Any

from torch import nn
from transformers import AutoModelForPreTraining

from otoscope import bundled
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.models.mockingjay import MockingjayModel


def prediction_head(encoder: Encoder) -> nn.Module:
    """The head that turns final hidden states `[B, T, d]` into the stacked input features of each frame.

    Raises:
        InputError: the model has none, or one that predicts other features than the model is given.
    """
    if not isinstance(encoder.model, MockingjayModel):
        raise InputError(_none(encoder, f"{encoder.family.model_type} models have none"))
    source = str(bundled.model()) if encoder.name == "bundled" else encoder.name
    with silence_transformers():
        model, info = AutoModelForPreTraining.from_pretrained(source, output_loading_info=True)
    if any(name.startswith("head.") for name in info["missing_keys"]):
        raise InputError(_none(encoder, "the folder holds the encoder alone"))
    if model.config.target_size != model.config.num_mel_bins:
        raise InputError(_none(encoder, f"its head predicts {model.config.target_size} other bands"))
    return _like(model.head, encoder)


def has_prediction_head(encoder: Encoder) -> bool:
    """Whether `prediction_head` finds one."""
    try:
        prediction_head(encoder)
    except InputError:
        return False
    return True


def _like(head: Any, encoder: Encoder) -> nn.Module:
    return head.to(encoder.device, encoder.model.dtype).eval()


def _none(encoder: Encoder, why: str) -> str:
    return f"{encoder.name} has no prediction head to reconstruct its input with ({why}); use the hidden state instead"
