"""Measures of what a decoder attends to, one file of `builtin/` for each.

Axes: q row (a token of the text), k column (a frame of the audio, or a token).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps, Row
from otoscope.decoders.column_labels import ColumnLabels
from otoscope.registry import Registry


@dataclass(frozen=True)
class TokenMap:
    """The rows of one head that predict tokens of the text or its end.

    Attributes:
        map_qk: weights. Cross-attention: over the real audio, without the mass beyond it, so that rows sum to
            less than one. Self-attention: over all tokens.
        labels: of the columns; None where they are unknown, so that measures that need them are NaN.
        first: number of the first row in the whole map.
        is_causal: whether a row attends to the columns 0 to its own number alone, as in self-attention.
    """

    map_qk: np.ndarray
    first: int
    labels: ColumnLabels | None = None
    is_causal: bool = False

    @property
    def shares_qk(self) -> np.ndarray:
        """Weights whose rows sum to one."""
        sums = self.map_qk.sum(-1, keepdims=True)
        return np.asarray(self.map_qk / np.maximum(sums, np.finfo(np.float32).tiny))


@dataclass(frozen=True)
class DecoderMeasure:
    """A number for one head and one utterance.

    Attributes:
        kinds: kinds of attention that it is defined for.
        units: of the number.
        compute: computes it.
    """

    kinds: frozenset[Kind]
    units: str
    compute: Callable[[TokenMap], float]

    @property
    def is_share(self) -> bool:
        """Whether the number is a share, from 0 to 1."""
        return self.units == "share"


DECODER_MEASURES: Registry[DecoderMeasure] = Registry("decoder_measures", "otoscope.decoders.builtin", "MEASURE")
"""All measures of decoder attention."""


def measure_maps(
    maps: DecoderMaps, kind: Kind, labels: ColumnLabels | None = None, *, by_norm: bool = False
) -> dict[str, dict[Head, float]]:
    """Return the value of every measure of a kind for every captured head.

    Args:
        maps: the maps, of norms too if `by_norm`.
        kind: of attention.
        labels: of the columns.
        by_norm: whether weights are multiplied by the norms of what they add to the hidden state (Kobayashi et al.
            2020); rows sum to the same as before.
    """
    rows = [index for index, row in enumerate(maps.text.rows) if row in (Row.token, Row.end)]
    heads: Mapping[Head, np.ndarray] = maps.cross if kind is Kind.cross else maps.own
    if by_norm:
        heads = {head: weigh_by_norm(map_qk, maps.norms[kind, head]) for head, map_qk in heads.items()}
    is_causal = kind is Kind.own
    tokens = {
        head: TokenMap(map_qk[rows].astype(np.float64), rows[0], labels, is_causal) for head, map_qk in heads.items()
    }
    return {
        name: {head: measure.compute(token_map) for head, token_map in tokens.items()}
        for name, measure in DECODER_MEASURES.select().items()
        if kind in measure.kinds
    }


def weigh_by_norm(map_qk: np.ndarray, norm_k: np.ndarray) -> np.ndarray:
    """Return weights times the norms of their columns; each row has the sum that it had.

    >>> weigh_by_norm(np.array([[0.5, 0.5]]), np.array([1.0, 3.0])).tolist()
    [[0.25, 0.75]]
    """
    weighted = map_qk.astype(np.float64) * norm_k
    sums = map_qk.sum(-1, keepdims=True, dtype=np.float64)
    return np.asarray(weighted * sums / np.maximum(weighted.sum(-1, keepdims=True), np.finfo(float).tiny))
