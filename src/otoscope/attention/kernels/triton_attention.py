"""One utterance's attention by the two passes: their buffers, their launches, and what they leave as reductions.

Axes: h head, q query, k key, d feature, y phone, z run, j signed offset.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from triton import knobs

from otoscope.attention.inputs import AttentionInputs
from otoscope.attention.kernels.triton_programs import UNIT, diagonal_sums_kernel, row_pass_kernel
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import BY_OFFSET, REQUIRES_LABELS, Reductions, add_own_runs

ROWS = {"row_entropy", "row_max"}
KNOWN = ROWS | BY_OFFSET | REQUIRES_LABELS | {"column_sum"}
DTYPES = {torch.float32, torch.bfloat16, torch.float16}
SQUARE = 64  # queries and keys of a program's tile
WIDEST = 256  # features
RUN_QUERIES = 1024  # whose own runs are measured at once


def supports(layer: AttentionInputs, needs: frozenset[str]) -> bool:
    """Whether the passes can do it: no bias, no span, and no reduction that they do not gather."""
    heads, length, features = layer.query_hqd.shape
    whole = layer.bias_hqk is None and min(layer.span.softmax_radius, layer.span.output_radius) >= length
    fits = heads > 0 and max(features, layer.value_hkd.shape[-1]) <= WIDEST
    return whole and fits and layer.query_hqd.dtype in DTYPES and needs <= KNOWN


def attend_fused(
    layer: AttentionInputs, needs: frozenset[str], context_qhd: Tensor, square: int = SQUARE
) -> Reductions:
    """What the kernel's tiles do, with squares of so many queries by keys: writes the context, gives the reductions."""
    H, T, _ = layer.query_hqd.shape
    context_qhd[T:] = 0
    rows = _rows(layer, needs, context_qhd, square)
    found = {need: getattr(rows, need) for need in ROWS & needs}
    if needs & (BY_OFFSET | {"column_sum"}):
        found |= {
            need: total for need, total in _diagonals(layer, needs, rows.log_sum, square).items() if need in needs
        }
    if layer.labels is not None and rows.phone_mass is not None:
        share_ty = layer.labels.shares(like=rows.phone_mass)
        found["label_mass"] = share_ty.T @ rows.phone_mass
    if layer.labels is not None and "own_run_mass" in needs:
        found["own_run_mass"] = _own_runs(layer, layer.labels, rows.log_sum)
    device = layer.query_hqd.device
    labels = None if layer.labels is None else layer.labels.to(device)
    return Reductions(length=T, rows=torch.full((H,), T, device=device), labels=labels, **found)


@dataclass(frozen=True)
class RowStatistics:
    """What the first pass tells of each row, `[H, T]`, and the weights on the keys of each phone, `[H, T, Y]`."""

    log_sum: Tensor
    row_entropy: Tensor
    row_max: Tensor
    phone_mass: Tensor | None


def _rows(layer: AttentionInputs, needs: frozenset[str], context_qhd: Tensor, square: int) -> RowStatistics:
    query, key, value = (_by_feature(x) for x in (layer.query_hqd, layer.key_hkd, layer.value_hkd))
    H, T, features = query.shape
    log_sum, entropy, largest = (query.new_empty(H, T, dtype=torch.float32) for _ in range(3))
    shares, repeat = _label_frames(layer, needs)
    phones = 0 if shares is None else shares.shape[1]
    mass = query.new_empty(H, T, phones, dtype=torch.float32)
    row_pass_kernel[(_squares(T, square), H)](
        *(query, key, value, query if shares is None else shares, context_qhd, log_sum, entropy, largest, mass),
        *(layer.scaling, T),
        *(query.stride(0), query.stride(1), key.stride(0), key.stride(1), value.stride(0), value.stride(1)),
        *(context_qhd.stride(0), context_qhd.stride(1)),
        features=features,
        values=value.shape[-1],
        phones=phones,
        D=_block(features),
        E=_block(value.shape[-1]),
        Y=_block(phones),
        N=square,
        WIDEN=_widened(query),
    )
    return RowStatistics(log_sum, entropy, largest, mass / repeat if phones else None)


def _diagonals(layer: AttentionInputs, needs: frozenset[str], log_sum_hq: Tensor, square: int) -> dict[str, Tensor]:
    query, key = _by_feature(layer.query_hqd), _by_feature(layer.key_hkd)
    H, T, features = query.shape
    squares = _squares(T, square)
    column = query.new_zeros(H, T, dtype=torch.int64)
    sums = [query.new_zeros(H, 2 * squares - 1, square, dtype=torch.float32) for _ in range(4)]
    diagonal_sums_kernel[(2 * squares - 1, H)](
        *(query, key, log_sum_hq, column, *sums),
        *(layer.scaling, T, squares),
        *(query.stride(0), query.stride(1), key.stride(0), key.stride(1)),
        features=features,
        D=_block(features),
        N=square,
        WIDEN=_widened(query),
        COLUMNS="column_sum" in needs,
        OFFSETS=not needs.isdisjoint(BY_OFFSET),
    )
    whole = torch.where(log_sum_hq.isfinite().all(-1, keepdim=True), column / UNIT.value, torch.nan)
    near, far, near_scaled, far_scaled = sums
    return {
        "column_sum": whole.float(),
        "offset_histogram": _by_offset(near, far, T),
        "scaled_histogram": _by_offset(near_scaled, far_scaled, T),
    }


def _by_offset(near_hdj: Tensor, far_hdj: Tensor, length: int) -> Tensor:
    """Sums of each diagonal of squares as one histogram `[H, 2T-1]`: those that came round lie a square before."""
    H, diagonals, square = near_hdj.shape
    total = near_hdj.new_zeros(H, (diagonals + 1) * square)
    total[:, square:] += near_hdj.flatten(1)
    total[:, :-square] += far_hdj.flatten(1)
    middle = total.shape[1] // 2
    return total[:, middle - (length - 1) : middle + length]


def _label_frames(layer: AttentionInputs, needs: frozenset[str]) -> tuple[Tensor | None, int]:
    """Label frames of each frame by phone, `[T, Y]`, and how many it has: whole numbers, which half precision holds."""
    if layer.labels is None or needs.isdisjoint({"label_mass", "own_run_mass"}):
        return None, 1
    repeat = layer.labels.phone_tr.shape[1]
    count_ty = layer.labels.shares(like=torch.ones(())) * repeat
    half = torch.float32 if layer.query_hqd.dtype == torch.float32 else torch.float16
    return count_ty.round().to(layer.query_hqd.device, half), repeat


def _own_runs(layer: AttentionInputs, labels: Labels, log_sum_hq: Tensor) -> Tensor:
    """The runs lie along the diagonal: the weights there again, from the first pass's sums."""
    H, T, _ = layer.query_hqd.shape
    total_hy = log_sum_hq.new_zeros(H, labels.count)
    for first in range(0, T, RUN_QUERIES):
        queries = slice(first, min(first + RUN_QUERIES, T))
        block = labels.block(queries, like=log_sum_hq)
        score_hqk = layer.query_hqd[:, queries].float() * layer.scaling @ layer.key_hkd[:, block.near].float().mT
        near_hqk = (score_hqk - log_sum_hq[:, queries, None]).exp()
        add_own_runs(near_hqk, block, block.share_zk, total_hy)
    return total_hy


def _by_feature(states_htd: Tensor) -> Tensor:
    return states_htd if states_htd.stride(-1) == 1 else states_htd.contiguous()


def _widened(states: Tensor) -> bool:
    """Triton's interpreter, by which this is tested without a GPU, does not know how to multiply bfloat16."""
    return bool(knobs.runtime.interpret) and states.dtype == torch.bfloat16


def _squares(length: int, square: int) -> int:
    return -(-length // square)


def _block(size: int) -> int:
    """The next power of two that the device multiplies by."""
    return max(16, 1 << max(0, size - 1).bit_length())
