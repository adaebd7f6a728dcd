"""The maps, the audio and the words of one utterance of a decoder run, for figures and the viewer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from lhotse import MonoCut

from otoscope.corpus import words_of
from otoscope.decoders.ablation import DecoderHead
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderText, Row, capture_decoder
from otoscope.decoders.head_norms import head_norms
from otoscope.decoders.transcriber import Transcriber
from otoscope.results.schema import Variable, labelled

MAX_BYTES = 256 * 2**20
"""Size of the maps of an example in half precision: a run without a shorter text has none."""
HEADS = ("decoder_layer", "decoder_head")
EXAMPLE = {
    "example_cross": Variable((*HEADS, "row", "column"), "share", "cross-attention of the example to its real audio"),
    "example_own": Variable((*HEADS, "row", "token"), "share", "decoder self-attention of the example"),
    "is_text": Variable(("row",), "1", "whether the row predicts a token of the text, not of the prompt or the end"),
    "column_start": Variable(("column",), "s", "start of the audio of a column"),
    "example_wave": Variable(("sample",), "1", "audio of the example at 16 kHz"),
    "word_start": Variable(("word",), "s", "start of each word"),
    "word_end": Variable(("word",), "s", "end of each word"),
}


def decoder_example(
    transcriber: Transcriber, heads: Sequence[DecoderHead], cut: MonoCut, spoken: tuple[np.ndarray, DecoderText]
) -> xr.Dataset:
    """Return the example of a run, its rows named by the tokens that they predict; empty if its maps are too large.

    Args:
        transcriber: the model.
        heads: all heads of its decoder.
        cut: the utterance.
        spoken: its audio `[samples]` at 16 kHz, and its text.
    """
    wave, text = spoken
    (maps,) = capture_decoder(transcriber, [wave], [text], cross=None, own=None)
    layers, of_layer = 1 + max(head.layer for head in heads), 1 + max(head.head for head in heads)
    columns, rows = next(iter(maps.cross.values())).shape[1], len(text.ids) - 1
    if 2 * layers * of_layer * rows * (columns + rows) > MAX_BYTES:
        return xr.Dataset()
    values: dict[str, Any] = {
        "example_cross": np.full((layers, of_layer, rows, columns), np.nan, np.float16),
        "example_own": np.full((layers, of_layer, rows, rows), np.nan, np.float16),
        "is_text": np.array([role is Row.token for role in text.rows[:rows]]),
        "column_start": np.arange(columns) * maps.period,
        "example_wave": wave.astype(np.float16),
    }
    for name, of_heads in (("example_cross", maps.cross), ("example_own", maps.own)):
        for head, map_qk in of_heads.items():
            values[name][head] = map_qk[:rows, : values[name].shape[-1]]
    names: dict[str, Any] = {"row": np.array(_pieces(transcriber, text)[1:], object)}
    if words := words_of(cut):
        names["word"] = np.array([word for word, _, _ in words], object)
        values["word_start"] = np.array([start for _, start, _ in words], float)
        values["word_end"] = np.array([end for _, _, end in words], float)
    norms = head_norms(maps)
    sharpest: Head = max(norms, key=lambda head: norms[head])
    attributes = {"example_utterance": str(cut.id), "example_head": list(sharpest)}
    return xr.Dataset(labelled(EXAMPLE, values), names, attributes)


def _pieces(transcriber: Transcriber, text: DecoderText) -> list[str]:
    """Return the text of each token, special tokens too."""
    return [str(transcriber.tokenizer.decode([token])) for token in text.ids]
