"""The prediction head of a pre-trained model, if its folder has one."""

from torch import nn
from transformers import AutoModelForPreTraining

from otoscope import bundled
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.models.mockingjay import MockingjayModel


def prediction_head(encoder: Encoder) -> nn.Module:
    """Load the head that predicts the stacked input features of each frame from final hidden states `[B, T, d]`.

    Raises:
        InputError: the model has no head, or one that predicts other features than its input.
    """
    if not isinstance(encoder.model, MockingjayModel):
        raise InputError(_no_head(encoder, f"{encoder.family.model_type} models have none"))
    source = str(bundled.model()) if encoder.name == "bundled" else encoder.name
    if encoder.adapter is not None:
        source = encoder.adapter.base
    try:
        with silence_transformers():
            model, info = AutoModelForPreTraining.from_pretrained(source, output_loading_info=True)
    except OSError as error:
        raise InputError(_no_head(encoder, "it was not loaded from a folder")) from error
    if any(name.startswith("head.") for name in info["missing_keys"]):
        raise InputError(_no_head(encoder, "the folder holds the encoder alone"))
    if model.config.target_size != model.config.num_mel_bins:
        raise InputError(_no_head(encoder, f"its head predicts {model.config.target_size} other bands"))
    return model.head.to(encoder.device, encoder.model.dtype).eval()


def has_prediction_head(encoder: Encoder) -> bool:
    """Return whether `prediction_head` can load a head."""
    try:
        prediction_head(encoder)
    except InputError:
        return False
    return True


def _no_head(encoder: Encoder, reason: str) -> str:
    return f"{encoder.name} has no prediction head to reconstruct its input ({reason}); use the hidden state instead"
