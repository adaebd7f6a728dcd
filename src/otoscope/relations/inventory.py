"""The phones of a corpus, and which of them each label frame carries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.phones import LabelFrames, fold_phones, sort_phones

Ints = npt.NDArray[np.int64]
Span = tuple[str, float, float]
"""Symbol, start and end of a label, seconds."""

ROUNDING = 1e-9  # seconds: a frame centred on a boundary belongs to what begins there


@dataclass(frozen=True)
class PhoneInventory:
    """Phones in the order of axes, the phone of each symbol, and symbols that are none of the 39 and were kept."""

    phones: tuple[str, ...]
    folded: Mapping[str, str]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, symbols: Iterable[str]) -> "PhoneInventory":
        """The phones of a corpus from all its symbols; one that is recognised is folded to the 39 phones.

        Examples:
            >>> PhoneInventory.of(["h#", "ix", "q", "h#"])
            Inventory(phones=('sil', 'ih', 'q'), folded={'h#': 'sil', 'ix': 'ih', 'q': 'q'}, unknown=('q',))
        """
        different = sorted(set(symbols))
        folded = fold_phones(different)
        return cls(
            tuple(sort_phones(folded.symbols)), dict(zip(different, folded.symbols, strict=True)), folded.unknown
        )

    def label(self, spans: Sequence[Span], n_frames: int, frames: LabelFrames) -> Ints:
        """Place in `phones` of the phone at the centre of every label frame, `[n_frames, R]`; -1 where there is none.

        Spans are in order of time and do not overlap.

        Examples:
            >>> inventory = PhoneInventory.of(["s", "z"])
            >>> inventory.label([("s", 0.0, 0.02), ("z", 0.03, 0.05)], 3, LabelFrames(0.01, repeat=2)).tolist()
            [[0, 0], [-1, 1], [1, -1]]
        """
        centres = frames.seconds(np.arange(n_frames * frames.repeat, dtype=float)) + ROUNDING
        starts, ends = (np.array([span[end] for span in spans] + [np.inf]) for end in (1, 2))
        phones = np.array([self.phones.index(self.folded[symbol]) for symbol, _, _ in spans] + [-1])
        last = np.searchsorted(starts, centres, side="right") - 1
        inside = (last >= 0) & (centres < ends[last])
        return np.where(inside, phones[last], -1).reshape(n_frames, frames.repeat)
