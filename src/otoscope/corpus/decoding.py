"""Audio as decoded: what a header or a manifest declares is held against it, and nothing is padded."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from lhotse import AudioSource, MonoCut, Recording
from lhotse.augmentation import AudioTransform
from lhotse.utils import compute_num_samples

from otoscope.corpus.audio_content import CACHE
from otoscope.corpus.audio_source import FILE, TAR, FileState, check_source, source_state
from otoscope.corpus.recording import read_header
from otoscope.corpus.truncation import check_whole
from otoscope.errors import InputError, UnreachableError

Samples = npt.NDArray[np.float32]

ROUNDING_SAMPLES = 1
"""Samples by which lengths may differ: manifests write durations in decimals of a second."""

TRANSFORM_ROUNDING_SECONDS = 0.001
"""Seconds by which lengths may differ behind Lhotse's transforms, each of which rounds to samples."""

BLOCK_SAMPLES = 1 << 20


def decode_cut(cut: MonoCut) -> Samples:
    """Return the samples of a cut [samples] at the rate of its recording.

    Raises:
        InputError: rate, channels or number of samples of the file are not those of the recording; the decoder ends
            before the header says; the source is neither a file nor in memory.
    """
    source = source_of(cut)
    name = source_name(source, cut)
    check_recording(cut.recording, source, name)
    if cut.recording.transforms:
        return _transformed(cut, name)
    start = compute_num_samples(cut.start, cut.sampling_rate)
    samples = _read(source, name, start, cut.num_samples)[:, source.channels.index(cut.channel)]
    if abs(len(samples) - cut.num_samples) > ROUNDING_SAMPLES:
        raise InputError(
            f"{name}: expected samples {start} to {start + cut.num_samples} for cut {cut.id}, found "
            f"{start + len(samples)} in the file; correct the cut"
        )
    return samples


def source_of(cut: MonoCut) -> AudioSource:
    """Return the source of the cut's channel: Lhotse allows one file per channel."""
    sources = [source for source in cut.recording.sources if cut.channel in source.channels]
    if not sources:
        raise InputError(f"cut {cut.id}: expected a channel of its recording, found {cut.channel}; correct the cut")
    return sources[0]


def source_name(source: AudioSource, cut: MonoCut) -> str:
    """Return the path or the address of an audio source, or the id of the cut where the source has neither."""
    return str(cut.id) if source.type in ("memory", TAR) else str(source.source)


def check_recording(recording: Recording, source: AudioSource, name: str) -> None:
    """Raise `InputError` where the decoded audio of a source is not what its recording declares."""
    rate, channels, decoded = _measure(source, name)
    if channels != len(source.channels):
        raise InputError(
            f"{name}: expected {len(source.channels)} channels as its recording declares, found {channels}; correct "
            "the manifest"
        )
    check_declared(recording, name, rate, decoded)


def check_declared(recording: Recording, name: str, rate: int, samples: int) -> None:
    """Raise `InputError` unless a recording declares the file's rate (Hz) and number of samples.

    Lhotse fills audio up to half a second shorter than declared with mirrored speech, and reads a wrong rate as another
    pitch; here both are refused.
    """
    declared_rate, declared = _before_transforms(recording)
    if declared_rate != rate:
        raise InputError(
            f"{name}: expected a sampling rate of {declared_rate} Hz as its recording declares, found {rate} Hz in the "
            "file; correct the manifest"
        )
    rounding = round(TRANSFORM_ROUNDING_SECONDS * rate) if recording.transforms else ROUNDING_SAMPLES
    if abs(declared - samples) > rounding:
        raise InputError(
            f"{name}: expected {declared} samples as its recording declares, found {samples} in the file; correct the "
            "manifest or replace the file"
        )


def _transformed(cut: MonoCut, name: str) -> Samples:
    try:
        return np.asarray(cut.load_audio()[0], dtype=np.float32)
    except Exception as error:  # each transform fails in its own way
        raise InputError(
            f"{name}: expected Lhotse to transform the audio of cut {cut.id}, but it failed ({error}); install "
            "torchaudio, or save the transformed audio to files"
        ) from None


def _before_transforms(recording: Recording) -> tuple[int, int]:
    """Return the rate and number of samples of the file from which the transforms give the recording."""
    transforms = [
        item if isinstance(item, AudioTransform) else AudioTransform.from_dict(item)
        for item in recording.transforms or []
    ]
    rate, seconds = recording.sampling_rate, float(recording.duration)
    if not transforms:
        return rate, recording.num_samples
    for transform in reversed(transforms):
        _, seconds = transform.reverse_timestamps(0.0, seconds, rate)
        rate = getattr(transform, "source_sampling_rate", rate)
    return rate, round(seconds * rate)


def _measure(source: AudioSource, name: str) -> tuple[int, int, int]:
    """Return rate (Hz), channels and decoded samples of a source, decoded once as long as its file does not change."""
    if source.type == "memory":
        with _decoder_errors(name):
            return _count(source.source, name, check_whole(source.source).frames)
    check_source(source, name)
    with _decoder_errors(name):
        return _measure_file(source_state(source))


@lru_cache(maxsize=65536)
def _measure_file(state: FileState) -> tuple[int, int, int]:
    path, content = state.path, CACHE.content(state)
    if state.type != FILE and content is not None:
        return _count(content, path, check_whole(content).frames)
    return _count(content or path, path, read_header(Path(path), content, reads_all=True).frames)


def _count(source: str | bytes, name: str, declared: int) -> tuple[int, int, int]:
    decoded = 0
    with soundfile.SoundFile(BytesIO(source) if isinstance(source, bytes) else source) as file:
        while block := len(file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)):
            decoded += block
        if decoded != declared:
            raise InputError(
                f"{name}: expected {declared} samples as its header declares, decoded {decoded}: it is truncated or "
                "damaged; replace or remove the file"
            )
        return file.samplerate, file.channels, decoded


def _read(source: AudioSource, name: str, start: int, count: int) -> Samples:
    with _decoder_errors(name), soundfile.SoundFile(_stored(source)) as file:
        file.seek(min(start, file.frames))
        return np.asarray(file.read(count, dtype="float32", always_2d=True))


def _stored(source: AudioSource) -> BytesIO | str:
    """Return the content of a source in memory, or the path of a large file."""
    content = source.source if source.type == "memory" else CACHE.content(source_state(source))
    return str(source.source) if content is None else BytesIO(content)


@contextmanager
def _decoder_errors(name: str) -> Iterator[None]:
    try:
        yield
    except UnreachableError:
        raise
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    except Exception:  # libsndfile, the file system and Lhotse's transforms each fail in their own way
        raise InputError(
            f"{name}: expected audio that decodes whole, but it is unreadable or truncated; replace or remove it"
        ) from None
