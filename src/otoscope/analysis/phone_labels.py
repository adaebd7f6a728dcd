"""Phone labels of a corpus on the frames of a model, and the relations between phones that a run has gathered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from lhotse import MonoCut

from otoscope.attention.labels import Labels
from otoscope.corpus import phones_of
from otoscope.models.encoder import Encoder
from otoscope.phones import Folding, LabelFrames
from otoscope.relations import PhoneInventory, Relations, baselines, frame_counts, phone_support, relation_dataset
from otoscope.statistics.accumulator import Final
from otoscope.statistics.clusters import Clusters, group_sums


@dataclass(frozen=True)
class PhoneLabeler:
    """The phones of a corpus, and where the label frames of a model lie."""

    inventory: PhoneInventory
    frames: LabelFrames

    def of(self, cut: MonoCut, n_frames: int) -> Labels:
        """Return the phone of every label frame of a cut with `n_frames` frames; a cut without phones has no labels."""
        phone_tr = self.inventory.label(phones_of(cut), n_frames, self.frames)
        return Labels(torch.from_numpy(phone_tr), len(self.inventory.phones))


def make_labeler(encoder: Encoder, cuts: Sequence[MonoCut], phones: Folding = "auto") -> PhoneLabeler | None:
    """Return the labeler of the frames of `encoder` with phones folded as `phones` says, or None without any."""
    symbols = {symbol for cut in cuts for symbol, _, _ in phones_of(cut)}
    if not symbols:
        return None
    return PhoneLabeler(
        PhoneInventory.of(symbols, phones), LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center)
    )


def relations(
    labeler: PhoneLabeler, labels: Iterable[Labels], final: Final, clusters: Clusters, speakers: Sequence[str]
) -> xr.Dataset:
    """Return the relations of a finished run, or an empty Dataset if no measured utterance has phones.

    Args:
        labeler: phones and label frames.
        labels: labels of each utterance that was measured.
        final: sums of `relation` and `own_run`.
        clusters: cluster of each utterance that was measured.
        speakers: speaker of each of them; empty if unknown.
    """
    phones = labeler.inventory.phones
    uniform = np.zeros((2, clusters.groups.max() + 1, len(phones), len(phones)))
    has_phones = np.zeros(len(clusters.names), bool)
    frames_uy = np.zeros((len(clusters.names), len(phones)), np.int64)
    for index, one in enumerate(labels):
        frames_uy[index] = frame_counts(one.phone_tr.numpy(), len(phones))
        has_phones[index] = bool((one.phone_tr >= 0).any())
        uniform[:, clusters.groups[index]] += baselines(one.phone_tr.numpy(), one.count)
    if not has_phones.any():
        return xr.Dataset()
    sums = Relations(final.cluster_sum["relation"], final.cluster_sum["own_run"], *uniform)
    labelled = clusters.select(np.flatnonzero(has_phones))
    about = {
        "labelled_utterances": int(has_phones.sum()),
        "labelled_clusters": labelled.text,
        "unknown_phones": list(labeler.inventory.unknown),
        "phone_symbols": list(labeler.inventory.folded),
        "phone_names": list(labeler.inventory.folded.values()),
    }
    counts = group_sums(has_phones.astype(np.float64), clusters)
    support = phone_support(frames_uy, speakers)
    return relation_dataset(sums, counts, phones, clusters.key, support).assign_attrs(about)
