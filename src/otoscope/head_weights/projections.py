"""The matrices of each head that read queries, keys and values, and that write its output, in any model.

Axes: b utterance, h head, t frame, r feature of a head, d feature of the hidden state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.head_weights.matrices import HeadMatrices
from otoscope.models.capture import forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import noise

TOLERANCE = 1e-3  # of the largest value: the projections that a call uses, in single precision


class HeadMatrix(StrEnum):
    """A matrix `[d, d]` of a head, by its name in the literature (Elhage et al. 2021).

    A head scores query frame `x` against key frame `y` by `x' W_QK y`, and adds `W_OV y` to the hidden state, weighted
    by its attention. `x` and `y` are what the projections read: the hidden state, or its normalised form where a layer
    norm comes first. Biases and terms of positions are not part of the matrices.
    """

    qk = "QK"
    ov = "OV"


LayerProjections = Mapping[HeadMatrix, HeadMatrices]
"""The matrices of the heads of one layer, in double precision. There is no QK where queries or keys are no linear maps
of the hidden state, and no OV where the output projection is unknown."""


@dataclass(frozen=True)
class LinearMap:
    """A linear map that ran: its weight `[o, d]` and its output `[T, o]`."""

    weight_od: Tensor
    output_to: Tensor


class LinearMaps(TorchFunctionMode):
    """Record every linear map that torch computes, with its output, since the last call of `take`."""

    def __init__(self) -> None:
        """Record nothing yet."""
        super().__init__()
        self._recent: list[LinearMap] = []

    def take(self) -> list[LinearMap]:
        """Return what was recorded, the latest first, and forget it."""
        recent, self._recent = self._recent[::-1], []
        return recent

    def __torch_function__(
        self, func: Callable[..., Any], types: Iterable[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Compute what torch computes."""
        output = func(*args, **(kwargs or {}))
        if func is F.linear:
            weight = args[1] if len(args) > 1 else (kwargs or {})["weight"]
            self._recent.append(LinearMap(weight, output.flatten(0, -2)))
        return output


def read_projections(encoder: Encoder) -> tuple[LayerProjections, ...]:
    """Return the projections of every layer, recognised by their outputs in a run on noise.

    Raises:
        InputError: the model has no attention heads.
    """
    encoder.check_heads()
    layers: list[LayerProjections] = []
    with LinearMaps() as maps:

        def handler(call: AttentionCall) -> Tensor:
            layers.append(_layer(call, maps.take()))
            return attend_with(NO_INTERVENTION, call, call.layer)[0]

        forward_with_handler(encoder, noise(encoder.sampling_rate)[:1], handler)
    return tuple(layers)


def _layer(call: AttentionCall, maps: Sequence[LinearMap]) -> LayerProjections:
    """Return the projections of a call on one utterance; `maps` ran before it."""
    query_hrd, key_hrd = _projection(call.query_bhtd, maps), _projection(call.key_bhtd, maps)
    value_hrd, output_hdr = _projection(call.value_bhtd, maps), _output(call)
    layer = {}
    if query_hrd is not None and key_hrd is not None:
        layer[HeadMatrix.qk] = HeadMatrices(call.scaling * query_hrd.mT, key_hrd)
    if value_hrd is not None and output_hdr is not None:
        layer[HeadMatrix.ov] = HeadMatrices(output_hdr, value_hrd)
    return layer


def _output(call: AttentionCall) -> Tensor | None:
    """Return the columns `[H, d, r]` of the output projection; None if it is unknown."""
    _, heads, _, size = call.value_bhtd.shape
    if call.output is None or call.output.shape[1] != heads * size:
        return None
    output_dhr = call.output.double().reshape(-1, heads, size)
    return output_dhr.transpose(0, 1)


def _projection(states_bhtr: Tensor, maps: Sequence[LinearMap]) -> Tensor | None:
    """Return the weights `[H, r, d]` of the linear maps whose outputs are these states, up to a factor of each head."""
    rows = [_head_rows(states_tr, maps) for states_tr in states_bhtr[0].double()]
    weights = [weight_rd for weight_rd in rows if weight_rd is not None]
    return torch.stack(weights) if weights and len(weights) == len(rows) else None


def _head_rows(states_tr: Tensor, maps: Sequence[LinearMap]) -> Tensor | None:
    """Return the rows `[r, d]` of the latest map that computes the states of one head, times their factor."""
    frames, size = states_tr.shape
    for linear in maps if size else ():
        if len(linear.output_to) != frames or linear.output_to.shape[1] % size:
            continue
        output_tgr = linear.output_to.double().reshape(frames, -1, size)
        factor_g = (output_tgr * states_tr[:, None]).sum((0, 2)) / output_tgr.square().sum((0, 2)).clamp_min(1e-30)
        error_g = (factor_g[:, None] * output_tgr - states_tr[:, None]).abs().amax((0, 2))
        group = int(error_g.argmin())
        if error_g[group] <= TOLERANCE * states_tr.abs().max():
            return factor_g[group] * linear.weight_od.double().reshape(-1, size, linear.weight_od.shape[1])[group]
    return None
