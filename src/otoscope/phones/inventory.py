"""The phones of a corpus, and the phone of each label frame."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.phones.label_grid import LabelFrames
from otoscope.phones.phone_sets import fold_phones, sort_phones
from otoscope.phones.phone_table import Folding
from otoscope.typing import Ints

Span = tuple[str, float, float]
"""Symbol, start and end of a label, seconds."""

ROUNDING = 1e-9
"""Seconds added to the centres of frames: a frame with its centre on a boundary belongs to the later phone."""


@dataclass(frozen=True)
class PhoneInventory:
    """The phones of a corpus.

    Attributes:
        phones: names of the phones in the order of axes.
        folded: phone of each symbol of the corpus.
        unknown: symbols that are none of the 39 phones; each is a phone of its own.

    Examples:
        >>> PhoneInventory.of(["h#", "ix"]).phones
        ('sil', 'ih')
    """

    phones: tuple[str, ...]
    folded: Mapping[str, str]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, symbols: Iterable[str], to: Folding = "auto") -> "PhoneInventory":
        """Return the phones of a corpus from all its symbols, folded as `fold_phones` does.

        Examples:
            >>> PhoneInventory.of(["h#", "ix", "q", "h#"])
            PhoneInventory(phones=('sil', 'ih', 'q'), folded={'h#': 'sil', 'ix': 'ih', 'q': 'q'}, unknown=('q',))
        """
        unique = sorted(set(symbols))
        folded = fold_phones(unique, to)
        return cls(tuple(sort_phones(folded.symbols)), dict(zip(unique, folded.symbols, strict=True)), folded.unknown)

    def label(self, spans: Sequence[Span], n_frames: int, frames: LabelFrames) -> Ints:
        """Return the index of the phone at the centre of every label frame.

        Args:
            spans: symbol, start and end in seconds of each label, in order of time and without overlap.
            n_frames: number of frames of the model.
            frames: times of the label frames.

        Returns:
            Indices in `phones`, `[n_frames, R]`; -1 if there is no phone.

        Examples:
            >>> inventory = PhoneInventory.of(["s", "z"])
            >>> inventory.label([("s", 0.0, 0.02), ("z", 0.03, 0.05)], 3, LabelFrames(0.01, repeat=2)).tolist()
            [[0, 0], [-1, 1], [1, -1]]
        """
        centres = frames.seconds(np.arange(n_frames * frames.repeat, dtype=float)) + ROUNDING
        starts, ends = (np.array([span[i] for span in spans] + [np.inf]) for i in (1, 2))
        phones = np.array([self.phones.index(self.folded[symbol]) for symbol, _, _ in spans] + [-1])
        last = np.searchsorted(starts, centres, side="right") - 1
        inside = (last >= 0) & (centres < ends[last])
        return np.where(inside, phones[last], -1).reshape(n_frames, frames.repeat)
