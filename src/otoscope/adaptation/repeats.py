"""Texts that repeat a part of themselves: the tokens of the repeat should be unlikely.

The cross-entropy of texts does not see repeats: gates that lower it make some texts repeat a syllable or a phrase up to
the most tokens, where the original has none. The loss is the unlikelihood of Welleck et al. 2020, "Neural text
generation with unlikelihood training", on repeats that are made for it, as in Xu et al. 2022, "Learning to break the
loop".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch
from torch import Tensor

MOST_TOKENS = 6
"""Tokens of the part that is repeated."""
MOST_TIMES = 3
"""Times that it is repeated."""
HIGHEST_LOG_PROBABILITY = -1e-6
"""Log-probability above which the loss is constant, as it would be infinite at 0."""


@dataclass(frozen=True)
class Repeat:
    """A text that repeats a part of itself.

    Attributes:
        sequence: prompt, the text up to the end of the part, its repeats, and the end token.
        start: number of tokens before those that are unlikely, prompt included.
        unlikely: tokens of the repeats, from the first one that is not the next token of the text.
    """

    sequence: tuple[int, ...]
    start: int
    unlikely: tuple[int, ...]


def draw_repeat(sequence: Sequence[int], num_prompt: int, rng: np.random.Generator, positions: int | None) -> Repeat:
    """Return a text that repeats a part which is drawn from it.

    Args:
        sequence: prompt, tokens of a text, at least one, and end token.
        num_prompt: number of tokens of the prompt.
        rng: draws the part, and how often it is repeated.
        positions: number of tokens that the decoder can read, or None for any; tokens beyond are omitted.

    >>> draw_repeat((1, 10, 11, 12, 2), 1, np.random.default_rng(0), None)
    Repeat(sequence=(1, 10, 11, 12, 11, 12, 11, 12, 2), start=4, unlikely=(11, 12, 11, 12))
    """
    stop = int(rng.integers(num_prompt + 1, len(sequence)))
    first = int(rng.integers(max(num_prompt, stop - MOST_TOKENS), stop))
    repeats = tuple(sequence[first:stop]) * int(rng.integers(1, MOST_TIMES + 1))
    repeats = repeats[: None if positions is None else max(positions - stop, 0)]
    right = _num_equal(repeats, sequence[stop:])
    return Repeat((*sequence[:stop], *repeats, sequence[-1]), stop + right, repeats[right:])


def _num_equal(tokens: Sequence[int], others: Sequence[int]) -> int:
    """Return how many tokens at the start are equal."""
    pairs = zip(tokens, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def unlikelihood(rows: Sequence[Tensor], repeats: Sequence[Repeat]) -> Tensor:
    """Return the mean of -log(1 - p) over the unlikely tokens of all repeats; 0 if there is none.

    Args:
        rows: log-probabilities `[L - 1, V]` of the tokens after the first of each sequence.
        repeats: the sequences.
    """
    picked = [
        row[each.start - 1 : each.start - 1 + len(each.unlikely)].gather(1, torch.tensor(each.unlikely)[:, None])
        for row, each in zip(rows, repeats, strict=True)
        if each.unlikely
    ]
    if not picked:
        return torch.zeros(())
    return -(-torch.cat(picked).clamp(max=HIGHEST_LOG_PROBABILITY).expm1()).log().mean()
