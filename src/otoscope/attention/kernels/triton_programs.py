"""Define the two Triton kernels over one utterance's attention maps. Import only if Triton is installed.

Maps are divided into squares of N queries by N keys. Sums are in float32.

Axes: h head, q query, k key, d feature of query and key, e feature of value, y phone, j signed offset.
"""

import triton
import triton.language as tl

LOWEST = tl.constexpr(-1e30)  # below every score, and finite, so that 0 * LOWEST is 0
UNIT = tl.constexpr(2.0**40)  # column sums are whole numbers of 1 / UNIT, in any order the same


@triton.jit
def _product(a, b, WIDEN: tl.constexpr):
    """Return a matrix product in float32; with `WIDEN` the operands are converted to float32 first."""
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
    """Loop over all keys for N queries of one head: write the context and the statistics of each row.

    `log_sum_hq` is the logarithm of each row's sum of exponentials, from which the second kernel recomputes the
    weights. With `phones`, the weights are also summed over the keys of each phone.
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
        values_at = value_hkd + head * value_h + k[:, None] * value_k + e
        value = tl.load(values_at, mask=real_k[:, None] & (e < values), other=0.0)
        context = context * shrink[:, None] + _product(weight.to(value.dtype), value, WIDEN)
        if phones:
            share = tl.load(share_ky + k[:, None] * phones + y, mask=real_k[:, None] & (y < phones), other=0.0)
            mass = mass * shrink[:, None] + _product(weight.to(share.dtype), share, WIDEN)
    row = head * length + q
    tl.store(log_sum_hq + row, peak + tl.log(total), mask=real_q)
    tl.store(entropy_hq + row, tl.log(total) - excess / total, mask=real_q)
    tl.store(largest_hq + row, 1 / total, mask=real_q)
    out = context_qhd + q[:, None] * context_q + head * context_h + e
    context = context / total[:, None]
    tl.store(out, context.to(context_qhd.dtype.element_ty), mask=real_q[:, None] & (e < values))
    if phones:
        tl.store(phone_mass_hqy + row[:, None] * phones + y, mass / total[:, None], mask=real_q[:, None] & (y < phones))


@triton.jit
def diagonal_sums_kernel(
    query_hqd, key_hkd, log_sum_hq, column_hk, near_hj, far_hj, near_scaled_hj, far_scaled_hj,
    scaling, length, squares,
    query_h, query_q, key_h, key_k,
    features: tl.constexpr, D: tl.constexpr, N: tl.constexpr, WIDEN: tl.constexpr,
    COLUMNS: tl.constexpr, OFFSETS: tl.constexpr,
):  # fmt: skip
    """Loop over the squares of one diagonal of one head: sum columns, and weights at each offset key - query.

    If row i of a square is rotated i columns to the left, each column j has one offset. `near_hj` sums the weights that
    were only shifted. `far_hj` sums those that wrapped around the row: their offset is lower by N. Offsets are the same
    in all squares of a diagonal.
    """
    head = tl.program_id(1)
    diagonal = tl.program_id(0) - (squares - 1)
    i, d = tl.arange(0, N), tl.arange(0, D)
    rotated = i[:, None] + i[None, :]
    is_shifted = rotated < N
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
            attention = tl.gather(attention, rotated % N, 1)
            near += tl.sum(tl.where(is_shifted, attention, 0.0), 0)
            far += tl.sum(tl.where(is_shifted, 0.0, attention), 0)
            farthest = tl.maximum(tl.maximum(q, length - 1 - q), 1)
            attention = attention / farthest[:, None]
            near_scaled += tl.sum(tl.where(is_shifted, attention, 0.0), 0)
            far_scaled += tl.sum(tl.where(is_shifted, 0.0, attention), 0)
    if OFFSETS:
        entry = (head * (2 * squares - 1) + tl.program_id(0)) * N + i
        tl.store(near_hj + entry, near)
        tl.store(far_hj + entry, far)
        tl.store(near_scaled_hj + entry, near_scaled)
        tl.store(far_scaled_hj + entry, far_scaled)
