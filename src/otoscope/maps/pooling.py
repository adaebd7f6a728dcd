"""A long utterance's map at the size at which it is looked at."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]


def block_means(attn_qk: Floats, most: int) -> Floats:
    """Means over blocks of frames, so that at most `most` rows and columns stay of a long utterance's map.

    >>> block_means(np.eye(4), most=2)
    array([[0.5, 0. ],
           [0. , 0.5]], dtype=float32)
    """
    n_frames = len(attn_qk)
    edges = np.linspace(0, n_frames, num_blocks(n_frames, most), endpoint=False).astype(int)
    sizes = np.diff(edges, append=n_frames)
    sums = np.add.reduceat(np.add.reduceat(attn_qk.astype(np.float32), edges, axis=0), edges, axis=1)
    return sums / np.outer(sizes, sizes).astype(np.float32)


def num_blocks(n_frames: int, most: int) -> int:
    """Number of blocks along each side of a pooled map: blocks of one size but for rounding, `most` at most.

    >>> num_blocks(150, 96), num_blocks(96, 96)
    (75, 96)
    """
    return -(-n_frames // -(-n_frames // most))
