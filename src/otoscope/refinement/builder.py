"""A refined model from its source, and the same model as plain transformers can hold it."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from transformers import WhisperModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from otoscope.models.load import silence_transformers
from otoscope.refinement.modeling import refined_class, refined_config, refined_encoder
from otoscope.refinement.source_model import SourceModel
from otoscope.refinement.surgery import keep_heads, scale_heads

EMPTY_DECODER = {"decoder_layers": 0, "vocab_size": 1, "max_target_positions": 1} | dict.fromkeys(
    ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 0
)
NOT_ITS_OWN = ("model_type", "architectures", "transformers_version")


def build(
    source: SourceModel,
    remaining: Sequence[Sequence[int]],
    span: int | None = None,
    scales: Sequence[Tensor] | None = None,
) -> Any:
    """Return the source with the `remaining` heads of each layer alone; `scales` and `span` of None change nothing."""
    family = source.parts.model_type
    kind: Any = type(source.whole)
    settings = _settings(source.whole.config)
    settings["attention_span"] = _narrower(settings.get("attention_span"), span)
    with silence_transformers():
        model = refined_class(family, kind)(refined_config(family)(**settings))
    model.load_state_dict(source.whole.state_dict())
    encoder = refined_encoder(model)
    if scales is not None:
        scale_heads(encoder, source.parts, scales)
    keep_heads(encoder, source.parts, remaining)
    encoder.config.heads_of_layers = model.config.heads_of_layers = [len(heads) for heads in remaining]
    return _as_source(model, source.whole)


def _narrower(span: int | None, other: int | None) -> int | None:
    return min((each for each in (span, other) if each is not None), default=None)


def _as_source(model: Any, whole: Any) -> Any:
    """Return the model with the settings of generation of another, and the attention that its span allows."""
    if getattr(whole, "generation_config", None) is not None:
        model.generation_config = deepcopy(whole.generation_config)
    model.set_attn_implementation("sdpa" if model._supports_sdpa else "eager")
    return model.eval()


def plain(refined: Any) -> Any:
    """A refined model without a span as a plain one of its family: heads that are gone have weights of zero.

    Heads that stay come first in each layer.
    """
    plain_type: Any = type(refined).__mro__[2]
    settings = _settings(refined.config)
    for name in ("heads_of_layers", "attention_span", "refinement"):
        settings.pop(name, None)
    with silence_transformers():
        model = plain_type(CONFIG_MAPPING[refined.config.model_type](**settings))
    have = refined.state_dict()
    model.load_state_dict({name: _grown(have.get(name), full) for name, full in model.state_dict().items()})
    return _as_source(model if plain_type is not WhisperEncoder else _with_empty_decoder(model), refined)


def _with_empty_decoder(encoder: Any) -> Any:
    """Return what AutoModel loads from a Whisper folder: the encoder, with a decoder of almost no parameters."""
    with silence_transformers():
        model = WhisperModel(type(encoder.config)(**encoder.config.to_diff_dict() | EMPTY_DECODER))
    model.encoder = encoder
    return model


def _grown(weight: Tensor | None, like: Tensor) -> Tensor:
    """The weight in the first places of one as large as `like`, zeros behind it."""
    grown = torch.zeros_like(like)
    if weight is not None:
        grown[tuple(slice(size) for size in weight.shape)] = weight
    return grown


def _settings(config: Any) -> dict[str, Any]:
    return {name: value for name, value in config.to_dict().items() if name not in NOT_ITS_OWN}
