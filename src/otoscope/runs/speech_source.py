"""The speech of a command: the cuts of a corpus, and their audio for models that run often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet, MonoCut
from torch import nn

from otoscope import bundled
from otoscope.corpus import SkippedUtterance, read_corpus
from otoscope.corpus.cut_list import (
    CutList,
    choose_cuts,
    ids_of,
    listed,
    seconds_of,
    speakers_of,
    stated_of,
)
from otoscope.corpus.reader import list_corpus
from otoscope.corpus.speaker_metadata import columns_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.phones import Folding, read_folding
from otoscope.results.schema import COORDINATES, FORMAT_VERSION, labelled
from otoscope.runs.options import CorpusOptions, SpeechOptions
from otoscope.runs.selection import ALL, Selection, make_selection, select, select_indices, select_of_parts
from otoscope.runs.streamed_waves import StreamedWaves
from otoscope.runs.utterance_loader import iter_loadable
from otoscope.statistics.clusters import Clusters, make_clusters

NOTHING_SELECTED = "expected at least 1 selected utterance that can be read, found none; change the selection"


@dataclass(frozen=True)
class SpeechSource:
    """A corpus (what `read_corpus` takes, `"bundled"`, or cuts), how it is read, and which utterances are used."""

    corpus: str | Path | CutSet
    selection: Selection = ALL
    strict: bool = False
    reading: Mapping[str, Any] = field(default_factory=dict)
    phones: Folding = "auto"

    @property
    def name(self) -> str:
        """Return the path of the corpus, or a fixed name for cuts in memory."""
        if isinstance(self.corpus, CutSet):
            return "cuts given in Python"
        return str(bundled.speech()) if str(self.corpus) == "bundled" else str(self.corpus)

    @property
    def options(self) -> dict[str, Any]:
        """Return the part of the source that the plan of a run stores."""
        return {**self.reading, "selection": self.selection.settings, "phones": self.phones}

    @property
    def synthetic(self) -> bool:
        """Return whether the corpus is the speech in the package."""
        return Path(self.name).resolve() == bundled.speech().resolve()


@dataclass(frozen=True)
class LoadedSpeech:
    """Utterances in order of the corpus: cuts, waves `[samples]`, skipped utterances, names of phones.

    Cuts and waves may be sequences that read each item when it is used.
    """

    cuts: Sequence[MonoCut]
    waves: Sequence[np.ndarray]
    skipped: Sequence[SkippedUtterance]
    phones: Folding = "auto"

    @property
    def ids(self) -> list[str]:
        """Return the id of each utterance."""
        return ids_of(self.cuts)

    @property
    def durations(self) -> list[float]:
        """Return the duration of each utterance in seconds."""
        return seconds_of(self.cuts)

    @property
    def seconds(self) -> float:
        """Return the duration of all utterances in seconds."""
        return sum(self.durations)

    @property
    def speakers(self) -> list[str | None]:
        """Return the speaker of each utterance, or None."""
        return speakers_of(self.cuts)

    @property
    def clusters(self) -> Clusters:
        """Return the cluster of each utterance: its speaker where speakers are known."""
        return make_clusters(self.speakers, self.ids)


@dataclass(frozen=True)
class SpeechPool:
    """Several corpora that are used as one, and which of their utterances are used."""

    corpora: Sequence[str | Path]
    selection: Selection = ALL

    def read(self, encoder: Encoder) -> LoadedSpeech:
        """Load the utterances that the model can process, one corpus after the other.

        Raises:
            InputError: a corpus cannot be read, the corpora together have no such selection, or the model can process
                none of it.
        """
        read = [read_cuts(SpeechSource(corpus)) for corpus in self.corpora]
        skipped = [item for _, items in read for item in items]
        unreadable = {item.id for item in skipped if item.part == "utterance"}
        parts = select_of_parts([cuts for cuts, _ in read], self.selection, unreadable)
        return _load([cut for part in parts for cut in part], skipped, encoder, strict=False)


def resolve_encoder(
    model: str | Path | nn.Module | Encoder, options: SpeechOptions, *, allow_mismatch: bool = False
) -> Encoder:
    """Return the encoder that `load` makes of `model` with the device and dtype of `options`."""
    return load(
        model, device=options.device, dtype=options.dtype, allow_mismatch=allow_mismatch, recheck=options.recheck
    )


def make_source(corpus: str | Path | CutSet, options: CorpusOptions) -> SpeechSource:
    """Return the source of a corpus with the selection, format, tier, channel and phones of `options`."""
    reading = {"format": options.format, "tier": options.tier, "channel": options.channel}
    strict = isinstance(options, SpeechOptions) and options.strict
    return SpeechSource(corpus, make_selection(options), strict, reading, read_folding(options.phones))


def read_cuts(source: SpeechSource) -> tuple[list[MonoCut], list[SkippedUtterance]]:
    """Return the cuts of a source, sorted by id and without their audio, and the skipped utterances.

    Shards, folds and batches depend on the index of an utterance, so the order of the input cuts changes no number.

    Raises:
        InputError: the corpus cannot be read, or with `strict` one of its utterances cannot, or the corpus has no such
            selection.
    """
    skipped: list[SkippedUtterance] = []
    if isinstance(source.corpus, CutSet):
        cuts = list(source.corpus)
    else:
        cuts = list(read_corpus(source.name, **source.reading, strict=source.strict, on_skip=skipped.append))
    if len({cut.id for cut in cuts}) < max(len(cuts), 1):
        raise InputError(_expected_ids(len(cuts), len({cut.id for cut in cuts})))
    unreadable = {item.id for item in skipped if item.part == "utterance"}
    selected = select(cuts, source.selection, unreadable)
    if not selected:
        raise InputError(NOTHING_SELECTED)
    return sorted(selected, key=lambda cut: str(cut.id)), skipped


def list_cuts(source: SpeechSource) -> tuple[CutList, list[SkippedUtterance]]:
    """Return the cuts of `read_cuts` as a list of any length, whose cuts are read when they are used.

    Raises:
        InputError: as `read_cuts`.
    """
    skipped: list[SkippedUtterance] = []
    if isinstance(source.corpus, CutSet):
        cuts = CutList.of(map(listed, source.corpus))
    else:
        reading = {**source.reading, "strict": source.strict}
        cuts = list_corpus(source.name, **reading, on_skip=skipped.append)
    ids = list(map(str, cuts.ids))
    if (count := len(set(ids))) < max(len(ids), 1):
        raise InputError(_expected_ids(len(ids), count))
    unreadable = {item.id for item in skipped if item.part == "utterance"}
    selected = select_indices(ids, cuts.speakers.tolist(), source.selection, unreadable)
    if not selected:
        raise InputError(NOTHING_SELECTED)
    return (cuts if len(selected) == len(cuts) else cuts.select(selected)).ordered(), skipped


def _expected_ids(cuts: int, ids: int) -> str:
    return (
        f"expected at least 1 cut, each with its own id; found {cuts} cuts with {ids} ids; rename the cuts with the "
        "same id, or add speech"
    )


def read_speech(source: SpeechSource, encoder: Encoder) -> LoadedSpeech:
    """Load the utterances of a source that the model can process.

    Raises:
        InputError: the corpus cannot be read, no utterance can be used, or with `strict` any of them cannot.
    """
    cuts, skipped = list_cuts(source)
    return replace(_load(cuts, skipped, encoder, strict=source.strict), phones=source.phones)


def _load(cuts: Sequence[MonoCut], skipped: list[SkippedUtterance], encoder: Encoder, *, strict: bool) -> LoadedSpeech:
    """Return the cuts that the model can process, after one reading of their audio; the others are skipped."""
    places: list[int] = []
    waves = StreamedWaves(encoder, cuts)
    for place, wave in iter_loadable(encoder, enumerate(cuts), skipped, strict=strict):
        places.append(place)
        waves.add(place, wave)
    if not places:
        raise InputError(
            f"expected at least 1 utterance that the model can process, found none of {len(cuts)}; "
            f"the first, {skipped[0].id}: {skipped[0].reason}"
        )
    usable = choose_cuts(cuts, places)
    return LoadedSpeech(usable, waves.select(usable, places), skipped)


def coordinates(speech: LoadedSpeech, encoder: Encoder) -> dict[str, xr.Variable]:
    """Return the coordinates of layers, heads and utterances that every run has."""
    return cut_coordinates(speech.cuts, [encoder.num_frames(wave) for wave in speech.waves], encoder)


def cut_coordinates(cuts: Sequence[MonoCut], frames: Sequence[int], encoder: Encoder) -> dict[str, xr.Variable]:
    """Return the same coordinates from the cuts and the number of frames of each."""
    values = {
        "layer": np.arange(encoder.n_layers),
        "head": np.arange(max(encoder.n_heads)),
        "utterance": np.array(ids_of(cuts), dtype=object),
        "frames": np.array(frames),
        "duration": np.array(seconds_of(cuts)),
        "speaker": np.array([speaker or "" for speaker in speakers_of(cuts)], dtype=object),
        **columns_of(stated_of(cuts)),
    }
    return labelled(COORDINATES, values)


def add_coordinates(
    dataset: xr.Dataset,
    kind: str,
    encoder: Encoder,
    source: SpeechSource,
    speech: LoadedSpeech,
    *,
    counts: Sequence[int] | None = None,
) -> xr.Dataset:
    """Add the coordinates and attributes of every run to the results of a model on loaded speech.

    `counts` are the numbers of heads of each layer; None: those of the encoder.
    """
    of_run = coordinates(speech, encoder)
    if counts is not None:
        of_run |= labelled(COORDINATES, {"layer": np.arange(len(counts)), "head": np.arange(max(counts))})
    return dataset.assign_coords(of_run).assign_attrs(run_attributes(kind, encoder, source))


def run_attributes(kind: str, encoder: Encoder, source: SpeechSource) -> dict[str, Any]:
    """Return the attributes that the Dataset of every run has."""
    attributes = {"model": encoder.name, "corpus": source.name, "synthetic": int(source.synthetic)}
    return {"kind": kind, "format_version": FORMAT_VERSION, **attributes}
