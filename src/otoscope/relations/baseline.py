"""What uniform attention would give: relations between phones by their shares of the labelled frames alone."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def baselines(phone_tr: npt.NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
    """Share of pairs of labelled frames by phone of query and key, `P_U [Y, Y]`: of all pairs, and of those that do
    not lie in one run of a phone. Both are over the number of all pairs, and 0 without labels.

    Args:
        phone_tr: phone of each label frame of one utterance, below `count`; -1 for none.
        count: number of phones.

    Examples:
        >>> whole, exclude_own_run = baselines(np.array([[0], [0], [1], [0]]), 2)
        >>> (16 * whole).tolist(), (16 * exclude_own_run).tolist()
        ([[9.0, 3.0], [3.0, 1.0]], [[4.0, 3.0], [3.0, 0.0]])
    """
    flat = phone_tr.ravel()
    begins = np.flatnonzero(np.diff(flat, prepend=-2))
    phones, lengths = flat[begins], np.diff(begins, append=len(flat))
    phones, lengths = phones[phones >= 0], lengths[phones >= 0]
    frames = np.zeros(count, np.int64)
    within = np.zeros(count, np.int64)
    np.add.at(frames, phones, lengths)
    np.add.at(within, phones, lengths**2)
    pairs, every = np.outer(frames, frames), max(frames.sum() ** 2, 1)
    return pairs / every, (pairs - np.diag(within)) / every
