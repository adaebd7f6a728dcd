"""What a corpus says of its phones: sums over labelled utterances that merge to the same bits. Imports no torch.

Relations of uniform attention are summed for each cluster in whole numbers of 2^-40, as the relations of heads are
(`statistics/accumulator.py`).

Axes: g cluster (or group of clusters), y phone, s speaker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from otoscope.relations.baseline import baselines
from otoscope.relations.significance import PhoneSupport, frame_counts
from otoscope.statistics.accumulator import UNIT, join_groups
from otoscope.typing import Array, Bools, Floats, Ints


@dataclass(eq=False)
class LabelTotals:
    """Sums over the labelled utterances of a corpus. `add` changes them in place; nothing else does.

    Attributes:
        count: number of phones Y.
        labelled: indices of the utterances with phones, in increasing order.
        uniform: relations of uniform attention, of all pairs and of those in different runs, `[2, y, y]` in units of
            2^-40 by the code of the cluster.
        frames: label frames of each phone, `[y]`.
        utterances: utterances with each phone, `[y]`.
        speakers: which phones each speaker has, `[y]` by name.
    """

    count: int = 0
    labelled: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    uniform: dict[int, Ints] = field(default_factory=dict)
    frames: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    utterances: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    speakers: dict[str, Bools] = field(default_factory=dict)

    @classmethod
    def empty(cls, count: int) -> "LabelTotals":
        """Return the totals of no utterance, for `count` phones.

        >>> LabelTotals.empty(2).frames.tolist()
        [0, 0]
        """
        return cls(count, frames=np.zeros(count, np.int64), utterances=np.zeros(count, np.int64))

    def add(self, index: int, phone_tr: Ints, code: int, speaker: str | None) -> None:
        """Add one utterance; without phones it changes nothing.

        Args:
            index: index of the utterance in the corpus.
            phone_tr: index of the phone of each label frame, `[T, R]`; -1 for no phone.
            code: code of the cluster of the utterance.
            speaker: speaker of the utterance, or None.
        """
        if not (phone_tr >= 0).any():
            return
        frames = frame_counts(phone_tr, self.count)
        self.labelled = np.union1d(self.labelled, [index])
        self.frames = self.frames + frames
        self.utterances = self.utterances + (frames > 0)
        if speaker:
            self.speakers[speaker] = (frames > 0) | self.speakers.get(speaker, np.zeros(self.count, bool))
        units = np.rint(np.stack(baselines(phone_tr, self.count)) * UNIT).astype(np.int64)
        self.uniform[code] = self.uniform.get(code, 0) + units

    def absorb(self, other: "LabelTotals", bits: int) -> None:
        """Add the totals of another part of a corpus, in place; `merge_labels` returns new totals."""
        self.labelled = np.union1d(self.labelled, other.labelled)
        self.uniform = join_groups([*self.uniform.items(), *other.uniform.items()], bits)
        self.frames = self.frames + other.frames
        self.utterances = self.utterances + other.utterances
        for name, present in other.speakers.items():
            self.speakers[name] = self.speakers[name] | present if name in self.speakers else present

    def support(self) -> PhoneSupport:
        """Return how much speech the corpus has of each phone."""
        speakers = sum((present.astype(np.int64) for present in self.speakers.values()), np.zeros(self.count, np.int64))
        return PhoneSupport(self.frames, self.utterances, speakers)

    def grouped(self, codes: Ints, bits: int) -> Floats:
        """Return the sums of uniform relations of groups of clusters `[g, 2, y, y]`, 0 without labels.

        Args:
            codes: codes of the groups.
            bits: how many last bits of the code of a cluster name its group.
        """
        groups, nothing = join_groups(self.uniform.items(), bits), np.zeros((2, self.count, self.count), np.int64)
        return np.stack([groups.get(int(code), nothing) for code in codes]) / UNIT


def merge_labels(a: LabelTotals, b: LabelTotals, bits: int) -> LabelTotals:
    """Return the totals of two parts of a corpus; `bits` as for `LabelTotals.grouped`.

    >>> a, b = LabelTotals.empty(1), LabelTotals.empty(1)
    >>> a.add(0, np.zeros((3, 1), int), 5, "anna")
    >>> b.add(1, np.zeros((2, 1), int), 5, "anna")
    >>> merge_labels(a, b, 62).support().frames.tolist(), merge_labels(a, b, 62).support().speakers.tolist()
    ([5], [1])
    """
    merged = replace(a, speakers=dict(a.speakers))
    merged.absorb(b, bits)
    return merged


def label_arrays(totals: LabelTotals) -> dict[str, Array]:
    """Return totals as named arrays for `np.savez`; `labels_from_arrays` reads them."""
    codes, y = sorted(totals.uniform), totals.count
    return {
        "label/labelled": totals.labelled,
        "label/code": np.array(codes, np.int64),
        "label/uniform": np.stack([totals.uniform[code] for code in codes]) if codes else np.zeros((0, 2, y, y), int),
        "label/frames": totals.frames,
        "label/utterances": totals.utterances,
        "label/speakers": np.array(list(totals.speakers.values()), bool).reshape(len(totals.speakers), y),
    }


def labels_from_arrays(arrays: Mapping[str, Any], speakers: list[str]) -> LabelTotals:
    """Return the totals that `label_arrays` wrote; `speakers` are the names in the order of `LabelTotals.speakers`."""
    codes = [int(code) for code in arrays["label/code"]]
    return LabelTotals(
        len(arrays["label/frames"]),
        arrays["label/labelled"],
        dict(zip(codes, arrays["label/uniform"], strict=True)),
        arrays["label/frames"],
        arrays["label/utterances"],
        dict(zip(speakers, arrays["label/speakers"], strict=True)),
    )
