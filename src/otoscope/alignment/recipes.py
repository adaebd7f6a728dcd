"""Word times by published recipes, for comparison: those of OpenAI's Whisper and of transformers.

Both average a fixed list of heads, filter over time, and take the first column of each row on a monotone path. They
differ in what they normalise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.ndimage import median_filter

from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps
from otoscope.decoders.head_norms import head_norms
from otoscope.decoders.warping import first_columns

MEDIAN_COLUMNS = 7
FEATURE_FRAMES_PER_COLUMN = 2
SAMPLES_PER_FEATURE_FRAME = 160
NUM_BY_NORM = 10
SEED = 0


class Source(StrEnum):
    """Whose recipe."""

    openai = "openai"
    transformers = "transformers"


@dataclass(frozen=True)
class TimeRecipe:
    """A list of heads and how their maps become times; `heads` None: the ten of largest norm in each utterance."""

    name: str
    heads: tuple[Head, ...] | None
    source: Source = Source.openai


def recipe_columns(maps: DecoderMaps, recipe: TimeRecipe, num_samples: int) -> np.ndarray:
    """Return the first column of each row of the text, and of the row that predicts the end token.

    OpenAI's recipe (`timing.py`, version 20250625) lets rows sum to one over the real audio, and standardizes each
    column over all rows, those of the prompt and the end token too. That of transformers 5.23 standardizes the rows of
    the generated tokens alone, without the row that predicts the first of them, whose column is the first.
    """
    columns = real_columns(num_samples, recipe.source)
    heads = heads_by_norm(maps) if recipe.heads is None else recipe.heads
    weights = np.stack([maps.cross[head] for head in heads]).astype(np.float64)[..., :columns]
    first, last = maps.first_token_row, len(maps.text.ids) - 1
    if recipe.source is Source.openai:
        weights /= weights.sum(-1, keepdims=True)
        return first_columns(_filtered(weights)[first:last])
    return np.concatenate([[0], first_columns(_filtered(weights[:, first + 1 : last]))])


def real_columns(num_samples: int, source: Source) -> int:
    """Return the columns of the real audio: transformers counts a feature frame that it has begun, OpenAI does not."""
    rounding = 0 if source is Source.openai else SAMPLES_PER_FEATURE_FRAME - 1
    return max((num_samples + rounding) // SAMPLES_PER_FEATURE_FRAME // FEATURE_FRAMES_PER_COLUMN, 1)


def _filtered(weights_hqk: np.ndarray) -> np.ndarray:
    """Return the mean over heads of standardized columns, filtered over time."""
    spread = weights_hqk.std(-2, keepdims=True)
    scores = (weights_hqk - weights_hqk.mean(-2, keepdims=True)) / np.where(spread == 0, 1, spread)
    if scores.shape[-1] > MEDIAN_COLUMNS // 2:
        scores = median_filter(scores, size=(1, 1, MEDIAN_COLUMNS), mode="mirror")
    return np.asarray(scores.mean(0))


def heads_by_norm(maps: DecoderMaps) -> list[Head]:
    """Return the ten heads with the largest norms."""
    norms = head_norms(maps)
    return sorted(norms, key=lambda head: norms[head], reverse=True)[:NUM_BY_NORM]


def published_heads(
    heads: Sequence[Sequence[int]] | None, heads_of_layers: Mapping[int, int]
) -> tuple[Head, ...] | None:
    """Return the alignment heads of a generation configuration; None without any, or if they are of another model.

    >>> published_heads([[2, 4], [8, 1]], {0: 6, 1: 6, 2: 6, 3: 6})  # of large-v3, in a decoder of four layers
    >>> published_heads([[2, 4]], {0: 6, 1: 6, 2: 6, 3: 6})
    ((2, 4),)
    """
    if not heads or any(head >= heads_of_layers.get(layer, 0) for layer, head in heads):
        return None
    return tuple((int(layer), int(head)) for layer, head in heads)


def reference_recipes(heads_of_layers: Mapping[int, int], published: Sequence[Head] | None) -> list[TimeRecipe]:
    """Return the recipes that a table of word times holds for comparison.

    Args:
        heads_of_layers: number of heads of each layer.
        published: the model's own alignment heads; None: it has none.
    """
    every = [(layer, head) for layer, count in heads_of_layers.items() for head in range(count)]
    upper = tuple(head for head in every if head[0] >= len(heads_of_layers) // 2)
    order = np.random.default_rng(SEED).permutation(len(every))[:NUM_BY_NORM]
    recipes = [
        TimeRecipe("upper half of layers, OpenAI's recipe", upper),
        TimeRecipe("ten heads by norm, OpenAI's recipe", None),
        TimeRecipe("ten random heads, OpenAI's recipe", tuple(every[index] for index in order)),
    ]
    if not published:
        return recipes
    heads = tuple(published)
    own = [
        TimeRecipe("published heads, OpenAI's recipe", heads),
        TimeRecipe("published heads, transformers' recipe", heads, Source.transformers),
    ]
    return own + recipes
