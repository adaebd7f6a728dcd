"""What a refinement starts from: a whole model, and its encoder, which is measured."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import find_encoder, load, load_whole
from otoscope.models.model_settings import model_source
from otoscope.models.original_module import original_module
from otoscope.models.self_check import self_check
from otoscope.refinement.layouts import SHARED, EncoderLayout, parts_of
from otoscope.refinement.surgery import layer_names


@dataclass(frozen=True)
class SourceModel:
    """A model that can be refined.

    Attributes:
        encoder: its encoder, which `whole` contains.
        parts: where the encoder keeps its heads.
        whole: the model with its head or its decoder, if it has one.
    """

    encoder: Encoder
    parts: EncoderLayout
    whole: Any

    @property
    def origin(self) -> str:
        """Folder or hub name that the model was loaded from; of a model with an adapter, that of its base."""
        encoder = self.encoder
        return model_source(encoder.adapter.base if encoder.adapter else self.whole.config.name_or_path or encoder.name)

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(weight.numel() for weight in self.whole.parameters())


def read_source(model: str | Path | nn.Module | Encoder) -> SourceModel:
    """Return what can be refined of a model, in float32 on the CPU; a model in memory stays as it is.

    Of an `Encoder`, the whole model is read from its folder, if it came from one.

    Raises:
        InputError: it cannot be loaded, or its family cannot be refined.
    """
    if isinstance(model, (str, Path)):
        whole, encoder = load_whole(model, device="cpu")
    else:
        encoder = load(model, device="cpu")
        whole = _copy_around(encoder) if isinstance(model, Encoder) else deepcopy(original_module(model))
        inner = find_encoder(whole.cpu().float().eval(), encoder.family.encoder, encoder.name)
        encoder = self_check(Encoder(encoder.name, encoder.family, inner, encoder.extractor))
    parts = parts_of(encoder.family.model_type, encoder.name)
    if getattr(encoder.model.config, "share_layer", False):
        raise InputError(f"{encoder.name} cannot be refined: {SHARED}")
    _check_own_weights(encoder, parts, whole)
    return SourceModel(encoder, parts, whole.eval())


def _check_own_weights(encoder: Encoder, parts: EncoderLayout, whole: Any) -> None:
    """Raise InputError if a decoder, or another layer, has the same weights as a layer of the encoder."""
    layers = [encoder.model.get_submodule(name) for name in layer_names(encoder.model, parts)]
    own = {id(weight) for layer in layers for weight in layer.parameters()}
    first: dict[int, str] = {}
    for name, weight in whole.named_parameters(remove_duplicate=False):
        if id(weight) in own and first.setdefault(id(weight), name) != name:
            raise InputError(
                f"expected an encoder of {encoder.name} with weights of its own, found {first[id(weight)]} in {name} "
                "too; save the model with untied weights"
            )


def _copy_around(encoder: Encoder) -> Any:
    """Return the model that an encoder was loaded from with the encoder's weights, or a copy of the encoder alone."""
    try:
        whole, loaded = load_whole(encoder.name, device="cpu")
        loaded.model.load_state_dict(encoder.model.state_dict())
    except (InputError, RuntimeError):  # no folder of this name, or one with another model
        return deepcopy(encoder.model)
    return whole
