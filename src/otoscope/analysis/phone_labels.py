"""Phone labels of a corpus on the frames of a model, and the relations between phones that a run has gathered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import xarray as xr
from lhotse import MonoCut

from otoscope.attention.labels import Labels
from otoscope.corpus import phones_of, words_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.phones import Folding, LabelFrames
from otoscope.phones.inventory import PhoneInventory, Span
from otoscope.relations.dataset import Relations, relations_by_layer
from otoscope.relations.label_totals import LabelTotals
from otoscope.runs.options import SpeechOptions
from otoscope.statistics.accumulator import layer_sums
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Ints

PHONE, WORD = "phone", "word"
"""Units of labels; any other unit is the name of a tier."""
MAX_LABELS = 39
"""Most labels of words or of a tier: memory grows with the square of their number."""
OTHER = "(other)"
"""Label of all words that are not among the most frequent."""


@dataclass(frozen=True)
class RunLabels:
    """The phones (or words, or labels of a tier) of a corpus, and the unit: phone, word, or the name of the tier."""

    inventory: PhoneInventory
    unit: str = PHONE


@dataclass(frozen=True)
class PhoneLabeler(RunLabels):
    """The labels of a corpus, and where the label frames of a model lie."""

    frames: LabelFrames = field(default_factory=LabelFrames)

    def of(self, cut: MonoCut, n_frames: int) -> Labels:
        """Return the phone of every label frame of a cut with `n_frames` frames; a cut without phones has no labels."""
        phone_tr = self.inventory.label(labels_of(cut, self.unit), n_frames, self.frames)
        return Labels(torch.from_numpy(phone_tr), len(self.inventory.phones))


def labels_of(cut: MonoCut, unit: str) -> list[Span]:
    """Return the labels of a cut: words in capitals for the unit `word`, otherwise phones (or those of a tier)."""
    if unit == WORD:
        return [(symbol.upper(), start, end) for symbol, start, end in words_of(cut)]
    return [(symbol, start, end) for symbol, start, end in phones_of(cut)]


def tier_options(options: SpeechOptions, unit: str) -> SpeechOptions:
    """Return options that read the tier that `unit` names, with its own symbols; the same for phones and words.

    Raises:
        InputError: `unit` and `options` name different tiers.
    """
    if unit in (PHONE, WORD):
        return options
    if options.tier not in (None, unit):
        raise InputError(f"expected one tier, found --unit {unit} and --tier {options.tier}; omit one")
    return replace(options, tier=unit, phones="own")


def make_labeler(
    encoder: Encoder, cuts: Iterable[MonoCut], phones: Folding = "auto", unit: str = PHONE
) -> PhoneLabeler | None:
    """Return the labeler of the frames of `encoder`, or None if no cut has labels.

    Args:
        encoder: the model.
        cuts: utterances; those without labels may be missing.
        phones: how phones are folded.
        unit: `phone`, `word`, or the name of a tier. Of words and of the labels of a tier, the most frequent are kept
            (`MAX_LABELS` in all); the others are one label, `OTHER`.
    """
    counts = Counter(symbol for cut in cuts for symbol, _, _ in labels_of(cut, unit))
    if not counts:
        return None
    inventory = PhoneInventory.of(counts, phones) if unit == PHONE else most_frequent(counts)
    return PhoneLabeler(inventory, unit, LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center))


def most_frequent(counts: Mapping[str, int]) -> PhoneInventory:
    """Return the inventory of the most frequent labels, in order of frequency; the others are `OTHER`.

    >>> inventory = most_frequent({f"w{i}": 100 - i for i in range(60)})
    >>> inventory.phones[:2], inventory.phones[-1], inventory.folded["w59"], len(inventory.phones) == MAX_LABELS
    (('w0', 'w1'), '(other)', '(other)', True)
    """
    ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    phones = tuple(ordered if len(ordered) <= MAX_LABELS else ordered[: MAX_LABELS - 1])
    folded = {symbol: symbol if symbol in phones else OTHER for symbol in ordered}
    return PhoneInventory(phones if len(phones) == len(ordered) else (*phones, OTHER), folded, unknown=())


def relations(
    labels: RunLabels,
    totals: LabelTotals,
    state: Mapping[str, Mapping[int, Ints]],
    n_heads: Sequence[int],
    clusters: Clusters,
) -> xr.Dataset:
    """Return the relations of a finished run, or an empty Dataset if no measured utterance has phones.

    Args:
        labels: phones and their symbols.
        totals: what the labelled utterances say of phones.
        state: sums of `relation` and `own_run` by group, see `RunParts.sums`.
        n_heads: heads of each layer.
        clusters: cluster of each utterance that was measured.
    """
    if not len(totals.labelled):
        return xr.Dataset()
    labelled, codes = totals.labelled, np.unique(clusters.codes)
    of_labelled = clusters if len(labelled) == len(clusters.names) else clusters.select(labelled.tolist())
    uniform = np.moveaxis(totals.grouped(codes, clusters.bits), 1, 0)[:, :, None]
    layers = (
        Relations(*(layer_sums(state[name], layer, heads) for name in ("relation", "own_run")), *uniform)
        for layer, heads in enumerate(n_heads)
    )
    about = {
        "labelled_utterances": len(labelled),
        "labelled_clusters": of_labelled.text,
        "unit": labels.unit,
        "joined_labels": sum(name == OTHER for name in labels.inventory.folded.values()),
        "unknown_phones": list(labels.inventory.unknown),
        "phone_symbols": list(labels.inventory.folded),
        "phone_names": list(labels.inventory.folded.values()),
    }
    counts = np.bincount(clusters.groups[labelled], minlength=len(codes)).astype(np.float64)
    dataset = relations_by_layer(layers, counts, labels.inventory.phones, clusters.key, totals.support())
    return dataset.assign_attrs(about)
