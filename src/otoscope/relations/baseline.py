"""Relations between phones under uniform attention: they follow from the shares of the labelled frames."""

import numpy as np

from otoscope.typing import Floats, Ints


def baselines(phone_tr: Ints, count: int) -> tuple[Floats, Floats]:
    """Compute the relations `P_U [Y, Y]` of uniform attention: the share of pairs of labelled frames by their phones.

    Yang, Liu & Lee, Interspeech 2020, section 6.

    Args:
        phone_tr: index of the phone of each label frame of one utterance, `[T, R]`; -1 for no phone.
        count: number of phones Y.

    Returns:
        Shares `[Y, Y]` (query, key) of all pairs, and of the pairs whose frames are in different runs of a phone. Both
        are relative to the number of all pairs, and 0 without labels.

    Examples:
        >>> whole, elsewhere = baselines(np.array([[0], [0], [1], [0]]), 2)
        >>> (16 * whole).tolist(), (16 * elsewhere).tolist()
        ([[9.0, 3.0], [3.0, 1.0]], [[4.0, 3.0], [3.0, 0.0]])
    """
    flat = phone_tr.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=-2))
    phones, lengths = flat[starts], np.diff(starts, append=len(flat))
    phones, lengths = phones[phones >= 0], lengths[phones >= 0]
    frames = np.zeros(count, np.int64)
    own_run = np.zeros(count, np.int64)
    np.add.at(frames, phones, lengths)
    np.add.at(own_run, phones, lengths**2)
    pairs, total = np.outer(frames, frames), max(frames.sum() ** 2, 1)
    return pairs / total, (pairs - np.diag(own_run)) / total
