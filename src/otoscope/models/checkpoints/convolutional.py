"""Build wav2vec 2.0, HuBERT, WavLM or data2vec from the weights and settings of a checkpoint."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from otoscope.errors import InputError, shorten_error
from otoscope.models.checkpoints.weights import build_on_meta, give_weights

CLASSES = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "wavlm": "WavLM", "data2vec-audio": "Data2VecAudio"}
LAYER = re.compile(r"encoder\.layers\.(\d+)\..*")
NO_MASKS = {"mask_time_prob": 0.0, "mask_feature_prob": 0.0}  # of training; without them there is no masked_spec_embed


def convolutional_model(
    kind: str, settings: Mapping[str, Any], weights: Mapping[str, Tensor], path: Path, *, normalize: bool
) -> tuple[Any, Any]:
    """Return the encoder with its weights, and its feature extractor.

    Args:
        kind: model type of transformers, one of `CLASSES`.
        settings: fields of its configuration.
        weights: tensors by name of the model.
        path: the file, for messages.
        normalize: whether each wave gets mean 0 and variance 1 before the model.

    Raises:
        InputError: settings and weights do not belong together.
    """
    import transformers

    layers = len({match[1] for key in weights if (match := LAYER.fullmatch(key))})
    if settings["num_hidden_layers"] != layers:
        raise InputError(f"{path} holds {layers} layers, but its settings state {settings['num_hidden_layers']!r}")
    masks = {} if "masked_spec_embed" in weights else NO_MASKS
    name = CLASSES[kind]
    config = _configuration(getattr(transformers, f"{name}Config"), {**settings, **masks}, path)
    model = build_on_meta(getattr(transformers, f"{name}Model"), config, path)
    give_weights(model, weights, path)
    layer_norm = settings.get("feat_extract_norm", "layer") == "layer"
    return model, transformers.Wav2Vec2FeatureExtractor(do_normalize=normalize, return_attention_mask=layer_norm)


def _configuration(config: Any, fields: Mapping[str, Any], path: Path) -> Any:
    try:
        return config(**fields)
    except Exception as error:  # transformers checks the types of fields by errors of several kinds
        raise InputError(f"{path} has settings that no model has: {shorten_error(error)}") from error
