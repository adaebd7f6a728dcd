"""What a refinement starts from: an encoder that is measured, and its prediction head."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.models.prediction_head import has_prediction_head, prediction_head
from otoscope.models.self_check import self_check
from otoscope.refinement.layouts import SHARED, EncoderLayout, parts_of


@dataclass(frozen=True)
class SourceModel:
    """A model that can be refined; `head` is None where it kept none, or its family has none."""

    encoder: Encoder
    parts: EncoderLayout
    head: nn.Module | None

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for part in (self.encoder.model, self.head) if part for weight in part.parameters())


def read_source(model: str | Path | nn.Module | Encoder) -> SourceModel:
    """Return what can be refined of a model, in float32 on the CPU; a model in memory stays as it is.

    Raises:
        InputError: it cannot be loaded, or its family cannot be refined.
    """
    encoder = load(model, device="cpu")
    parts = parts_of(encoder.family.model_type, encoder.name)
    if getattr(encoder.model.config, "share_layer", False):
        raise InputError(f"{encoder.name} cannot be refined: {SHARED}")
    if not isinstance(model, (str, Path)):
        copy = deepcopy(encoder.model).cpu().float()
        encoder = self_check(Encoder(encoder.name, encoder.family, copy, encoder.extractor))
    return SourceModel(encoder, parts, prediction_head(encoder) if has_prediction_head(encoder) else None)
