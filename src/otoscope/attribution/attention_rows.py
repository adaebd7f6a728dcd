"""What each head attends to for an output: rows of its map, weighted by what the output reads.

Axes: n output, h head, q query, k key, t frame.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.crop import crop_to_utterance
from otoscope.attention.full_maps import full_maps
from otoscope.attention.interventions import NO_INTERVENTION
from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.attention.value_norms import value_norms
from otoscope.importance.head_grid import HeadGrid
from otoscope.maps.rollout import rollout
from otoscope.models.capture import default_handler, forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class AttentionRows:
    """What heads attend to for each output.

    Attributes:
        attention: weights `[n, layer, head, T]`; NaN for a head that its layer lacks.
        norm: the same times the norm of each frame's projected value; None if the model does not provide it.
        rollout: rollout through all layers, `[n, T]`.
    """

    attention: Floats
    norm: Floats | None
    rollout: Floats


def read_attention(encoder: Encoder, wave: np.ndarray, reads_nt: Floats) -> AttentionRows:
    """Return what heads attend to for outputs that read frames of the last layer with shares `[n, T]`."""
    rows: dict[int, Floats] = {}
    norms: dict[int, Floats] = {}
    means: dict[int, Floats] = {}
    has_norms = VALUE_NORM in encoder.model_reductions

    def handler(call: AttentionCall) -> Tensor:
        part = crop_to_utterance(call, [len(reads_nt[0])], None).call if encoder.family.sees_silence else call
        attn_hqk = full_maps(part, NO_INTERVENTION).double().cpu().numpy()
        rows[call.layer] = np.einsum("nq,hqk->nhk", reads_nt, attn_hqk)
        means[call.layer] = attn_hqk.mean(axis=0)
        if has_norms:
            norms[call.layer] = rows[call.layer] * _value_norms(part)
        return default_handler(encoder, call)

    forward_with_handler(encoder, [wave], handler)
    by_layer = [means[layer][None] for layer in sorted(means)]
    return AttentionRows(
        _grid(encoder, rows), _grid(encoder, norms) if norms else None, reads_nt @ rollout(by_layer)[-1]
    )


def _value_norms(call: AttentionCall) -> Floats:
    """Return the norms `[h, k]` of the projected values of the first utterance of a call."""
    assert call.output is not None
    value_htd = call.value_bhtd[0, :, : call.lengths[0]]
    heads, _, features = value_htd.shape
    norm_ht: Tensor = value_norms(value_htd, call.output.T.reshape(heads, features, len(call.output)))
    values: Floats = norm_ht.to(torch.float64).cpu().numpy()
    return values


def _grid(encoder: Encoder, by_layer: dict[int, Floats]) -> Floats:
    """Return values `[n, h, k]` of each layer as `[n, layer, head, k]`."""
    empty = np.zeros((*next(iter(by_layer.values())).shape[::2], 0))
    layers = [np.moveaxis(by_layer[n], 1, -1) if n in by_layer else empty for n in range(encoder.n_layers)]
    return np.moveaxis(HeadGrid(encoder.n_heads).pad(layers), 1, -1)
