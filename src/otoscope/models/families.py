"""Model families: everything that differs between them, one file of `builtin/` for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from otoscope.models.front_ends import FrontEnd
from otoscope.registry import Registry

SPECIAL_TOKENS = 2  # of the audio spectrogram transformer, before its patches


@dataclass(frozen=True)
class Family:
    """A model type, the class of its encoder, its attention frames, and how its attention is captured.

    Attributes:
        model_type: of the configuration that holds the encoder's shape.
        encoder: class name of the encoder, which may be a part of a larger model.
        front_end: the frames between which its layers attend.
        attention_classes: class names of the attention modules if they bypass transformers' attention registry.
        num_layers_key: the configuration's name for the number of layers.
        adapter: submodule after the last layer that has attention of its own, which is not measured.
        num_outputs: number of hidden states for a configuration and a number of samples; None: one for each frame.
        max_seconds: length to which a configuration pads all audio with silence; None: audio of any length.
        sees_silence: whether it attends to that silence, so that a share of its attention falls outside the audio.
        is_patch_grid: whether its frames are patches in bands and times, after special tokens.
        tiny_model: makes a tiny random model and its feature extractor, for tests and `otoscope models`.
        tiny_gain: factor of the queries and keys of the tiny model, so that its attention is far from uniform.
    """

    model_type: str
    encoder: str
    front_end: FrontEnd
    attention_classes: tuple[str, ...] = ()
    num_layers_key: str = "num_hidden_layers"
    adapter: str = ""
    num_outputs: Callable[[Any, int], int] | None = None
    max_seconds: Callable[[Any], float] | None = None
    sees_silence: bool = False
    is_patch_grid: bool = False
    tiny_model: Callable[[], tuple[Any, Any]] | None = None
    tiny_gain: float = 2.0

    @property
    def mechanism(self) -> str:
        """How its attention is captured: `registry`, or `fallback` if it bypasses transformers' registry."""
        return "fallback" if self.attention_classes else "registry"


FAMILIES = Registry[Family]("model_families", "otoscope.models.builtin", "FAMILY")
"""Model families by model type, with underscores for hyphens."""


def find_family(model_type: str) -> Family | None:
    """Return the family of a model type, or None.

    Examples:
        >>> find_family("data2vec-audio").encoder
        'Data2VecAudioModel'
    """
    names = FAMILIES.names()
    name = next((name for name in (model_type, model_type.replace("-", "_")) if name in names), None)
    return None if name is None else FAMILIES.get(name)


_CHUNKS = "it attends within chunks of a few frames, not over one row of frames"
UNSUPPORTED = {
    "clap_audio_model": "it attends within shifted windows of time and band, not over one row of frames",
    "gemma3n_audio": _CHUNKS,
    "gemma4_audio": _CHUNKS,
    "gemma4_unified_audio": _CHUNKS,
    "granite_speech_encoder": _CHUNKS,
    "granite_speech_plus_encoder": _CHUNKS,
    "granite_speech5_encoder": _CHUNKS,
}
"""Model types that cannot be measured exactly, and the reason."""

REFINED_PREFIX = "refined-"
"""Start of the model type of refined models; the model type of the family follows."""
