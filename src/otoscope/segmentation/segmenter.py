"""A segmenter: tuned methods and their model, as an object that finds boundaries in any audio, and as a file.

`otoscope segment` writes the file `segmenter.json` into its run. The file contains every choice that the validation
part made, the fingerprint of the model, and the scores with their protocols.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope import bundled
from otoscope._io.saved_work import write_json
from otoscope.corpus.audio import resample
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint
from otoscope.models.load import load
from otoscope.segmentation.score_sum import Boundaries, minima_of_sum
from otoscope.segmentation.shifted_features import SPECTRAL_RATE
from otoscope.segmentation.voters import Voting
from otoscope.segmentation.voting_sums import voting_sums

FILE_NAME = "segmenter.json"
FORMAT_VERSION = 2


@dataclass(frozen=True, eq=False)
class Segmenter:
    """Tuned methods and their model.

    Attributes:
        encoder: the model.
        methods: the methods, each with its parameters and its R-value on the validation part.
        origin: model, corpus, protocol, tolerance and scores of the tuning, as JSON.

    Examples:
        >>> segmenter = load_segmenter("bundled")
        >>> wave = np.random.default_rng(0).normal(size=16000)
        >>> boundaries = segmenter.boundaries(wave, 16000)
        >>> boundaries.times.shape == boundaries.confidences.shape
        True
    """

    encoder: Encoder
    methods: tuple[Voting, ...]
    origin: Mapping[str, Any]

    @property
    def best(self) -> str:
        """Return the name of the method with the highest R-value on the validation part."""
        return max(self.methods, key=lambda voting: voting.r_value).name

    def boundaries(self, wave: npt.ArrayLike, rate: int, method: str | None = None) -> Boundaries:
        """Return the boundaries of a recording of any length.

        Args:
            wave: samples `[samples]` of one channel.
            rate: sampling rate in Hz; the function resamples.
            method: name of a method; None takes `best`.

        Returns:
            Times in seconds and confidences.

        Raises:
            InputError: there is no such method; the wave is not one channel of finite samples, is silent, or is
                shorter than a frame of the model.

        Examples:
            >>> load_segmenter("bundled").boundaries(np.zeros(16000), 16000)
            Traceback (most recent call last):
            otoscope.errors.InputError: expected speech, found 1.00 s of silence; use another recording
        """
        name = method or self.best
        chosen = [voting for voting in self.methods if voting.name == name]
        if not chosen:
            names = ", ".join(voting.name for voting in self.methods)
            raise InputError(f"expected a method of the segmenter ({names}), found {name}; correct the name")
        return find_boundaries(self.encoder, wave, rate, chosen)[name]

    def all_boundaries(self, wave: npt.ArrayLike, rate: int) -> dict[str, Boundaries]:
        """Return the boundaries of a recording by every method; the model runs once per shift for all of them.

        Raises:
            InputError: as `boundaries`.
        """
        return find_boundaries(self.encoder, wave, rate, self.methods)

    def save(self, path: str | Path) -> None:
        """Write the segmenter as a file of JSON.

        Raises:
            InputError: the disk is full, or the folder cannot be written.
        """
        methods = [voting.to_json() for voting in self.methods]
        write_json(Path(path), {"segmenter_version": FORMAT_VERSION, **self.origin, "methods": methods})


def load_segmenter(path: str | Path, model: str | Path | Encoder | None = None, device: str = "auto") -> Segmenter:
    """Load a segmenter and its model.

    Args:
        path: a run of `segment`, the file `segmenter.json` of one, or `"bundled"`: the segmenter of the bundled model.
        model: the model, if it is not where it was when it was tuned.
        device: torch device; `auto` takes a GPU if there is one.

    Returns:
        The segmenter.

    Raises:
        InputError: there is no segmenter; it was written by another version; or the model is another one.

    Examples:
        >>> segmenter = load_segmenter("bundled")
        >>> segmenter.encoder.name, segmenter.origin["protocol"]
        ('bundled', 'strict')
    """
    content = read_segmenter(path)
    encoder = _load_model(content["model"]["name"], device) if model is None else load(model, device=device)
    if model_fingerprint(encoder) != content["model"]["fingerprint"]:
        raise InputError(
            f"expected the model that the segmenter {path} was tuned for, {content['model']['name']}; found another "
            f"model, {encoder.name}, or changed weights; pass that model, or run otoscope segment on this one"
        )
    origin = {name: value for name, value in content.items() if name not in ("segmenter_version", "methods")}
    return Segmenter(encoder, tuple(Voting.from_json(method) for method in content["methods"]), origin)


def _load_model(name: str, device: str) -> Encoder:
    try:
        return load(name, device=device)
    except InputError as error:
        raise InputError(f"{error}; if the model of the segmenter has moved, pass --model") from None


def read_segmenter(path: str | Path) -> dict[str, Any]:
    """Return the content of the file of a segmenter, without its model.

    Raises:
        InputError: there is no segmenter, or it was written by another version.
    """
    file = bundled.segmenter() if str(path) == "bundled" else Path(path)
    file = file / FILE_NAME if file.is_dir() else file
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            f"expected a segmenter, found none in {file}; pass a run of otoscope segment, its {FILE_NAME}, or bundled"
        ) from None
    if not isinstance(content, dict) or "segmenter_version" not in content:
        raise InputError(f"expected a segmenter, found another file of JSON in {file}; pass a run of otoscope segment")
    if (version := content["segmenter_version"]) != FORMAT_VERSION:
        raise InputError(
            f"expected a segmenter of version {FORMAT_VERSION}, found version {version} in {file}; "
            "use the otoscope that wrote it, or run otoscope segment again"
        )
    if not _is_whole(content):
        raise InputError(
            f"expected a segmenter with its model, protocol and methods, found a part of one in {file}; "
            "run otoscope segment again"
        )
    return content


def _is_whole(content: Mapping[str, Any]) -> bool:
    """Return whether a file of this version names a model, a protocol and at least one method."""
    model, methods = content.get("model"), content.get("methods")
    return (
        isinstance(model, dict)
        and {"name", "fingerprint"} <= model.keys()
        and "protocol" in content
        and isinstance(methods, list)
        and all(Voting.from_json(method) for method in methods)
        and bool(methods)
    )


def find_boundaries(
    encoder: Encoder, wave: npt.ArrayLike, rate: int, votings: Sequence[Voting]
) -> dict[str, Boundaries]:
    """Return the boundaries of a recording by several methods of the same number of shifts.

    Raises:
        InputError: the wave is not one channel of finite samples, is silent, or is shorter than a frame.
    """
    samples = np.asarray(wave, dtype=np.float32)
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise InputError(f"expected one channel of finite samples, got shape {samples.shape}; pass an array [samples]")
    if samples.size and samples.min() == samples.max():
        raise InputError(f"expected speech, found {len(samples) / rate:.2f} s of silence; use another recording")
    waves = resample(samples, rate, encoder.sampling_rate), resample(samples, rate, SPECTRAL_RATE)
    encoder.check_length(waves[0][: encoder.sampling_rate])  # the length of a window is no limit
    sums = voting_sums(encoder, waves, votings)
    return {voting.name: minima_of_sum(total) for voting, total in zip(votings, sums, strict=True)}
