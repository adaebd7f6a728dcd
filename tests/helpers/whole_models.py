"""Tiny models of every class that `refine` keeps whole, in folders, and the same models with heads removed by hooks."""

from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import torch
import transformers
from tests.helpers.tiny_models import noise, save
from torch import Tensor, nn
from transformers import PreTrainedModel

from otoscope.models import mockingjay
from otoscope.models.families import find_family
from otoscope.models.load import load
from otoscope.models.tiny_models import build_tiny_model, randomize_weights

CONVOLUTIONAL = {"wav2vec2": "Wav2Vec2", "hubert": "Hubert", "data2vec-audio": "Data2VecAudio"}
HEADS = ("CTC", "SequenceClassification")
CLASSES = {
    **{f"{name}For{head}": family for family, name in CONVOLUTIONAL.items() for head in HEADS},
    "Wav2Vec2ForPreTraining": "wav2vec2",
    "Wav2Vec2ForXVector": "wav2vec2",
    "UniSpeechSatForXVector": "unispeech-sat",
    "Data2VecAudioForAudioFrameClassification": "data2vec-audio",
    "UniSpeechSatForAudioFrameClassification": "unispeech-sat",
    "WhisperForConditionalGeneration": "whisper",
    "WhisperForAudioClassification": "whisper",
    "ASTForAudioClassification": "audio-spectrogram-transformer",
    "SpeechT5ForSpeechToText": "speecht5",
    "SeamlessM4Tv2ForSpeechToText": "seamless_m4t_v2",
    "MockingjayForPreTraining": "mockingjay",
    "TeraForPreTraining": "tera",
}
"""Class of models -> its family."""


def build_whole(name: str, folder: Path) -> Path:
    """Save the tiny model of a class, in the shape of its family's tiny model."""
    family = find_family(CLASSES[name])
    assert family is not None
    tiny, extractor = build_tiny_model(family)
    torch.manual_seed(1)
    model = randomize_weights(_class(name)(tiny.config).eval(), family.tiny_gain)
    return save(model, folder, extractor)


def plain_whole(name: str, folder: Path) -> PreTrainedModel:
    """Load a model of a class by transformers alone."""
    return _class(name).from_pretrained(folder).eval()


def _class(name: str) -> type[PreTrainedModel]:
    return getattr(transformers, name, None) or getattr(mockingjay, name)


def inputs_of(folder: Path, seconds: Iterable[float] = (0.9,)) -> dict[str, Tensor]:
    """Return inputs of a batch of noise, with tokens for a decoder."""
    encoder = load(folder, device="cpu")
    inputs = dict(encoder.inputs([noise(length) for length in seconds]))
    if getattr(encoder.model.config, "is_encoder_decoder", False):
        inputs["decoder_input_ids"] = torch.tensor([[1, 5, 6, 7]]).expand(len(next(iter(inputs.values()))), -1)
    return inputs


def outputs_of(model: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """Return the first output of a model: logits, or hidden states."""
    torch.manual_seed(0)
    with torch.inference_mode():
        return model(**inputs)[0]


def without_heads_by_hooks(model: nn.Module, folder: Path, heads: Iterable[tuple[int, int]]) -> nn.Module:
    """Return a copy of a model that sets to zero what these heads give to their output projections."""
    encoder, changed = load(folder, device="cpu"), deepcopy(model)
    kind = encoder.family.encoder
    inner = next(m for m in changed.modules() if kind in (base.__name__ for base in type(m).__mro__))
    for layer, head in heads:
        size = inner.get_submodule(encoder.output_projections[layer]).in_features // encoder.n_heads[layer]
        inner.get_submodule(encoder.output_projections[layer]).register_forward_pre_hook(
            lambda _, args, first=head * size, size=size: (_zero(args[0], first, size),)
        )
    return changed


def _zero(states: Tensor, first: int, size: int) -> Tensor:
    states = states.clone()
    states[..., first : first + size] = 0
    return states
