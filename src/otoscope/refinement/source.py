"""What a refinement starts from: an encoder as transformers has it, its feature extractor, its prediction head."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoFeatureExtractor

from otoscope import embedded
from otoscope.models.encoder import Encoder
from otoscope.models.load import encoder_in, found, load, quiet, weights
from otoscope.models.prediction import has_prediction_head, prediction_head
from otoscope.refinement.parts import Parts, parts_of
from otoscope.refinement.surgery import head_counts


@dataclass(frozen=True)
class Source:
    """A model that can be refined; `watched` is its Encoder, None where otoscope does not measure the family."""

    name: str
    parts: Parts
    encoder: Any
    extractor: Any
    head: nn.Module | None
    watched: Encoder | None

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for part in (self.encoder, self.head) if part for weight in part.parameters())

    @property
    def counts(self) -> list[int]:
        """Heads of each layer."""
        return head_counts(self.encoder, self.parts)


def read_source(model: str) -> Source:
    """The model at a folder, of a hub name, or embedded, in float32 on the CPU.

    Raises:
        BadInput: it cannot be loaded, or its family cannot be refined.
    """
    at = str(embedded.model()) if model == "embedded" else model
    with quiet():
        config = found(AutoConfig, at)
        parts = parts_of(config.model_type, model)
        if not parts.in_time:
            encoder = encoder_in(weights(at, torch.float32, config), parts.encoder, model).eval()
            return Source(model, parts, encoder, found(AutoFeatureExtractor, at), None, None)
    watched = load(model, device="cpu")
    head = prediction_head(watched) if has_prediction_head(watched) else None
    return Source(model, parts, watched.model, watched.extractor, head, watched)
