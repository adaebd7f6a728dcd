"""Front ends: how many frames a model makes of its samples, and which samples each frame represents.

All audio has 16 kHz, so 10 ms are 160 samples. `config` is the transformers configuration of the encoder.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

SAMPLES_PER_10_MS = 160
WINDOW_SAMPLES = 400  # 25 ms


class FrontEnd(Protocol):
    """The frames between which the layers of a family attend."""

    def hop(self, config: Any) -> float:
        """Return the samples from one frame to the next."""

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of frames of a wave with so many samples."""

    def center(self, config: Any) -> float:
        """Return the sample on which the first frame is centered."""


@dataclass(frozen=True)
class FixedHop:
    """Frames at a fixed distance, for modules without a configuration.

    Attributes:
        samples_per_frame: samples from one frame to the next.
        count: number of frames of so many samples; by default whole multiples of `samples_per_frame`.
    """

    samples_per_frame: float
    count: Callable[[int], int] | None = None

    def hop(self, config: Any) -> float:
        """Return the samples from one frame to the next."""
        return self.samples_per_frame

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of frames of a wave with so many samples."""
        return int(samples // self.samples_per_frame) if self.count is None else self.count(samples)

    def center(self, config: Any) -> float:
        """Return the middle of the first frame."""
        return self.samples_per_frame / 2


class Convolutions:
    """Strided convolutions over samples, as in wav2vec 2.0."""

    def layers(self, config: Any) -> Iterable[tuple[int, int]]:
        """Return kernel size and stride of each convolution."""
        return zip(config.conv_kernel, config.conv_stride, strict=True)

    def hop(self, config: Any) -> float:
        """Return the product of the strides."""
        return math.prod(stride for _, stride in self.layers(config))

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the output length of the last convolution."""
        for kernel, stride in self.layers(config):
            samples = (samples - kernel) // stride + 1
        return max(samples, 0)

    def center(self, config: Any) -> float:
        """Return the middle of the samples that the first frame depends on."""
        receptive_field, step = 1, 1
        for kernel, stride in self.layers(config):
            receptive_field, step = receptive_field + (kernel - 1) * step, step * stride
        return receptive_field / 2


class PooledConvolutions(Convolutions):
    """Strided convolutions whose frames are averaged before the attention, as in SEW."""

    def hop(self, config: Any) -> float:
        """Return the samples from one pooled frame to the next."""
        return super().hop(config) * config.squeeze_factor

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of pooled frames; a remainder is dropped."""
        return super().num_frames(config, samples) // config.squeeze_factor

    def center(self, config: Any) -> float:
        """Return the middle of the first frames that are pooled."""
        return super().center(config) + (config.squeeze_factor - 1) / 2 * super().hop(config)


class MoonshineConvolutions(Convolutions):
    """The three convolutions of Moonshine, which its configuration does not list."""

    def layers(self, config: Any) -> Iterable[tuple[int, int]]:
        """Return kernel size and stride of each convolution."""
        return [(127, 64), (7, 3), (3, 2)]


class StackedLogMel:
    """Log-mel frames of 10 ms, `downsample_rate` of them stacked, as in Mockingjay."""

    def hop(self, config: Any) -> float:
        """Return the samples from one stack to the next."""
        return SAMPLES_PER_10_MS * config.downsample_rate

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of stacks; a remainder is dropped, and half a window is too short for a frame."""
        if samples <= WINDOW_SAMPLES // 2:
            return 0
        return (1 + samples // SAMPLES_PER_10_MS) // config.downsample_rate

    def center(self, config: Any) -> float:
        """Return the middle of the first stack, whose first frame is centered on the first sample."""
        return SAMPLES_PER_10_MS * (config.downsample_rate - 1) / 2


class FilterBankPairs:
    """Filter-bank frames of Kaldi (25 ms every 10 ms, whole windows only), two of them stacked."""

    def hop(self, config: Any) -> float:
        """Return the samples from one pair to the next."""
        return 2 * SAMPLES_PER_10_MS

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of pairs."""
        return max((samples - WINDOW_SAMPLES) // SAMPLES_PER_10_MS + 1, 0) // 2

    def center(self, config: Any) -> float:
        """Return the middle of the first two windows."""
        return (WINDOW_SAMPLES + SAMPLES_PER_10_MS) / 2


class SubsampledLogMel:
    """Log-mel frames of 10 ms and strided convolutions with padding, as in Parakeet."""

    def hop(self, config: Any) -> float:
        """Return the samples from one frame to the next."""
        return SAMPLES_PER_10_MS * config.subsampling_factor

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the output length of the last convolution; 0 for a single frame, which cannot be normalised."""
        kernel, frames = config.subsampling_conv_kernel_size, samples // SAMPLES_PER_10_MS
        if frames < 2:
            return 0
        for _ in range(int(math.log2(config.subsampling_factor))):
            frames = (frames + (kernel - 1) // 2 * 2 - kernel) // config.subsampling_conv_stride + 1
        return frames

    def center(self, config: Any) -> float:
        """Return 0: windows are centered on the first sample, and every layer above is padded."""
        return 0


class WhisperFrames:
    """Frames of 20 ms of audio that is padded to a fixed length, as in Whisper."""

    def hop(self, config: Any) -> float:
        """Return the samples from one frame to the next."""
        return 2 * SAMPLES_PER_10_MS

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of frames with at least one sample of the audio."""
        return math.ceil(samples / (2 * SAMPLES_PER_10_MS))

    def center(self, config: Any) -> float:
        """Return 0: windows are centered on the first sample, and every layer above is padded."""
        return 0


class SpectrogramPatches:
    """Patches of a spectrogram in bands and times, as in the audio spectrogram transformer."""

    def hop(self, config: Any) -> float:
        """Return the samples from one patch to the next in time."""
        return SAMPLES_PER_10_MS * config.time_stride

    def num_frames(self, config: Any, samples: int) -> int:
        """Return the number of patches in time that lie within the audio."""
        frames = (samples - WINDOW_SAMPLES) // SAMPLES_PER_10_MS + 1
        return max(0, min((frames - config.patch_size) // config.time_stride + 1, patch_grid_shape(config)[1]))

    def center(self, config: Any) -> float:
        """Return the middle of the first patch."""
        return WINDOW_SAMPLES / 2 + SAMPLES_PER_10_MS / 2 * (config.patch_size - 1)


def patch_grid_shape(config: Any) -> tuple[int, int]:
    """Return the number of patches in frequency, and in time; patches next to each other in time are adjacent."""
    bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
    return bands, (config.max_length - config.patch_size) // config.time_stride + 1
