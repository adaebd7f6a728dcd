"""Waveform to normalised log-mel frames, as Mockingjay was trained on them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from transformers import BatchFeature, SequenceFeatureExtractor
from transformers.audio_utils import mel_filter_bank

WINDOW, HOP = 400, 160  # samples at 16 kHz: 25 ms every 10 ms
CONSTANT = 1e-4  # a deviation that rounding alone leaves, as in digital silence
SHORTEST = WINDOW // 2 + 1  # the first window is centred on sample 0 and mirrored at the edge


class MockingjayFeatureExtractor(SequenceFeatureExtractor):
    """Log-mel frames every 10 ms with zero mean and unit variance per utterance and band.

    The wave is scaled to -25 dB RMS; power spectrum of centred 25 ms Hann windows; HTK mel bands; `log(x + 1e-10)`;
    mean and (unbiased) deviation are taken over the frames of each utterance. A wave of `n` samples gives
    `1 + n // 160` frames; frame `t` is centred on `t * 10 ms`.

    Examples:
        >>> wave = np.sin(np.arange(16000) / 7)
        >>> features = MockingjayFeatureExtractor()(wave, sampling_rate=16000, return_tensors="pt")
        >>> features["input_features"].shape, features["attention_mask"].sum().item()
        (torch.Size([1, 101, 80]), 101)
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self, feature_size: int = 80, sampling_rate: int = 16000, padding_value: float = 0.0, **kwargs: object
    ) -> None:
        """See the class."""
        super().__init__(feature_size=feature_size, sampling_rate=sampling_rate, padding_value=padding_value, **kwargs)

    def log_mel(self, wave: np.ndarray) -> Tensor:
        """Log-mel frames `[frames, bands]` of a wave `[samples]`, not yet normalised.

        Raises:
            ValueError: the wave is shorter than half a window.
        """
        if len(wave) < SHORTEST:
            raise ValueError(f"audio of {len(wave)} samples is shorter than one frame ({SHORTEST} samples)")
        scaled = torch.as_tensor(wave, dtype=torch.float32)
        scaled = scaled * (10 ** (-25 / 20) / (scaled.square().mean().sqrt() + 1e-10))
        window = torch.hann_window(WINDOW)
        spectrum = torch.stft(scaled, WINDOW, HOP, WINDOW, window, center=True, pad_mode="reflect", return_complex=True)
        mel = torch.from_numpy(self._filters()).T @ spectrum.abs().square()
        return (mel + 1e-10).log().T

    def _filters(self) -> np.ndarray:
        bank: np.ndarray = mel_filter_bank(
            WINDOW // 2 + 1, self.feature_size, 0.0, self.sampling_rate / 2, self.sampling_rate
        )
        return bank.astype(np.float32)

    def __call__(
        self,
        raw_speech: np.ndarray | Sequence[np.ndarray],
        sampling_rate: int | None = None,
        padding: bool | str = True,
        return_attention_mask: bool = True,
        return_tensors: str | None = None,
        **kwargs: object,
    ) -> BatchFeature:
        """Features and padding mask of one wave `[samples]` or of several.

        Raises:
            ValueError: `sampling_rate` is not the extractor's, or a wave is shorter than one frame.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise ValueError(f"expected audio at {self.sampling_rate} Hz, got {sampling_rate} Hz")
        waves = [raw_speech] if isinstance(raw_speech, np.ndarray) and raw_speech.ndim == 1 else raw_speech
        frames = [normalise(self.log_mel(wave)).numpy() for wave in waves]
        batch = BatchFeature({"input_features": frames})
        return self.pad(
            batch, padding, return_attention_mask=return_attention_mask, return_tensors=return_tensors, **kwargs
        )


def normalise(frames: Tensor) -> Tensor:
    """Zero mean and unit (unbiased) deviation over time of `[frames, bands]`; a band without change becomes zero."""
    centred = frames - frames.mean(0)
    deviation = centred.square().sum(0).div(max(len(frames) - 1, 1)).sqrt()
    return torch.where(deviation > CONSTANT, centred / (deviation + 1e-10), 0)
