"""Reduce the map of a long utterance to the size at which it is shown."""

import numpy as np

from otoscope.typing import AnyFloats


def block_means(attn_qk: AnyFloats, max_blocks: int) -> AnyFloats:
    """Return means over blocks of frames, `[blocks, blocks]` (query, key), in float32.

    Args:
        attn_qk: a map `[T, T]`.
        max_blocks: the largest number of blocks along each side.

    Examples:
        >>> block_means(np.eye(4), max_blocks=2)
        array([[0.5, 0. ],
               [0. , 0.5]], dtype=float32)
    """
    n_frames = len(attn_qk)
    edges = np.linspace(0, n_frames, num_blocks(n_frames, max_blocks), endpoint=False).astype(int)
    sizes = np.diff(edges, append=n_frames)
    sums = np.add.reduceat(np.add.reduceat(attn_qk.astype(np.float32), edges, axis=0), edges, axis=1)
    return sums / np.outer(sizes, sizes).astype(np.float32)


def num_blocks(n_frames: int, max_blocks: int) -> int:
    """Return the number of blocks along each side of a map; sizes of blocks differ by at most one frame.

    Examples:
        >>> num_blocks(150, 96), num_blocks(96, 96)
        (75, 96)
    """
    frames_per_block = -(-n_frames // max_blocks)
    return -(-n_frames // frames_per_block)
