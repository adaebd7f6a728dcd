"""Make the examples of a decoder run: maps, audio and words of some utterances, for figures and the viewer."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from lhotse import MonoCut

from otoscope.analysis.stored_examples import EXAMPLE, SIZED, padded
from otoscope.corpus import words_of
from otoscope.decoders.ablation import DecoderHead
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps, DecoderText, Row, capture_decoder
from otoscope.decoders.head_norms import head_norms
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError
from otoscope.results.schema import labelled

MAX_BYTES = 2**30
"""Size of the maps of all examples in half precision."""
NUM_SHARPEST = 3
FILL = {"example_token": "", "example_word": "", "is_text": False}
"""What is in an array after the end of an example; NaN in all others."""


class SpokenCut(NamedTuple):
    """An utterance: its cut, audio `[samples]` at 16 kHz, and text."""

    cut: MonoCut
    wave: np.ndarray
    text: DecoderText


def decoder_examples(
    transcriber: Transcriber, heads: Sequence[DecoderHead], utterances: Sequence[SpokenCut]
) -> xr.Dataset:
    """Return the examples of a run, their rows named by the tokens that they predict.

    Args:
        transcriber: the model.
        heads: all heads of its decoder.
        utterances: the examples.

    Raises:
        InputError: the maps are too large.
    """
    shape = 1 + max(head.layer for head in heads), 1 + max(head.head for head in heads)
    parts, norms = [], []
    for spoken in utterances:
        (maps,) = capture_decoder(transcriber, [spoken.wave], [spoken.text], cross=None, own=None)
        parts.append(_example(transcriber, shape, spoken, maps))
        norms.append(head_norms(maps))
        if (size := len(utterances) * max(part["example_cross"].nbytes for part in parts)) > MAX_BYTES:
            raise InputError(
                f"expected maps of at most {MAX_BYTES >> 20} MiB for --examples {len(utterances)}, found "
                f"{size >> 20} MiB; lower --examples, or select shorter utterances"
            )
    values = {name: padded([part[name] for part in parts], FILL.get(name, np.nan)) for name in parts[0]}
    values["example_size"] = np.array([_sizes(part) for part in parts])
    coordinates = {
        "example": np.array([str(spoken.cut.id) for spoken in utterances], object),
        "sized": np.array(SIZED, object),
    }
    return xr.Dataset(
        labelled(EXAMPLE, values), coordinates, {"example_heads": [list(head) for head in _sharpest(norms)]}
    )


def _example(
    transcriber: Transcriber, shape: tuple[int, int], spoken: SpokenCut, maps: DecoderMaps
) -> dict[str, np.ndarray]:
    text, columns, rows = spoken.text, next(iter(maps.cross.values())).shape[1], len(spoken.text.ids) - 1
    values: dict[str, Any] = {
        "example_cross": np.full((*shape, rows, columns), np.nan, np.float16),
        "example_own": np.full((*shape, rows, rows), np.nan, np.float16),
        "example_token": np.array(_pieces(transcriber, text)[1:], object),
        "is_text": np.array([role is Row.token for role in text.rows[:rows]]),
        "column_start": np.arange(columns) * maps.period,
        "example_wave": spoken.wave.astype(np.float16),
    }
    for name, of_heads in (("example_cross", maps.cross), ("example_own", maps.own)):
        for head, map_qk in of_heads.items():
            values[name][head] = map_qk[:rows, : values[name].shape[-1]]
    words = words_of(spoken.cut)
    values["example_word"] = np.array([word for word, _, _ in words], object)
    values["word_start"] = np.array([start for _, start, _ in words], float)
    values["word_end"] = np.array([end for _, _, end in words], float)
    return values


def _sizes(part: dict[str, np.ndarray]) -> list[int]:
    names = ("example_token", "column_start", "example_wave", "example_word")
    return [len(part[name]) for name in names]


def _sharpest(norms: Sequence[dict[Head, float]]) -> list[Head]:
    """Return the heads with the largest mean share of the largest norm of each example, largest first."""
    shares = {head: np.mean([of_head[head] / max(of_head.values()) for of_head in norms]) for head in norms[0]}
    return sorted(shares, key=lambda head: shares[head], reverse=True)[:NUM_SHARPEST]


def _pieces(transcriber: Transcriber, text: DecoderText) -> list[str]:
    """Return the text of each token, special tokens too."""
    return [str(transcriber.tokenizer.decode([token])) for token in text.ids]
