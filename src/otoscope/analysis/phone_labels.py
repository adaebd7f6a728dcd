"""Phone labels of a corpus on the frames of a model, and the relations between phones that a run has gathered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from lhotse import MonoCut

from otoscope.attention.labels import Labels
from otoscope.corpus import phones_of
from otoscope.models.encoder import Encoder
from otoscope.phones import Folding, LabelFrames
from otoscope.relations import PhoneInventory, Relations, baselines, relation_dataset
from otoscope.results import Bootstrap
from otoscope.statistics.accumulator import FOLDS, Final


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
    labeler: PhoneLabeler, cuts: Mapping[int, MonoCut], frames: Mapping[int, int], final: Final
) -> xr.Dataset:
    """Return the relations of a finished run, or an empty Dataset if no measured utterance has phones.

    Args:
        labeler: phones and label frames.
        cuts, frames: each cut that was measured and its number of frames, by its place in the corpus.
        final: sums of `relation` and `own_run`.
    """
    phones = labeler.inventory.phones
    counts, uniform = np.zeros(FOLDS, np.int64), np.zeros((2, FOLDS, len(phones), len(phones)))
    for index, cut in cuts.items():
        labels = labeler.of(cut, frames[index])
        counts[index % FOLDS] += bool((labels.phone_tr >= 0).any())
        uniform[:, index % FOLDS] += baselines(labels.phone_tr.numpy(), labels.count)
    if not counts.any():
        return xr.Dataset()
    sums = Relations(final.fold_sum["relation"], final.fold_sum["own_run"], *uniform)
    about = {"labelled_utterances": int(counts.sum()), "unknown_phones": list(labeler.inventory.unknown)}
    about |= {"phone_symbols": list(labeler.inventory.folded), "phone_names": list(labeler.inventory.folded.values())}
    return relation_dataset(sums, counts, phones, Bootstrap()).assign_attrs(about)
