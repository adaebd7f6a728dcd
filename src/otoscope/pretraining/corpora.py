"""The corpora of a recipe as features, with a summary of each and the skipped utterances."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import SkippedUtterance, fingerprint, load_audio, read_corpus
from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.pretraining.feature_store import Features, read_features, rejection_reason, write_features
from otoscope.runs.selection import ALL, Selection, select_of_parts


@dataclass(frozen=True)
class CorpusSummary:
    """A corpus as the recipe names it, and what of it can be used."""

    name: str
    utterances: int
    hours: float


@dataclass(frozen=True)
class FeatureCorpus:
    """Features of all utterances of some corpora; a skipped one has no frames."""

    features: Features
    corpora: tuple[CorpusSummary, ...]
    skipped: tuple[SkippedUtterance, ...]


@dataclass(frozen=True)
class CorpusListing:
    """Utterances of some corpora before features are extracted, `parts [corpus]`, and a hash of their content."""

    names: tuple[str, ...]
    parts: tuple[list[MonoCut], ...]
    unread: tuple[SkippedUtterance, ...]
    fingerprint: str


def list_corpora(names: Sequence[str], selection: Selection = ALL) -> CorpusListing:
    """The selected utterances in corpora of these names (paths; `$NAME` is an environment variable).

    Raises:
        InputError: a corpus cannot be read, or the corpora together have no such selection.
    """
    unread: list[SkippedUtterance] = []
    read = [list(read_corpus(os.path.expandvars(name), on_skip=unread.append)) for name in names]
    parts = tuple(select_of_parts(read, selection, {item.id for item in unread if item.part == "utterance"}))
    content = hashlib.sha256(" ".join(map(fingerprint, parts)).encode()).hexdigest()[:16]
    return CorpusListing(tuple(names), parts, tuple(unread), content)


def read_corpora(names: Sequence[str], extractor: MockingjayFeatureExtractor, root: Path) -> FeatureCorpus:
    """List the corpora and extract their features; raises as `list_corpora` and `extract_features` do."""
    return extract_features(list_corpora(names), extractor, root)


def extract_features(listing: CorpusListing, extractor: MockingjayFeatureExtractor, root: Path) -> FeatureCorpus:
    """Features of speech that was found, kept in a folder under `root` that is named by their content.

    Raises:
        InputError: nothing in it can be used, or the disk is full.
    """
    cuts = [cut for part in listing.parts for cut in part]
    folder = root / listing.fingerprint
    if not folder.exists():
        write_features((_wave(cut, extractor.sampling_rate)[0] for cut in cuts), extractor, folder)
    features = read_features(folder)
    lengths = np.split(features.lengths, np.cumsum([len(part) for part in listing.parts])[:-1])
    unheard = [cuts[i] for i in np.flatnonzero(features.lengths == 0)]
    if len(unheard) == len(cuts):
        why = _wave(cuts[0], extractor.sampling_rate)[1]
        raise InputError(
            f"not one of {len(cuts)} utterances of {', '.join(listing.names)} can be used; {cuts[0].id}: {why}"
        )
    return FeatureCorpus(
        features,
        tuple(_corpus(*named) for named in zip(listing.names, lengths, strict=True)),
        (*listing.unread, *(SkippedUtterance(cut.id, _wave(cut, extractor.sampling_rate)[1]) for cut in unheard)),
    )


def _corpus(name: str, lengths: np.ndarray) -> CorpusSummary:
    return CorpusSummary(name, int((lengths > 0).sum()), float(lengths.sum()) / 360_000)


def _wave(cut: MonoCut, sampling_rate: int) -> tuple[np.ndarray, str]:
    """The samples of a cut, and why they cannot be used (empty where they can)."""
    try:
        wave = load_audio(cut, sampling_rate)
    except InputError as error:
        return np.zeros(0, np.float32), str(error)
    return wave, rejection_reason(wave)
