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


@dataclass(frozen=True)
class Family:
    """One row: `model_type` of the configuration, samples between attention frames, and how attention is reached.

    `gated`: class name of the attention modules when they bypass the registry; empty for the registry.
    """

    model_type: str
    samples_per_frame: Callable[[Any], float]
    gated: str = ""

    @property
    def mechanism(self) -> str:
        """`registry` or `fallback`."""
        return "fallback" if self.gated else "registry"


FAMILIES = {
    family.model_type: family
    for family in (
        Family("mockingjay", stacked_log_mel),
        Family("wav2vec2", strided_convolutions),
        Family("hubert", strided_convolutions),
        Family("data2vec-audio", strided_convolutions),
        Family("unispeech-sat", strided_convolutions),
        Family("wavlm", strided_convolutions, gated="WavLMAttention"),
    )
}
