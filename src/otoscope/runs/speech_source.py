"""Where a command's speech comes from: cuts of a corpus, and their audio held in memory for models that run often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet, MonoCut

from otoscope import bundled
from otoscope.corpus import SkippedUtterance, read_corpus, speaker_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.results.schema import COORDINATES, FORMAT_VERSION
from otoscope.runs.options import SpeechOptions
from otoscope.runs.utterance_loader import iter_loadable


@dataclass(frozen=True)
class SpeechSource:
    """A corpus (what `read_corpus` takes, `"bundled"`, or cuts) and how it is read; `limit` takes the first few."""

    corpus: str | Path | CutSet
    limit: int | None = None
    strict: bool = False
    reading: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what takes no utterance."""
        if self.limit is not None and self.limit < 1:
            raise InputError(f"expected a limit of at least 1 utterance, got {self.limit}")

    @property
    def name(self) -> str:
        """Path of the corpus, or that it was given as cuts."""
        if isinstance(self.corpus, CutSet):
            return "cuts given in Python"
        return str(bundled.speech()) if str(self.corpus) == "bundled" else str(self.corpus)

    @property
    def options(self) -> dict[str, Any]:
        """What of it belongs into a run's plan."""
        return {**self.reading, "limit": self.limit}

    @property
    def synthetic(self) -> bool:
        """Whether it is the speech in the package."""
        return Path(self.name).resolve() == bundled.speech().resolve()


@dataclass(frozen=True)
class LoadedSpeech:
    """Utterances in memory, in order of the corpus: cuts, their waves `[samples]`, and skipped utterances."""

    cuts: Sequence[MonoCut]
    waves: Sequence[np.ndarray]
    skipped: Sequence[SkippedUtterance]

    @property
    def seconds(self) -> float:
        """Length of all audio."""
        return sum(cut.duration for cut in self.cuts)


def encoder_of(model: str | Path | Encoder, options: SpeechOptions, *, allow_mismatch: bool = False) -> Encoder:
    """The model of a call: loaded as its options say, or the Encoder that was given."""
    if isinstance(model, Encoder):
        return model
    return load(model, device=options.device, dtype=options.dtype, allow_mismatch=allow_mismatch)


def source_of(corpus: str | Path | CutSet, options: SpeechOptions) -> SpeechSource:
    """The corpus of a call, read as its options say."""
    reading = {"format": options.format, "tier": options.tier, "channel": options.channel}
    return SpeechSource(corpus, options.limit, options.strict, reading)


def read_cuts(source: SpeechSource) -> tuple[list[MonoCut], list[SkippedUtterance]]:
    """The utterances of a source in order of their ids, their audio unread, and those that cannot be used.

    Shards, folds and batches are by place: an utterance has the same place for every order of the cuts.

    Raises:
        InputError: the corpus cannot be read, or with `strict` one of its utterances cannot.
    """
    skipped: list[SkippedUtterance] = []
    if isinstance(source.corpus, CutSet):
        cuts = list(source.corpus)
    else:
        cuts = list(read_corpus(source.name, **source.reading, strict=source.strict, on_skip=skipped.append))
    if len({cut.id for cut in cuts}) < max(len(cuts), 1):
        raise InputError(f"expected cuts with different ids, and at least one; got {len(cuts)}")
    return sorted(cuts[: source.limit], key=lambda cut: str(cut.id)), skipped


def read_speech(source: SpeechSource, encoder: Encoder) -> LoadedSpeech:
    """The utterances of a source that the model can hear.

    Raises:
        InputError: the corpus cannot be read, not one utterance can be used, or with `strict` one of them cannot.
    """
    cuts, skipped = read_cuts(source)
    waves = dict(iter_loadable(encoder, enumerate(cuts), skipped, strict=source.strict))
    if not waves:
        raise InputError(f"none of {len(cuts)} utterances can be used; the first: {skipped[0].id}: {skipped[0].reason}")
    return LoadedSpeech([cuts[index] for index in waves], list(waves.values()), skipped)


def coordinates(speech: LoadedSpeech, encoder: Encoder) -> dict[str, xr.Variable]:
    """Layers, heads and utterances as every run names them."""
    values = {
        "layer": np.arange(encoder.n_layers),
        "head": np.arange(max(encoder.n_heads)),
        "utterance": np.array([cut.id for cut in speech.cuts], dtype=object),
        "frames": np.array([encoder.num_frames(wave) for wave in speech.waves]),
        "duration": np.array([cut.duration for cut in speech.cuts]),
        "speaker": np.array([speaker_of(cut) or "" for cut in speech.cuts], dtype=object),
    }
    return {name: xr.Variable(COORDINATES[name].dims, of, COORDINATES[name].attrs) for name, of in values.items()}


def described(
    dataset: xr.Dataset, kind: str, encoder: Encoder, source: SpeechSource, speech: LoadedSpeech
) -> xr.Dataset:
    """What was found of a model on some speech, its axes named, with what every run says of itself."""
    return dataset.assign_coords(coordinates(speech, encoder)).assign_attrs(about(kind, encoder, source))


def about(kind: str, encoder: Encoder, source: SpeechSource) -> dict[str, Any]:
    """What every run says of itself, in the attributes of its Dataset."""
    attributes = {"model": encoder.name, "corpus": source.name, "synthetic": int(source.synthetic)}
    return {"kind": kind, "format_version": FORMAT_VERSION, **attributes}
