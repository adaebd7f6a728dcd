"""What differs between model families, one row each."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def strided_convolutions(config: Any) -> float:
    """Samples per frame of a wav2vec 2.0-like convolutional front end."""
    return math.prod(config.conv_stride)


def squeezed_convolutions(config: Any) -> float:
    """The same where frames are pooled before the attention."""
    return strided_convolutions(config) * config.squeeze_factor


def stacked_log_mel(config: Any) -> float:
    """Samples per frame of 10 ms log-mel frames at 16 kHz, stacked."""
    return 160 * config.downsample_rate


def two_log_mel(config: Any) -> float:
    """Samples per frame of 10 ms frames at 16 kHz taken two by two."""
    return 320


def subsampled_log_mel(config: Any) -> float:
    """Samples per frame of 10 ms frames at 16 kHz after strided convolutions."""
    return 160 * config.subsampling_factor


def moonshine_convolutions(config: Any) -> float:
    """Samples per frame of Moonshine's three convolutions."""
    return 64 * 3 * 2


def frames_of_convolutions(config: Any, samples: int) -> int:
    """Frames that the convolutional front end makes of some samples."""
    return _convolved(samples, zip(config.conv_kernel, config.conv_stride, strict=True))


def frames_of_squeezed_convolutions(config: Any, samples: int) -> int:
    """The same, pooled before the attention."""
    return frames_of_convolutions(config, samples) // config.squeeze_factor


def frames_of_moonshine(config: Any, samples: int) -> int:
    """Frames that Moonshine's convolutions make of some samples."""
    return _convolved(samples, [(127, 64), (7, 3), (3, 2)])


def _convolved(samples: int, layers: Any) -> int:
    for kernel, stride in layers:
        samples = (samples - kernel) // stride + 1
    return max(samples, 0)


def frames_of_log_mel(config: Any, samples: int) -> int:
    """Stacked log-mel frames of some samples at 16 kHz."""
    return (1 + samples // 160) // config.downsample_rate if samples > 200 else 0


def frames_of_filter_bank(config: Any, samples: int) -> int:
    """Pairs of Kaldi filter-bank frames (25 ms every 10 ms, whole windows alone) of some samples at 16 kHz."""
    return max((samples - 400) // 160 + 1, 0) // 2


def frames_of_whisper(config: Any, samples: int) -> int:
    """Frames of 20 ms that some samples at 16 kHz reach into."""
    return math.ceil(samples / 320)


def halves_of_whisper(config: Any, samples: int) -> int:
    """Those frames averaged two by two, a remainder dropped."""
    return frames_of_whisper(config, samples) // 2


def seconds_of_positions(config: Any) -> float:
    """Seconds of audio for which the model has positions of 20 ms."""
    return config.max_source_positions / 50


def frames_of_subsampled_log_mel(config: Any, samples: int) -> int:
    """Frames of some samples at 16 kHz that 10 ms frames and strided convolutions with padding leave."""
    kernel, frames = config.subsampling_conv_kernel_size, samples // 160
    if frames < 2:
        return 0  # its features are normalised over frames, and one has no deviation
    for _ in range(int(math.log2(config.subsampling_factor))):
        frames = (frames + (kernel - 1) // 2 * 2 - kernel) // config.subsampling_conv_stride + 1
    return frames


def centre_of_convolutions(config: Any) -> float:
    """Middle of the samples that the first frame of the convolutional front end sees."""
    return _sight(zip(config.conv_kernel, config.conv_stride, strict=True)) / 2


def centre_of_squeezed_convolutions(config: Any) -> float:
    """Middle of the first frames that are pooled."""
    return centre_of_convolutions(config) + (config.squeeze_factor - 1) / 2 * strided_convolutions(config)


def centre_of_moonshine(config: Any) -> float:
    """Middle of the samples that Moonshine's first frame sees."""
    return _sight([(127, 64), (7, 3), (3, 2)]) / 2


def _sight(layers: Any) -> int:
    seen, step = 1, 1
    for kernel, stride in layers:
        seen, step = seen + (kernel - 1) * step, step * stride
    return seen


def centre_of_stack(config: Any) -> float:
    """Middle of the first stack of 10 ms frames at 16 kHz, the first of which is centred on the first sample."""
    return 160 * (config.downsample_rate - 1) / 2


def centre_of_two_windows(config: Any) -> float:
    """Middle of the first two windows of 25 ms at 16 kHz, the second 10 ms after the first."""
    return 280


def at_the_start(config: Any) -> float:
    """Windows are centred on the first sample, and every layer above is padded."""
    return 0


SPECIAL_TOKENS = 2  # of the audio spectrogram transformer, before its patches


def bands_and_times(config: Any) -> tuple[int, int]:
    """Patches of a spectrogram from low to high and from start to end; the latter are next to each other."""
    bands = (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1
    return bands, (config.max_length - config.patch_size) // config.time_stride + 1


def patch_strides(config: Any) -> float:
    """Samples from patch to patch of 10 ms frames at 16 kHz."""
    return 160 * config.time_stride


def whole_patches(config: Any, samples: int) -> int:
    """Patches from start to end that lie within some samples at 16 kHz (windows of 25 ms every 10 ms)."""
    frames = (samples - 400) // 160 + 1
    return max(0, min((frames - config.patch_size) // config.time_stride + 1, bands_and_times(config)[1]))


def centre_of_patch(config: Any) -> float:
    """Middle of the first patch."""
    return 200 + 80 * (config.patch_size - 1)


def seconds_of_spectrogram(config: Any) -> float:
    """Seconds of 10 ms frames that the model takes."""
    return config.max_length / 100


@dataclass(frozen=True)
class Family:
    """One row: a model type, the class of its encoder, its attention frames, and how attention is reached.

    Attributes:
        model_type: of the configuration that holds the encoder's shape.
        encoder: class name of the encoder, wherever in a larger model it sits.
        samples_per_frame, frames: of a configuration, and of a configuration and a number of samples.
        first_centre: of a configuration, the sample on which its first frame is centred.
        gated: class names of the attention modules, with spaces, when they bypass the registry; empty for the registry.
        layers: the configuration's name for the number of layers.
        beside: submodule whose attention is not of a layer (it adapts the output) and is left alone.
        outputs: of a configuration and a number of samples, the hidden states; None where one for each frame.
        seconds: of a configuration, the audio that the model always takes, silence added; None where it takes any.
        sees_silence: its attention is not masked there, so that a share of it falls outside of the audio.
        grid: its frames are patches in bands and times, after tokens of its own.
    """

    model_type: str
    encoder: str
    samples_per_frame: Callable[[Any], float]
    frames: Callable[[Any, int], int]
    first_centre: Callable[[Any], float]
    gated: str = ""
    layers: str = "num_hidden_layers"
    beside: str = ""
    outputs: Callable[[Any, int], int] | None = None
    seconds: Callable[[Any], float] | None = None
    sees_silence: bool = False
    grid: bool = False

    @property
    def mechanism(self) -> str:
        """`registry` or `fallback`."""
        return "fallback" if self.gated else "registry"


_CONVOLUTIONS = (strided_convolutions, frames_of_convolutions, centre_of_convolutions)
_SQUEEZED = (squeezed_convolutions, frames_of_squeezed_convolutions, centre_of_squeezed_convolutions)
_LOG_MEL = (stacked_log_mel, frames_of_log_mel, centre_of_stack)
_FILTER_BANK = (two_log_mel, frames_of_filter_bank, centre_of_two_windows)
_WHISPER = (two_log_mel, frames_of_whisper, at_the_start)

FAMILIES = {
    family.model_type: family
    for family in (
        Family("mockingjay", "MockingjayModel", *_LOG_MEL),
        Family("tera", "MockingjayModel", *_LOG_MEL),
        Family("audioalbert", "MockingjayModel", *_LOG_MEL),
        Family("wav2vec2", "Wav2Vec2Model", *_CONVOLUTIONS),
        Family("hubert", "HubertModel", *_CONVOLUTIONS),
        Family("wavlm", "WavLMModel", *_CONVOLUTIONS, gated="WavLMAttention"),
        Family("data2vec-audio", "Data2VecAudioModel", *_CONVOLUTIONS),
        Family("unispeech", "UniSpeechModel", *_CONVOLUTIONS),
        Family("unispeech-sat", "UniSpeechSatModel", *_CONVOLUTIONS),
        Family("sew", "SEWModel", *_SQUEEZED, outputs=frames_of_convolutions),
        Family("sew-d", "SEWDModel", *_SQUEEZED, outputs=frames_of_convolutions, gated="DisentangledSelfAttention"),
        Family("wav2vec2-conformer", "Wav2Vec2ConformerModel", *_CONVOLUTIONS),
        Family("wav2vec2-bert", "Wav2Vec2BertModel", *_FILTER_BANK, beside="adapter"),
        Family(
            "seamless_m4t_v2",
            "SeamlessM4Tv2SpeechEncoder",
            *_FILTER_BANK,
            layers="speech_encoder_layers",
            beside="adapter",
        ),
        Family("whisper", "WhisperEncoder", *_WHISPER, seconds=seconds_of_positions, sees_silence=True),
        Family(
            "audio-spectrogram-transformer",
            "ASTModel",
            patch_strides,
            whole_patches,
            centre_of_patch,
            seconds=seconds_of_spectrogram,
            sees_silence=True,
            grid=True,
        ),
        Family(
            "qwen2_audio_encoder",
            "Qwen2AudioEncoder",
            *_WHISPER,
            outputs=halves_of_whisper,
            seconds=seconds_of_positions,
        ),
        Family(
            "moonshine",
            "MoonshineEncoder",
            moonshine_convolutions,
            frames_of_moonshine,
            centre_of_moonshine,
            layers="encoder_num_hidden_layers",
        ),
        Family("parakeet_encoder", "ParakeetEncoder", subsampled_log_mel, frames_of_subsampled_log_mel, at_the_start),
        Family(
            "speecht5",
            "SpeechT5EncoderWithSpeechPrenet",
            *_CONVOLUTIONS,
            gated="SpeechT5Attention",
            layers="encoder_layers",
        ),
    )
}

_CHUNKS = "it attends within chunks of a few frames, not over one row of frames"
REFUSED = {
    "clap_audio_model": "it attends within shifted windows of time and band, not over one row of frames",
    "gemma3n_audio": _CHUNKS,
    "gemma4_audio": _CHUNKS,
    "gemma4_unified_audio": _CHUNKS,
    "granite_speech_encoder": _CHUNKS,
    "granite_speech_plus_encoder": _CHUNKS,
    "granite_speech5_encoder": _CHUNKS,
}
"""Model types that cannot be measured exactly, and why."""

REFINED = "refined-"
"""What the model type of a refined model begins with; its family's follows."""
