"""What audio a model takes, without its weights."""

import numpy as np
import torch
from transformers import AutoConfig

from otoscope import bundled
from otoscope.models.encoder import Encoder
from otoscope.models.load import (
    architecture_of,
    family_of,
    find_encoder,
    from_pretrained,
    load_extractor,
    silence_transformers,
)


def describe_model(name: str) -> Encoder:
    """Return a model without weights: it can check the length of audio, and cannot run.

    Args:
        name: what `load` takes.

    Raises:
        InputError: the model's configuration or feature extractor cannot be read, or is of no speech encoder.

    >>> encoder = describe_model("bundled")
    >>> encoder.sampling_rate, encoder.device.type
    (16000, 'meta')
    """
    source = str(bundled.model()) if name == "bundled" else name
    with silence_transformers():
        config = from_pretrained(AutoConfig, source)
        family, extractor = family_of(config, name), load_extractor(source, name)
        with torch.device("meta"):
            model = architecture_of(config)
            whole = model.from_config(config) if hasattr(model, "from_config") else model(config)
        return Encoder(name, family, find_encoder(whole, family.encoder, name), extractor)


def silent_wave(seconds: float, sampling_rate: int) -> np.ndarray:
    """Return a wave `[samples]` of zeros that takes no memory, to check a length."""
    return np.broadcast_to(np.float32(0), round(seconds * sampling_rate))
