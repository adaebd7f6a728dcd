"""Tiny corpora of synthetic tones."""

from pathlib import Path

import numpy as np
import soundfile


def tone(seconds: float = 1.0, rate: int = 16000, channels: int = 1, pitch: float = 440.0) -> np.ndarray:
    """A quiet sine in a little noise, float32 [samples] or [samples, channels]; each channel has its own pitch."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).normal(0, 0.01, (len(time), channels))
    pitches = pitch * np.arange(1, channels + 1)
    samples = 0.3 * np.sin(2 * np.pi * time[:, None] * pitches) + noise
    return samples.astype(np.float32).squeeze(-1) if channels == 1 else samples.astype(np.float32)


def write_tone(path: Path, seconds: float = 1.0, rate: int = 16000, channels: int = 1, **how: str) -> Path:
    """Write a tone in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in (".opus", ".ogg"):
        how = {"format": "OGG", "subtype": "OPUS"} | how
    soundfile.write(path, tone(seconds, rate, channels), rate, **how)
    return path


def sphere(samples: np.ndarray, rate: int = 16000) -> bytes:
    """A NIST SPHERE file of 16-bit samples, as TIMIT is distributed."""
    lines = [
        "NIST_1A",
        "   1024",
        "channel_count -i 1",
        f"sample_count -i {len(samples)}",
        f"sample_rate -i {rate}",
        "sample_n_bytes -i 2",
        "sample_byte_format -s2 01",
        "sample_sig_bits -i 16",
        "end_head",
    ]
    header = ("\n".join(lines) + "\n").encode().ljust(1024)
    return header + (samples * 32767).astype("<i2").tobytes()
