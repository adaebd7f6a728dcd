"""Which frames are hidden from the model, and how (method: masked reconstruction in runs of consecutive frames)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Masking:
    """`proportion` of the frames is chosen in runs of `span` frames (the paper's `C_num`).

    One dice per utterance decides: with probability `zero` chosen frames become zero, with `replace` they become other
    frames of the utterance, else they stay as they are.
    """

    span: int = 3
    proportion: float = 0.15
    zero: float = 0.8
    replace: float = 0.1


def choose_frames(length: int, masking: Masking, rng: np.random.Generator) -> np.ndarray:
    """Boolean `[length]`: runs of `span` frames from random starts (they may touch or overlap); at least one run.

    Example:
        >>> choose_frames(40, Masking(span=3), np.random.default_rng(0)).sum().item()
        6
    """
    chosen = np.zeros(length, dtype=bool)
    span = min(masking.span, length)
    runs = max(1, int(length * masking.proportion) // span)
    starts = rng.choice(length - span + 1, size=min(runs, length - span + 1), replace=False)
    chosen[(starts[:, None] + np.arange(span)).ravel()] = True
    return chosen


def hide_frames(frames: np.ndarray, chosen: np.ndarray, masking: Masking, rng: np.random.Generator) -> np.ndarray:
    """A copy of `frames [length, size]`, chosen frames zeroed, replaced by frames of the utterance, or left."""
    hidden, dice = frames.copy(), rng.random()
    if dice < masking.zero:
        hidden[chosen] = 0
    elif dice < masking.zero + masking.replace:
        hidden[chosen] = frames[rng.integers(len(frames), size=chosen.sum())]
    return hidden
