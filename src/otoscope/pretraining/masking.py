"""Which frames are hidden from the model, and how (method: masked reconstruction in runs of consecutive frames)."""

from dataclasses import dataclass, replace

import numpy as np

from otoscope.errors import InputError
from otoscope.pretraining.validation import check_minimum


@dataclass(frozen=True)
class Masking:
    """`proportion` of the frames is chosen in runs of `span` frames (the paper's `C_num`).

    In the first `early_steps` of a training runs are of `early_span` frames, if they are to be easier.

    One dice per utterance decides: with probability `zero` chosen frames become zero, with `replace` they become other
    frames of the utterance, else they stay as they are. Raises `InputError` where that makes no sense.
    """

    span: int = 3
    proportion: float = 0.15
    zero: float = 0.8
    replace: float = 0.1
    early_span: int = 1
    early_steps: int = 0

    def __post_init__(self) -> None:
        """Refuse what masks nothing, or more than there is."""
        check_minimum("masking", vars(self), {"span": 1, "early_span": 1, "early_steps": 0})
        if not 0 < self.proportion <= 1:
            raise InputError(f"masking: proportion must be above 0 and at most 1, is {self.proportion}")
        if not (self.zero >= 0 and self.replace >= 0 and self.zero + self.replace <= 1):
            raise InputError(f"masking: zero and replace must be shares of 1, are {self.zero} and {self.replace}")

    def span_at_step(self, step: int) -> "Masking":
        """The masking of a training step, which is one for all steps.

        >>> Masking(span=6, early_span=3, early_steps=10).span_at_step(9).span
        3
        """
        span = self.early_span if step < self.early_steps else self.span
        return replace(self, span=span, early_span=Masking.early_span, early_steps=0)


def choose_frames(length: int, masking: Masking, rng: np.random.Generator) -> np.ndarray:
    """Boolean `[length]`: runs of `span` frames from random starts (they may touch or overlap); at least one run.

    Examples:
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
