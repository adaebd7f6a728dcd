"""Make an Encoder from any PyTorch encoder without changes to its code: a run shows where it computes attention."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedConfig
from transformers.modeling_outputs import BaseModelOutput

from otoscope.attention.call import AttentionCall
from otoscope.attention.function_capture import capture_functions
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.families import Family
from otoscope.models.front_ends import FixedHop
from otoscope.models.self_check import noise, self_check

Inputs = Callable[[np.ndarray], Tensor]
"""Turns one wave `[samples]` into what the module is given of it: `[samples]` or `[T, features]`, no batch axis."""


def wrap(
    module: nn.Module,
    *,
    samples_per_frame: float,
    inputs: Inputs = torch.from_numpy,
    frames: Callable[[int], int] | None = None,
    sampling_rate: int = 16000,
    batch_first: bool = True,
    name: str = "",
) -> Encoder:
    """Make an encoder from a PyTorch module whose layers attend between all frames of an utterance.

    Three forms of attention are recognised: `nn.MultiheadAttention` (also in `nn.TransformerEncoder`),
    `scaled_dot_product_attention`, and a softmax followed by a product with the values. The module is switched to
    evaluation mode; its code stays unchanged.

    Args:
        module: returns hidden states `[batch, time, features]`, alone, first in a tuple, or as `last_hidden_state`.
        samples_per_frame: samples from one attention frame to the next.
        inputs: turns one wave `[samples]` into the module's input without the batch axis.
        frames: returns the number of attention frames for a number of samples; by default whole multiples of
            `samples_per_frame`.
        sampling_rate: samples per second of the audio.
        batch_first: whether the batch axis comes before the time axis in input and output.
        name: the model's name in results; by default the name of its class.

    Returns:
        The encoder, which passed the self-check.

    Raises:
        InputError: the module attends in another way (to other frames, or to the past only), returns no time axis, or
            fails the self-check.

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
    name = name or type(module).__name__
    model = WrappedEncoder(module.eval(), batch_first, PreTrainedConfig())
    called = _attention(model, CallableExtractor(inputs, sampling_rate), name)
    model.config.num_hidden_layers = len(called)
    model.config.share_layer = len(set(called)) == 1 < len(called)
    family = Family(
        model_type=name,
        encoder=type(module).__name__,
        front_end=FixedHop(samples_per_frame, frames),
        attention_classes=tuple(sorted({type(module).__name__ for module in called})),
    )
    return self_check(
        Encoder(name=name, family=family, model=model, extractor=CallableExtractor(inputs, sampling_rate))
    )


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
        output = self.module(values if self.batch_first else values.transpose(0, 1))
        hidden = getattr(output, "last_hidden_state", output[0] if isinstance(output, tuple) else output)
        if not isinstance(hidden, Tensor) or hidden.ndim != 3:
            found = tuple(hidden.shape) if isinstance(hidden, Tensor) else type(hidden).__name__
            raise InputError(
                f"expected hidden states [batch, time, features] of {type(self.module).__name__}, found {found}"
            )
        return BaseModelOutput(last_hidden_state=hidden if self.batch_first else hidden.transpose(0, 1))


class CallableExtractor:
    """The user's function from waves to inputs, with the interface of a feature extractor."""

    def __init__(self, inputs: Inputs, sampling_rate: int) -> None:
        """See the class."""
        self.inputs, self.sampling_rate = inputs, sampling_rate

    def __call__(self, waves: Sequence[np.ndarray], **_: object) -> dict[str, Tensor]:
        """Return the inputs `[1, ...]` of one wave."""
        (wave,) = waves
        return {"values": self.inputs(np.ascontiguousarray(wave, np.float32))[None]}

    def to_dict(self) -> dict[str, Any]:
        """Return what distinguishes it from other extractors, as far as possible."""
        return {"sampling_rate": self.sampling_rate, "inputs": getattr(self.inputs, "__qualname__", "inputs")}


def _attention(model: WrappedEncoder, extractor: CallableExtractor, name: str) -> list[nn.Module]:
    """Return the modules that compute attention, in the order in which they run."""
    called: list[nn.Module] = []

    def handler(call: AttentionCall) -> Tensor:
        called.append(call.module)
        return attend_with(NO_INTERVENTION, call, -1)[0]

    parameter = next(model.parameters())
    values = extractor(noise(extractor.sampling_rate)[:1])["values"].to(parameter.device)
    values = values.to(parameter.dtype) if values.is_floating_point() else values
    with torch.inference_mode(), capture_functions(model.module.modules(), handler):
        model(values)
    if not called:
        raise InputError(
            f"no attention was seen in {name}; expected nn.MultiheadAttention, scaled_dot_product_attention"
        )
    return called
