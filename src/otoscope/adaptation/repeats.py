"""Texts that repeat a part of themselves, in which the next token of the repeat should be unlikely.

Teacher forcing alone does not see texts without an end: gates that lower its loss made 5 of 400 texts repeat a syllable
or a phrase up to the most tokens, where the original had none. The unlikelihood of Welleck et al. 2020, "Neural text
generation with unlikelihood training", on texts with repeats that are made for it, as in Xu et al. 2022, "Learning to
break the loop".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MOST_TOKENS, MOST_TIMES = 6, 3  # of what is repeated, and how often
CERTAIN = 1e-4  # below this distance from 1 a probability has no steeper loss


@dataclass(frozen=True)
class Repeat:
    """A text that repeats a part of itself.

    Attributes:
        sequence: prompt, the text up to the end of the part, its repeats, and the end token.
        start: number of tokens before the repeats, prompt included.
        unlikely: tokens of the repeats; where one is the token that should follow the part, the end token instead.
    """

    sequence: tuple[int, ...]
    start: int
    unlikely: tuple[int, ...]


def draw_repeat(sequence: Sequence[int], num_prompt: int, rng: np.random.Generator, positions: int | None) -> Repeat:
    """Return a text that repeats a part which is drawn from it.

    Args:
        sequence: prompt, tokens of a text, at least one, and end token.
        num_prompt: number of tokens of the prompt.
        rng: of the draw.
        positions: of the decoder; repeats that have none are omitted.

    >>> draw_repeat((1, 10, 11, 12, 2), 1, np.random.default_rng(0), None)
    Repeat(sequence=(1, 10, 11, 12, 10, 11, 12, 10, 11, 12, 2), start=4, unlikely=(10, 11, 12, 10, 11, 12))
    """
    end = sequence[-1]
    stop = int(rng.integers(num_prompt + 1, len(sequence)))
    first = int(rng.integers(max(num_prompt, stop - MOST_TOKENS), stop))
    repeats = tuple(sequence[first:stop]) * int(rng.integers(1, MOST_TIMES + 1))
    repeats = repeats[: None if positions is None else max(positions - stop, 0)]
    unlikely = tuple(end if token == sequence[stop] else token for token in repeats)
    return Repeat((*sequence[:stop], *repeats, end), stop, unlikely)


def unlikelihood(rows: Sequence[Tensor], repeats: Sequence[Repeat]) -> Tensor:
    """Return the mean of -log(1 - p) over the tokens of all repeats.

    Args:
        rows: log-probabilities `[L - 1, V]` of the tokens after the first of each sequence.
        repeats: the sequences.
    """
    picked = [
        row[each.start - 1 : each.start - 1 + len(each.unlikely)].gather(1, torch.tensor(each.unlikely)[:, None])
        for row, each in zip(rows, repeats, strict=True)
        if each.unlikely
    ]
    return -torch.log1p(-torch.cat(picked).exp().clamp(max=1 - CERTAIN)).mean() if picked else torch.zeros(())
