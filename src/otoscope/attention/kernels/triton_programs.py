"""The two passes over one utterance's attention maps, as programs for the device.

Axes: h head, q query, k key, d feature, y phone, j signed offset. Maps are cut into squares of N queries by N keys.
Sums are in float32. Loaded only where Triton is installed.
"""

import triton
import triton.language as tl

LOWEST = tl.constexpr(-1e30)  # below every score, and finite, so that 0 * LOWEST is 0
UNIT = tl.constexpr(2.0**40)  # columns are summed in whole numbers of its inverse: their order then decides nothing


@triton.jit
def _product(a, b, WIDEN: tl.constexpr):
    """A matrix product in float32; with `WIDEN` of operands that are made float32 first."""
    if WIDEN:
        a, b = a.to(tl.float32), b.to(tl.float32)
    return tl.dot(a, b, input_precision="ieee")


@triton.jit
def row_pass_kernel(
    query_hqd, key_hkd, value_hkd, share_ky, context_qhd, log_sum_hq, entropy_hq, largest_hq, phone_mass_hqy,
    scaling, length,
    query_h, query_q, key_h, key_k, value_h, value_k, context_q, context_h,
    features: tl.constexpr, values: tl.constexpr, phones: tl.constexpr,
    D: tl.constexpr, E: tl.constexpr, Y: tl.constexpr, N: tl.constexpr, WIDEN: tl.constexpr,
):  # fmt: skip
    """N queries of one head, their keys from first to last: context, and what a row alone tells.

    `log_sum_hq` is the logarithm of each row's sum of exponentials, with which the second pass finds the weights again.
    With `phones`, the weights are also summed over the keys of each phone.
    """
    head = tl.program_id(1)
    q = tl.program_id(0) * N + tl.arange(0, N)
    d, e, y = tl.arange(0, D), tl.arange(0, E), tl.arange(0, Y)
    real_q = q < length
    rows = query_hqd + head * query_h + q[:, None] * query_q + d
    query = tl.load(rows, mask=real_q[:, None] & (d < features), other=0.0)
    peak = tl.full([N], LOWEST, tl.float32)
    total = tl.zeros([N], tl.float32)
    excess = tl.zeros([N], tl.float32)  # sum of exp(score - peak) * (score - peak)
    context = tl.zeros([N, E], tl.float32)
    mass = tl.zeros([N, Y], tl.float32)
    for first in range(0, length, N):
        k = first + tl.arange(0, N)
        real_k = k < length
        keys = key_hkd + head * key_h + k[None, :] * key_k + d[:, None]
        key = tl.load(keys, mask=real_k[None, :] & (d[:, None] < features), other=0.0)
        score = _product(query, key, WIDEN) * scaling
        score = tl.where(real_k[None, :], score, LOWEST)
        new_peak = tl.maximum(peak, tl.max(score, 1))
        shrink = tl.exp(peak - new_peak)
        above = score - new_peak[:, None]
        weight = tl.exp(above)
        excess = shrink * (excess + total * (peak - new_peak)) + tl.sum(weight * above, 1)
        total = shrink * total + tl.sum(weight, 1)
        peak = new_peak
        held = value_hkd + head * value_h + k[:, None] * value_k + e
        value = tl.load(held, mask=real_k[:, None] & (e < values), other=0.0)
        context = context * shrink[:, None] + _product(weight.to(value.dtype), value, WIDEN)
        if phones:
            spoken = tl.load(share_ky + k[:, None] * phones + y, mask=real_k[:, None] & (y < phones), other=0.0)
            mass = mass * shrink[:, None] + _product(weight.to(spoken.dtype), spoken, WIDEN)
    at = head * length + q
    tl.store(log_sum_hq + at, peak + tl.log(total), mask=real_q)
    tl.store(entropy_hq + at, tl.log(total) - excess / total, mask=real_q)
    tl.store(largest_hq + at, 1 / total, mask=real_q)
    out = context_qhd + q[:, None] * context_q + head * context_h + e
    context = context / total[:, None]
    tl.store(out, context.to(context_qhd.dtype.element_ty), mask=real_q[:, None] & (e < values))
    if phones:
        tl.store(phone_mass_hqy + at[:, None] * phones + y, mass / total[:, None], mask=real_q[:, None] & (y < phones))


@triton.jit
def diagonal_sums_kernel(
    query_hqd, key_hkd, log_sum_hq, column_hk, near_hj, far_hj, near_scaled_hj, far_scaled_hj,
    scaling, length, squares,
    query_h, query_q, key_h, key_k,
    features: tl.constexpr, D: tl.constexpr, N: tl.constexpr, WIDEN: tl.constexpr,
    COLUMNS: tl.constexpr, OFFSETS: tl.constexpr,
):  # fmt: skip
    """The squares of one head along one diagonal: sums of columns, and of weights at each offset key - query.

    Row i of a square, turned i to the left, has one offset in column j: `near_hj` sums what was turned within the row,
    and `far_hj` what came round from its other end, N offsets less. Both stay where they are along the diagonal.
    """
    head = tl.program_id(1)
    diagonal = tl.program_id(0) - (squares - 1)
    i, d = tl.arange(0, N), tl.arange(0, D)
    turned = i[:, None] + i[None, :]
    within = turned < N
    near, far = tl.zeros([N], tl.float32), tl.zeros([N], tl.float32)
    near_scaled, far_scaled = tl.zeros([N], tl.float32), tl.zeros([N], tl.float32)
    for square in range(tl.maximum(0, -diagonal), squares - tl.maximum(0, diagonal)):
        q, k = square * N + i, (square + diagonal) * N + i
        real_q, real_k = q < length, k < length
        rows = query_hqd + head * query_h + q[:, None] * query_q + d
        query = tl.load(rows, mask=real_q[:, None] & (d < features), other=0.0)
        keys = key_hkd + head * key_h + k[None, :] * key_k + d[:, None]
        key = tl.load(keys, mask=real_k[None, :] & (d[:, None] < features), other=0.0)
        score = _product(query, key, WIDEN) * scaling
        log_sum = tl.load(log_sum_hq + head * length + q, mask=real_q, other=0.0)
        real = real_q[:, None] & real_k[None, :]
        attention = tl.exp(tl.where(real, score - log_sum[:, None], LOWEST))
        if COLUMNS:
            whole = (tl.sum(attention, 0) * UNIT + 0.5).to(tl.int64)
            tl.atomic_add(column_hk + head * length + k, whole, mask=real_k)
        if OFFSETS:
            attention = tl.gather(attention, turned % N, 1)
            near += tl.sum(tl.where(within, attention, 0.0), 0)
            far += tl.sum(tl.where(within, 0.0, attention), 0)
            farthest = tl.maximum(tl.maximum(q, length - 1 - q), 1)
            attention = attention / farthest[:, None]
            near_scaled += tl.sum(tl.where(within, attention, 0.0), 0)
            far_scaled += tl.sum(tl.where(within, 0.0, attention), 0)
    if OFFSETS:
        at = (head * (2 * squares - 1) + tl.program_id(0)) * N + i
        tl.store(near_hj + at, near)
        tl.store(far_hj + at, far)
        tl.store(near_scaled_hj + at, near_scaled)
        tl.store(far_scaled_hj + at, far_scaled)
