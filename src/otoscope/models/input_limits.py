"""What audio a model takes, without its weights."""

import numpy as np
import torch

from otoscope.models.encoder import Encoder
from otoscope.models.load import architecture_of, find_encoder, silence_transformers
from otoscope.models.model_settings import read_settings


def describe_model(name: str) -> Encoder:
    """Return a model without weights: it can check the length of audio, and cannot run.

    Args:
        name: what `load` takes.

    Raises:
        InputError: as `read_settings`.

    >>> encoder = describe_model("bundled")
    >>> encoder.sampling_rate, encoder.device.type
    (16000, 'meta')
    """
    with silence_transformers():
        settings = read_settings(name)
        with torch.device("meta"):
            model = architecture_of(settings.config)
            whole = model.from_config(settings.config) if hasattr(model, "from_config") else model(settings.config)
        encoder = find_encoder(whole, settings.family.encoder, name)
        return Encoder(name, settings.family, encoder, settings.extractor)


def silent_wave(seconds: float, sampling_rate: int) -> np.ndarray:
    """Return a wave `[samples]` of zeros that takes no memory, to check a length."""
    return np.broadcast_to(np.float32(0), round(seconds * sampling_rate))
