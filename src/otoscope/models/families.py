"""What differs between model families, one row each."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def strided_convolutions(config: Any) -> float:
    """Samples per frame of a wav2vec 2.0-like convolutional front end."""
    return math.prod(config.conv_stride)


def stacked_log_mel(config: Any) -> float:
    """Samples per frame of 10 ms log-mel frames at 16 kHz, stacked."""
    return 160 * config.downsample_rate


def frames_of_convolutions(config: Any, samples: int) -> int:
    """Frames that the convolutional front end makes of some samples."""
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        samples = (samples - kernel) // stride + 1
    return max(samples, 0)


def frames_of_log_mel(config: Any, samples: int) -> int:
    """Stacked log-mel frames of some samples at 16 kHz."""
    return (1 + samples // 160) // config.downsample_rate if samples > 200 else 0


@dataclass(frozen=True)
class Family:
    """One row: `model_type` of the configuration, its attention frames, and how attention is reached.

    `samples_per_frame` is of a configuration, `frames` of a configuration and a number of samples; `gated` is the class
    name of the attention modules when they bypass the registry, empty for the registry.
    """

    model_type: str
    samples_per_frame: Callable[[Any], float]
    frames: Callable[[Any, int], int]
    gated: str = ""

    @property
    def mechanism(self) -> str:
        """`registry` or `fallback`."""
        return "fallback" if self.gated else "registry"


FAMILIES = {
    family.model_type: family
    for family in (
        Family("mockingjay", stacked_log_mel, frames_of_log_mel),
        Family("wav2vec2", strided_convolutions, frames_of_convolutions),
        Family("hubert", strided_convolutions, frames_of_convolutions),
        Family("data2vec-audio", strided_convolutions, frames_of_convolutions),
        Family("unispeech-sat", strided_convolutions, frames_of_convolutions),
        Family("wavlm", strided_convolutions, frames_of_convolutions, gated="WavLMAttention"),
    )
}
