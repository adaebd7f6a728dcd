"""Recognise a model by its weights and configurations."""

import hashlib
import json
from typing import Any

import torch

from otoscope.models.encoder import Encoder


def model_fingerprint(encoder: Encoder) -> str:
    """Return the SHA-256 of the configurations of model and feature extractor, and of all weights."""
    return weights_fingerprint(encoder.model, encoder.extractor)


def weights_fingerprint(model: Any, extractor: Any) -> str:
    """Return the SHA-256 of the configurations of a transformers model and of its extractor, and of all weights."""
    digest = hashlib.sha256()
    for settings in (model.config.to_diff_dict(), extractor.to_dict()):
        settings.pop("_name_or_path", None)
        digest.update(json.dumps(settings, sort_keys=True, default=repr).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(memoryview(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy()))
    return digest.hexdigest()
