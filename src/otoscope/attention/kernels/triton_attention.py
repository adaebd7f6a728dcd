"""Compute one utterance's attention with two Triton kernels: buffers, launches, reductions.

The first kernel handles a block of queries and all their keys: it writes the context and what one row determines. The
second kernel handles one diagonal of squares of the map, and recomputes the weights from the row sums of the first.

Axes: h head, q query, k key, d feature, y phone, z run, j signed offset.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from triton import knobs

from otoscope.attention.inputs import AttentionInputs
from otoscope.attention.kernels.triton_programs import UNIT, diagonal_sums_kernel, row_pass_kernel
from otoscope.attention.labels import Labels
from otoscope.attention.reduction_names import REQUIRES_LABELS
from otoscope.attention.reductions import BY_OFFSET, Reductions, add_own_runs

ROW_REDUCTIONS = frozenset({"row_entropy", "row_max"})
DIAGONAL_REDUCTIONS = BY_OFFSET | {"column_sum"}
SUPPORTED_REDUCTIONS = ROW_REDUCTIONS | DIAGONAL_REDUCTIONS | REQUIRES_LABELS
SUPPORTED_DTYPES = frozenset({torch.float32, torch.bfloat16, torch.float16})
SQUARE = 64  # queries and keys of a program's tile
MAX_FEATURES = 256
RUN_QUERIES = 1024  # queries whose own runs are measured in one product


def supports_inputs(inputs: AttentionInputs) -> bool:
    """Return whether the kernels compute this call: no bias, no span, and a size and a dtype that they support."""
    heads, length, features = inputs.query_hqd.shape
    is_unlimited = min(inputs.span.softmax_radius, inputs.span.output_radius) >= length
    fits = heads > 0 and max(features, inputs.value_hkd.shape[-1]) <= MAX_FEATURES
    return inputs.bias_hqk is None and is_unlimited and fits and inputs.query_hqd.dtype in SUPPORTED_DTYPES


def attend_fused(
    inputs: AttentionInputs, needs: frozenset[str], context_qhd: Tensor, square: int = SQUARE
) -> Reductions:
    """Compute what `attend_in_tiles` computes, in squares of `square` queries by `square` keys."""
    H, T, _ = inputs.query_hqd.shape
    context_qhd[T:] = 0
    rows = _row_statistics(inputs, needs, context_qhd, square)
    sums = {name: getattr(rows, name) for name in ROW_REDUCTIONS & needs}
    if needs & DIAGONAL_REDUCTIONS:
        diagonal_sums = _diagonal_sums(inputs, needs, rows.log_sum, square)
        sums |= {name: total for name, total in diagonal_sums.items() if name in needs}
    if inputs.labels is not None and rows.phone_mass is not None:
        share_ty = inputs.labels.shares(template=rows.phone_mass)
        sums["label_mass"] = share_ty.T @ rows.phone_mass
    if inputs.labels is not None and "own_run_mass" in needs:
        sums["own_run_mass"] = _own_run_mass(inputs, inputs.labels, rows.log_sum)
    device = inputs.query_hqd.device
    labels = None if inputs.labels is None else inputs.labels.to(device)
    return Reductions(length=T, rows=torch.full((H,), T, device=device), labels=labels, **sums)


@dataclass(frozen=True)
class RowStatistics:
    """What the first kernel computes of each row, `[H, T]`, and the weights on the keys of each phone, `[H, T, Y]`."""

    log_sum: Tensor
    row_entropy: Tensor
    row_max: Tensor
    phone_mass: Tensor | None


def _row_statistics(inputs: AttentionInputs, needs: frozenset[str], context_qhd: Tensor, square: int) -> RowStatistics:
    query, key, value = (_with_unit_stride(x) for x in (inputs.query_hqd, inputs.key_hkd, inputs.value_hkd))
    H, T, features = query.shape
    log_sum, entropy, largest = (query.new_empty(H, T, dtype=torch.float32) for _ in range(3))
    shares, repeat = _label_frames(inputs, needs)
    phones = 0 if shares is None else shares.shape[1]
    mass = query.new_empty(H, T, phones, dtype=torch.float32)
    row_pass_kernel[(_num_squares(T, square), H)](
        *(query, key, value, query if shares is None else shares, context_qhd, log_sum, entropy, largest, mass),
        *(inputs.scaling, T),
        *(query.stride(0), query.stride(1), key.stride(0), key.stride(1), value.stride(0), value.stride(1)),
        *(context_qhd.stride(0), context_qhd.stride(1)),
        features=features,
        values=value.shape[-1],
        phones=phones,
        D=_block_size(features),
        E=_block_size(value.shape[-1]),
        Y=_block_size(phones),
        N=square,
        WIDEN=_must_widen(query),
    )
    return RowStatistics(log_sum, entropy, largest, mass / repeat if phones else None)


def _diagonal_sums(
    inputs: AttentionInputs, needs: frozenset[str], log_sum_hq: Tensor, square: int
) -> dict[str, Tensor]:
    query, key = _with_unit_stride(inputs.query_hqd), _with_unit_stride(inputs.key_hkd)
    H, T, features = query.shape
    squares = _num_squares(T, square)
    column = query.new_zeros(H, T, dtype=torch.int64)
    sums = [query.new_zeros(H, 2 * squares - 1, square, dtype=torch.float32) for _ in range(4)]
    diagonal_sums_kernel[(2 * squares - 1, H)](
        *(query, key, log_sum_hq, column, *sums),
        *(inputs.scaling, T, squares),
        *(query.stride(0), query.stride(1), key.stride(0), key.stride(1)),
        features=features,
        D=_block_size(features),
        N=square,
        WIDEN=_must_widen(query),
        COLUMNS="column_sum" in needs,
        OFFSETS=not needs.isdisjoint(BY_OFFSET),
    )
    finite_column = torch.where(log_sum_hq.isfinite().all(-1, keepdim=True), column / UNIT.value, torch.nan)
    near, far, near_scaled, far_scaled = sums
    return {
        "column_sum": finite_column.float(),
        "offset_histogram": _to_histogram(near, far, T),
        "scaled_histogram": _to_histogram(near_scaled, far_scaled, T),
    }


def _to_histogram(near_hdj: Tensor, far_hdj: Tensor, length: int) -> Tensor:
    """Return the sums of the diagonals of squares as one histogram `[H, 2T-1]`; `far` sums are one square lower."""
    H, diagonals, square = near_hdj.shape
    total = near_hdj.new_zeros(H, (diagonals + 1) * square)
    total[:, square:] += near_hdj.flatten(1)
    total[:, :-square] += far_hdj.flatten(1)
    middle = total.shape[1] // 2
    return total[:, middle - (length - 1) : middle + length]


def _label_frames(inputs: AttentionInputs, needs: frozenset[str]) -> tuple[Tensor | None, int]:
    """Return the number of label frames of each phone in each frame, `[T, Y]`, and the label frames of a frame.

    Half precision represents these whole numbers exactly.
    """
    if inputs.labels is None or needs.isdisjoint({"label_mass", "own_run_mass"}):
        return None, 1
    repeat = inputs.labels.phone_tr.shape[1]
    count_ty = inputs.labels.shares(template=torch.ones(())) * repeat
    dtype = torch.float32 if inputs.query_hqd.dtype == torch.float32 else torch.float16
    return count_ty.round().to(inputs.query_hqd.device, dtype), repeat


def _own_run_mass(inputs: AttentionInputs, labels: Labels, log_sum_hq: Tensor) -> Tensor:
    """Return the weights within runs, `[H, Y]`: runs are near the diagonal, where torch recomputes the weights."""
    H, T, _ = inputs.query_hqd.shape
    total_hy = log_sum_hq.new_zeros(H, labels.count)
    for first in range(0, T, RUN_QUERIES):
        queries = slice(first, min(first + RUN_QUERIES, T))
        block = labels.block(queries, template=log_sum_hq)
        key_hkd = inputs.key_hkd[:, block.run_keys].float()
        score_hqk = inputs.query_hqd[:, queries].float() * inputs.scaling @ key_hkd.mT
        near_hqk = (score_hqk - log_sum_hq[:, queries, None]).exp()
        add_own_runs(near_hqk, block, block.share_zk, total_hy)
    return total_hy


def _with_unit_stride(states_htd: Tensor) -> Tensor:
    return states_htd if states_htd.stride(-1) == 1 else states_htd.contiguous()


def _must_widen(states: Tensor) -> bool:
    """Return whether products are in float32: Triton's interpreter, which tests use, cannot multiply bfloat16."""
    return bool(knobs.runtime.interpret) and states.dtype == torch.bfloat16


def _num_squares(length: int, square: int) -> int:
    return -(-length // square)


def _block_size(size: int) -> int:
    """Return the next power of two for which the device has a matrix product."""
    return max(16, 1 << max(0, size - 1).bit_length())
