"""Where a command's speech comes from: cuts of a corpus, and their audio held in memory for models that run often."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet, MonoCut

from otoscope import embedded
from otoscope.corpus import Skipped, read_corpus
from otoscope.corpus.audio import naming
from otoscope.errors import BadInput
from otoscope.models.encoder import Encoder
from otoscope.results.schema import COORDINATES, FORMAT_VERSION


@dataclass(frozen=True)
class Source:
    """A corpus (what `read_corpus` takes, `"embedded"`, or cuts) and how it is read; `limit` takes the first few."""

    corpus: str | Path | CutSet
    limit: int | None = None
    strict: bool = False
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Path of the corpus, or that it was given as cuts."""
        if isinstance(self.corpus, CutSet):
            return "cuts given in Python"
        return str(embedded.speech()) if str(self.corpus) == "embedded" else str(self.corpus)

    @property
    def options(self) -> dict[str, Any]:
        """What of it belongs into a run's plan."""
        return {**self.reading, "limit": self.limit}

    @property
    def synthetic(self) -> bool:
        """Whether it is the speech in the package."""
        return self.name == str(embedded.speech())


@dataclass(frozen=True)
class Speech:
    """Utterances in memory, in order of the corpus: cuts, their waves `[samples]`, and who was left out."""

    cuts: Sequence[MonoCut]
    waves: Sequence[np.ndarray]
    skipped: Sequence[Skipped]

    @property
    def seconds(self) -> float:
        """Length of all audio."""
        return sum(cut.duration for cut in self.cuts)


def read_speech(source: Source, encoder: Encoder) -> Speech:
    """The utterances of a source that the model can hear.

    Raises:
        BadInput: the corpus cannot be read, not one utterance can be used, or with `strict` one of them cannot.
    """
    if source.limit is not None and source.limit < 1:
        raise BadInput(f"expected a limit of at least 1 utterance, got {source.limit}")
    skipped: list[Skipped] = []
    cuts = _cuts(source, skipped.append)[: source.limit]
    kept, waves = [], []
    for cut in cuts:
        try:
            wave = encoder.wave(cut)
            encoder.check_length(wave)
        except BadInput as error:
            reason = naming(cut, error)
            if source.strict:
                raise BadInput(f"{cut.id}: {reason}") from error
            skipped.append(Skipped(cut.id, reason))
        else:
            kept.append(cut)
            waves.append(wave)
    if not kept:
        raise BadInput(f"none of {len(cuts)} utterances can be used; the first: {skipped[0].id}: {skipped[0].reason}")
    return Speech(kept, waves, skipped)


def coordinates(speech: Speech, encoder: Encoder) -> dict[str, xr.Variable]:
    """Layers, heads and utterances as every run names them."""
    speakers = [cut.supervisions[0].speaker if cut.supervisions else None for cut in speech.cuts]
    values = {
        "layer": np.arange(encoder.n_layers),
        "head": np.arange(max(encoder.n_heads)),
        "utterance": np.array([cut.id for cut in speech.cuts], dtype=object),
        "frames": np.array([encoder.frames(wave) for wave in speech.waves]),
        "duration": np.array([cut.duration for cut in speech.cuts]),
        "speaker": np.array([speaker or "" for speaker in speakers], dtype=object),
    }
    return {name: xr.Variable(COORDINATES[name].dims, of, COORDINATES[name].attrs) for name, of in values.items()}


def about(kind: str, encoder: Encoder, source: Source) -> dict[str, Any]:
    """What every run says of itself, in the attributes of its Dataset."""
    told = {"model": encoder.name, "corpus": source.name, "synthetic": int(source.synthetic)}
    return {"kind": kind, "format_version": FORMAT_VERSION, **told}


def _cuts(source: Source, on_skip: Callable[[Skipped], None]) -> list[MonoCut]:
    if isinstance(source.corpus, CutSet):
        cuts = list(source.corpus)
        if len({cut.id for cut in cuts}) < max(len(cuts), 1):
            raise BadInput(f"expected cuts with different ids, and at least one; got {len(cuts)}")
        return cuts
    return list(read_corpus(source.name, **source.reading, strict=source.strict, on_skip=on_skip))
