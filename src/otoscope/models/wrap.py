"""Make an Encoder from any PyTorch encoder without changes to its code: a run shows where it computes attention."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig
from transformers.modeling_outputs import BaseModelOutput

from otoscope.errors import InputError
from otoscope.models.attention_modules import NamedModel, find_attention_modules
from otoscope.models.encoder import Encoder
from otoscope.models.families import Family
from otoscope.models.front_ends import FixedHop
from otoscope.models.original_module import original_module, without_compilation
from otoscope.models.self_check import noise, run_self_check

Inputs = Callable[[np.ndarray], Tensor]
"""Turns one wave `[samples]` into what the module is given of it: `[samples]` or `[T, features]`, no batch axis."""


@dataclass(frozen=True, kw_only=True)
class ModuleOptions:
    """Say how a module takes audio.

    Attributes:
        sampling_rate: samples per second of the audio.
        batch_first: whether the batch axis comes before the time axis in input and output.
        frames: returns the number of attention frames for a number of samples; None takes whole multiples of the
            samples of a frame.
        padded_seconds: length in seconds to which every wave is padded with zeros, for modules that take audio of one
            length; attention is measured between the frames of the utterance. None: waves keep their length.

    Examples:
        >>> ModuleOptions(padded_seconds=7.68).sampling_rate
        16000
    """

    sampling_rate: int = 16000
    batch_first: bool = True
    frames: Callable[[int], int] | None = None
    padded_seconds: float | None = None


def wrap(
    module: nn.Module,
    *,
    samples_per_frame: float,
    inputs: Inputs = torch.from_numpy,
    name: str = "",
    options: ModuleOptions | None = None,
) -> Encoder:
    """Make an encoder from a PyTorch module whose layers attend between all frames of an utterance.

    Three forms of attention are recognised: `nn.MultiheadAttention` (also in `nn.TransformerEncoder`),
    `scaled_dot_product_attention`, and a softmax followed by a product with the values. Masks, dropout, casts and
    changes of shape may come between softmax and product. Of a compiled module, the original module is measured. The
    module is switched to evaluation mode; its code stays unchanged.

    Args:
        module: returns hidden states `[batch, time, features]`, alone, first in a tuple, or as `last_hidden_state`.
        samples_per_frame: samples from one attention frame to the next.
        inputs: turns one wave `[samples]` into the module's input without the batch axis.
        name: the model's name in results; by default the name of its class.
        options: the rate of the audio, the order of axes, the number of frames, audio of one length.

    Returns:
        The encoder, which passed the self-check.

    Raises:
        InputError: the module is scripted, exported or quantised; it attends in a way that is not captured (the
            message names the part); it returns no time axis; or it fails the self-check.

    Examples:
        >>> torch.manual_seed(0).initial_seed()
        0
        >>> layer = nn.TransformerEncoderLayer(16, nhead=2, dim_feedforward=32, batch_first=True)
        >>> module = nn.TransformerEncoder(layer, num_layers=3, enable_nested_tensor=False)
        >>> def inputs(wave):
        ...     return torch.from_numpy(wave).unfold(0, 160, 160)[:, :16]
        >>> encoder = wrap(module, samples_per_frame=160, inputs=inputs)
        >>> encoder.n_layers, encoder.n_heads, encoder.frame_period
        (3, (2, 2, 2), 0.01)
    """
    module, options = original_module(module), options or ModuleOptions()
    name, seconds = name or type(module).__name__, options.padded_seconds
    model = WrappedEncoder(module.eval(), options.batch_first, PreTrainedConfig())
    extractor = CallableExtractor(inputs, options.sampling_rate, seconds)
    layers = find_attention_modules(NamedModel(model, name, prefix="module"), _noise_inputs(model, extractor))
    model.config.num_hidden_layers = len(layers)
    model.config.share_layer = len(set(layers)) == 1 < len(layers)
    family = Family(
        model_type=name,
        encoder=type(module).__name__,
        front_end=FixedHop(samples_per_frame, options.frames),
        attention_classes=tuple(sorted({type(layer).__name__ for layer in layers})),
        max_seconds=None if seconds is None else lambda _: seconds,
        sees_silence=seconds is not None,
    )
    return run_self_check(Encoder(name=name, family=family, model=model, extractor=extractor))


class WrappedEncoder(nn.Module):
    """The module with the interface of a transformers encoder."""

    def __init__(self, module: nn.Module, batch_first: bool, config: PreTrainedConfig) -> None:
        """See the class."""
        super().__init__()
        self.module, self.batch_first, self.config = module, batch_first, config

    @property
    def dtype(self) -> torch.dtype:
        """Data type of its weights."""
        return next(self.parameters()).dtype

    def forward(self, values: Tensor) -> BaseModelOutput:
        """Return hidden states `[B, T, d]` of a batch of inputs `[B, ...]`.

        Raises:
            InputError: the module returns no time axis.
        """
        with without_compilation(self.module):
            output = self.module(values if self.batch_first else values.transpose(0, 1))
        hidden = getattr(output, "last_hidden_state", output[0] if isinstance(output, tuple) else output)
        if not isinstance(hidden, Tensor) or hidden.ndim != 3:
            kind = tuple(hidden.shape) if isinstance(hidden, Tensor) else type(hidden).__name__
            raise InputError(
                f"expected hidden states [batch, time, features] of {type(self.module).__name__}, found {kind}"
            )
        return BaseModelOutput(last_hidden_state=hidden if self.batch_first else hidden.transpose(0, 1))


class CallableExtractor:
    """The user's function from waves to inputs, with the interface of a feature extractor."""

    def __init__(self, inputs: Inputs, sampling_rate: int, padded_seconds: float | None = None) -> None:
        """See the class."""
        self.inputs, self.sampling_rate, self.padded_seconds = inputs, sampling_rate, padded_seconds

    def __call__(self, waves: Sequence[np.ndarray], **_: object) -> dict[str, Tensor]:
        """Return the inputs `[1, ...]` of one wave."""
        (wave,) = waves
        padding = round((self.padded_seconds or 0) * self.sampling_rate) - len(wave)
        wave = np.pad(wave, (0, max(padding, 0)))
        return {"values": self.inputs(np.ascontiguousarray(wave, np.float32))[None]}

    def to_dict(self) -> dict[str, Any]:
        """Return what distinguishes it from other extractors, as far as possible."""
        inputs = getattr(self.inputs, "__qualname__", "inputs")
        padding = {} if self.padded_seconds is None else {"padded_seconds": self.padded_seconds}
        return {"sampling_rate": self.sampling_rate, "inputs": inputs, **padding}


def _noise_inputs(model: WrappedEncoder, extractor: CallableExtractor) -> list[Tensor]:
    """Return the inputs `[1, ...]` of a long and a short utterance of noise."""
    parameter = next(model.parameters())
    waves = noise(extractor.sampling_rate)
    inputs = [extractor([wave])["values"].to(parameter.device) for wave in (waves[0], waves[-1])]
    return [values.to(parameter.dtype) if values.is_floating_point() else values for values in inputs]
