"""Maps, audio and words of the utterances that a decoder run stores. Knows no torch.

Utterances have unlike sizes: the arrays are as long as the longest needs, and `example_size` has what is real.

Axes: e example, l layer, h head, q row, k column, t token, n sample, w word.
"""

import numpy as np
import xarray as xr

from otoscope.errors import InputError
from otoscope.results.schema import Variable

SIZED = ("row", "column", "sample", "word")
"""Dimensions that are longer in some examples than in others; tokens are as many as rows."""
HEADS = ("example", "decoder_layer", "decoder_head")
EXAMPLE = {
    "example_cross": Variable((*HEADS, "row", "column"), "share", "cross-attention of an example to its real audio"),
    "example_own": Variable((*HEADS, "row", "token"), "share", "decoder self-attention of an example"),
    "example_token": Variable(("example", "row"), "1", "the token that a row predicts"),
    "is_text": Variable(("example", "row"), "1", "whether the row predicts a token of the text, no prompt and no end"),
    "column_start": Variable(("example", "column"), "s", "start of the audio of a column"),
    "example_wave": Variable(("example", "sample"), "1", "audio of an example at 16 kHz"),
    "example_word": Variable(("example", "word"), "1", "labelled words"),
    "word_start": Variable(("example", "word"), "s", "start of each word"),
    "word_end": Variable(("example", "word"), "s", "end of each word"),
    "example_size": Variable(("example", "sized"), "1", "number of rows, columns, samples and words of an example"),
}


def select_example(dataset: xr.Dataset, number: int = 0) -> xr.Dataset:
    """Return a decoder run with one example, without what the longer ones need; `row` and `word` are its texts."""
    example = dataset.isel(example=number, drop=True)
    sizes = dict(zip(SIZED, map(int, example["example_size"].values), strict=True))
    example = example.isel({**{name: slice(size) for name, size in sizes.items()}, "token": slice(sizes["row"])})
    texts = {"row": example["example_token"].values, "word": example["example_word"].values}
    return example.assign_coords(texts).assign_attrs(example_utterance=str(dataset["example"].values[number]))


def find_example(dataset: xr.Dataset, utterance: str | None) -> int:
    """Return the number of the example of an utterance; None: the first.

    Raises:
        InputError: the run stores no maps of the utterance.
    """
    stored = [str(name) for name in dataset["example"].values]
    if utterance is None:
        return 0
    if utterance not in stored:
        raise InputError(
            f"expected an utterance whose decoder maps are stored, found {utterance}; one of {', '.join(stored)}, or "
            "measure with a larger --examples"
        )
    return stored.index(utterance)


def padded(parts: list[np.ndarray], fill: object) -> np.ndarray:
    """Return arrays of unlike shapes as example, `[e, ...]`, with `fill` where they are shorter.

    >>> padded([np.array([1.0]), np.array([2.0, 3.0])], 0.0).tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    shape = np.max([part.shape for part in parts], axis=0)
    whole = np.full((len(parts), *shape), fill, parts[0].dtype)
    for place, part in enumerate(parts):
        whole[place][tuple(slice(size) for size in part.shape)] = part
    return whole
