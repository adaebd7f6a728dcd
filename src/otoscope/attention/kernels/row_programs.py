"""Row by row, all reductions of one head in one pass over its scores: programs that numba compiles for the machine.

A row is read while it is in the processor's cache. Its largest weight is 1 over the sum of its exponentials, and its
entropy comes from the same loop. A row of one query adds to an uninterrupted part of the histogram of offsets, so that
four rows are added in one loop.

Axes: h head, t frame, q query, k key, d feature, j signed offset, y phone, z run.
"""

import math
from typing import Any

import numpy as np
from numba import boolean, extending, float32, float64, int64, njit, types, void

f32 = np.float32
LANES = 64  # scores whose maxima are kept side by side
BLOCK = 128  # queries whose scores are in memory at a time
FORBIDDEN = f32(-1e30)
LOWEST_BIAS = f32(np.finfo(np.float32).min / 2)
NO_WEIGHT = f32(-88.0)  # its exponential is exactly 0 here
EXP2 = (f32(1.339887440e-3), f32(9.618437358e-3), f32(5.550332471e-2), f32(0.2402264791), f32(0.6931472029), f32(1.0))
"""Coefficients of 2^r for |r| <= 1/2 after the first, from the highest power (Cephes, `exp2f`)."""


@extending.intrinsic
def _float_of_bits(context: Any, bits: Any) -> Any:
    def codegen(_: Any, builder: Any, __: Any, args: Any) -> Any:
        import llvmlite.ir as ir

        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


@njit(inline="always", fastmath=True)
def _exp(x):
    """Return e^x for x <= 0: a power of two times a polynomial, which LLVM vectorises."""
    t = max(x, NO_WEIGHT) * f32(1.44269504)
    n = np.floor(t + f32(0.5))
    r = t - n
    p = f32(1.535336188e-4)
    p = p * r + EXP2[0]
    p = p * r + EXP2[1]
    p = p * r + EXP2[2]
    p = p * r + EXP2[3]
    p = p * r + EXP2[4]
    p = p * r + EXP2[5]
    return p * _float_of_bits((np.int32(n) + np.int32(127)) << np.int32(23))


@njit(fastmath=True)
def _largest(s, lanes):
    """Return the largest score. LLVM vectorises no maximum of a row, but one of two rows: `lanes` keeps parts of it."""
    lanes[:] = f32(-3e38)
    whole = len(s) - len(s) % LANES
    for k in range(0, whole, LANES):
        for j in range(LANES):
            lanes[j] = max(lanes[j], s[k + j])
    for j in range(len(s) - whole):
        lanes[j] = max(lanes[j], s[whole + j])
    largest = lanes[0]
    for j in range(1, LANES):
        largest = max(largest, lanes[j])
    return largest


@njit(inline="always", fastmath=True)
def _softmax_row(s, q, row_entropy, row_max, lanes):
    """Turn scores into exponentials in place, and return what they are multiplied by: 0 if every key is forbidden."""
    largest = _largest(s, lanes)
    total, expected = f32(0), f32(0)
    for k in range(len(s)):
        x = s[k] - largest
        e = _exp(x)
        s[k] = e
        total += e
        expected += e * x
    if largest <= FORBIDDEN / f32(2):
        return f32(0)
    row_max[q] = f32(1) / total
    row_entropy[q] = math.log(total) - expected * row_max[q]
    return row_max[q]


@njit(inline="always", fastmath=True)
def _mask_row(s, bias_k, q, first, radius):
    """Add the bias to scores of the keys from `first` on, and forbid keys beyond the radius."""
    if len(bias_k):
        for k in range(len(s)):
            s[k] = FORBIDDEN if bias_k[k] <= LOWEST_BIAS else s[k] + bias_k[k]
    for k in range(min(len(s), max(0, q - radius - first))):
        s[k] = FORBIDDEN
    for k in range(max(0, q + radius + 1 - first), len(s)):
        s[k] = FORBIDDEN


@njit(inline="always", fastmath=True)
def _add_row(a, scale, column_sum, offsets, scaled):
    for k in range(len(a)):
        column_sum[k] += a[k]
        offsets[k] += a[k]
        scaled[k] += a[k] * scale


@njit(inline="always", fastmath=True)
def _add_four_rows(a, scale, column_sum, offsets, scaled):
    """Add four rows of at least four keys; `offsets` and `scaled` begin where the first key of the last row adds."""
    width = a.shape[1]
    a0, a1, a2, a3 = a[0], a[1], a[2], a[3]
    for k in range(width):
        column_sum[k] += (a0[k] + a1[k]) + (a2[k] + a3[k])
    u0, u1, u2, u3 = scale[0], scale[1], scale[2], scale[3]
    b1, b2, b3, o, w = a1[1:], a2[2:], a3[3:], offsets[3:], scaled[3:]
    for k in range(width - 3):
        x0, x1, x2, x3 = a0[k], b1[k], b2[k], b3[k]
        o[k] += (x0 + x1) + (x2 + x3)
        w[k] += (x0 * u0 + x1 * u1) + (x2 * u2 + x3 * u3)
    for i in range(4):
        for k in range(i):
            offsets[3 - i + k] += a[i, k]
            scaled[3 - i + k] += a[i, k] * scale[i]
        for k in range(width - 3 + i, width):
            offsets[3 - i + k] += a[i, k]
            scaled[3 - i + k] += a[i, k] * scale[i]


@njit(inline="always", fastmath=True)
def _rows_of_one_phone(i, rows, q, start_t, phone_i):
    """Return how many rows from `i` on, at most four, have one phone each, the same."""
    count, begin = 0, start_t[q + i]
    while count < min(4, rows - i):
        entry = start_t[q + i + count]
        if start_t[q + i + count + 1] - entry != 1 or phone_i[entry] != phone_i[begin]:
            break
        count += 1
    return count


@njit(inline="always", fastmath=True)
def _add_rows_of_one_phone(rows, share_i, mass):
    """Add one, two or four rows, weighted by the share of their query that has the phone."""
    if len(rows) == 4:
        a, b, c, d = rows[0], rows[1], rows[2], rows[3]
        t, u, v, w = share_i[0], share_i[1], share_i[2], share_i[3]
        for k in range(len(mass)):
            mass[k] += (a[k] * t + b[k] * u) + (c[k] * v + d[k] * w)
    elif len(rows) == 2:
        a, b, u, v = rows[0], rows[1], share_i[0], share_i[1]
        for k in range(len(mass)):
            mass[k] += a[k] * u + b[k] * v
    else:
        a, u = rows[0], share_i[0]
        for k in range(len(mass)):
            mass[k] += a[k] * u


@njit(inline="always", fastmath=True)
def _add_label_rows(weights, q, first, start_t, phone_i, share_i, mass_yt):
    """Add each row to the row of its query's phones; two or four successive rows of one phone in one loop."""
    i, stop = 0, first + weights.shape[1]
    while i < weights.shape[0]:
        count = _rows_of_one_phone(i, weights.shape[0], q, start_t, phone_i)
        together = 4 if count == 4 else 2 if count >= 2 else 1
        last = start_t[q + i + 1] if together == 1 else start_t[q + i] + 1
        for j in range(start_t[q + i], last):
            _add_rows_of_one_phone(weights[i : i + together], share_i[j:], mass_yt[phone_i[j], first:stop])
        i += together


@njit(inline="always", fastmath=True)
def _sum_label_keys(mass_yt, start_t, phone_i, share_i, mass_yy):
    """Add the mass on each frame to the phones of the frame."""
    for y in range(mass_yt.shape[0]):
        mass, total = mass_yt[y], mass_yy[y]
        for k in range(len(mass)):
            for j in range(start_t[k], start_t[k + 1]):
                total[phone_i[j]] += float64(mass[k]) * float64(share_i[j])


@njit(inline="always", fastmath=True)
def _add_own_runs(weights, q, first, start_t, run_i, share_i, run_z, share_k, own_y):
    """Add the weights from the run of each query to the same run; `run_z` is its first and last frame, phone, place."""
    stop = first + weights.shape[1]
    for i in range(weights.shape[0]):
        for j in range(start_t[q + i], start_t[q + i + 1]):
            begin, end, phone, place = run_z[run_i[j]]
            mass = f32(0)
            for k in range(max(begin, first), min(end, stop)):
                mass += weights[i, k - first] * share_k[place + k - begin]
            own_y[phone] += mass * share_i[j]


@njit(inline="always", fastmath=True)
def _weigh_rows(S, bias_qk, first, keys, radius, row_entropy, row_max):
    """Turn the scores of the queries from `first` on into weights; return the number of rows without a key."""
    masked, no_bias, lanes = 0, np.empty(0, f32), np.empty(LANES, f32)
    for i in range(S.shape[0]):
        _mask_row(S[i], bias_qk[first + i, keys:] if bias_qk.size else no_bias, first + i, keys, radius)
        factor = _softmax_row(S[i], first + i, row_entropy, row_max, lanes)
        masked += factor == 0
        for k in range(S.shape[1]):
            S[i, k] *= factor
    return masked


@njit(inline="always", fastmath=True)
def _add_rows(S, first, scale_t, column_sum, offsets, scaled):
    """Add the weights of the queries from `first` on; `offsets` and `scaled` end at the first key's greatest offset."""
    for i in range(0, S.shape[0], 4):
        q, rest = first + i, min(4, S.shape[0] - i)
        if rest == 4 and S.shape[1] >= 4:
            base = len(scale_t) - 4 - q
            _add_four_rows(S[i : i + 4], scale_t[q : q + 4], column_sum, offsets[base:], scaled[base:])
        else:
            for j in range(q, q + rest):
                base = len(scale_t) - 1 - j
                _add_row(S[j - first], scale_t[j], column_sum, offsets[base:], scaled[base:])


def _attend_heads(limits, states, bias_hqk, labels, sums):
    """Write the context of some heads, and add to their reductions; see `row_kernel.attend_in_rows`."""
    first_head, last_head, radius = limits
    query_hqd, key_hkd, value_hkd, context_hqd = states
    has_labels, has_runs, places, shares, run_z = labels
    (entropy_ht, max_ht, column_ht, offset_hj, scaled_hj), mass_hyy, own_hy, masked_h = sums
    T = query_hqd.shape[1]
    scores, context = np.empty(BLOCK * T, f32), np.empty((BLOCK, value_hkd.shape[2]), f32)
    scale_t, mass_yt = np.empty(T, f32), np.empty((mass_hyy.shape[1], T), f32)
    for t in range(T):
        scale_t[t] = f32(1) / f32(max(t, T - 1 - t, 1))
    for h in range(first_head, last_head):
        bias_qk = bias_hqk[h] if bias_hqk.size else bias_hqk[:, :, 0]
        mass_yt[:] = 0
        for a in range(0, T, BLOCK):
            b, lo, hi = min(T, a + BLOCK), max(0, a - radius), min(T, a + BLOCK + radius)
            S = scores[: (b - a) * (hi - lo)].reshape(b - a, hi - lo)
            np.dot(query_hqd[h, a:b], key_hkd[h, lo:hi].T, S)
            masked_h[h] += _weigh_rows(S, bias_qk, a, lo, radius, entropy_ht[h], max_ht[h])
            _add_rows(S, a, scale_t, column_ht[h, lo:], offset_hj[h, lo:], scaled_hj[h, lo:])
            if has_labels:
                _add_label_rows(S, a, lo, places[0], places[1], shares[0], mass_yt)
            if has_runs:
                _add_own_runs(S, a, lo, places[2], places[3], shares[1], run_z, shares[2], own_hy[h])
            np.dot(S, value_hkd[h, lo:hi], context[: b - a])
            context_hqd[h, a:b] = context[: b - a]
        _sum_label_keys(mass_yt, places[0], places[1], shares[0], mass_hyy[h])


_rows, _maps, _places = float32[:, ::1], float32[:, :, ::1], int64[::1]
SIGNATURE = void(
    types.UniTuple(int64, 3),  # first head, last head, radius
    types.UniTuple(_maps, 4),  # query, key, value, context
    float32[:, :, :],  # bias, or nothing
    types.Tuple(
        (
            boolean,  # whether the mass of phones is requested
            boolean,  # whether the mass of own runs is requested
            types.UniTuple(_places, 4),  # where each frame's entries begin and their phones; the same of its runs
            types.UniTuple(float32[::1], 3),  # shares of these phones, of these runs, and of the keys of runs
            int64[:, ::1],  # first frame, end, phone, and first place in the shares of each run
        )
    ),
    types.Tuple(
        (
            types.UniTuple(_rows, 5),  # entropy, maximum, column sums, offsets, scaled offsets
            float64[:, :, ::1],  # mass of phones on phones
            _rows,  # mass of own runs
            _places,  # number of rows that attend to nothing
        )
    ),
)


def _jit(cache: bool):
    return njit(nogil=True, fastmath=True, error_model="numpy", cache=cache)(_attend_heads)


try:
    attend_heads = _jit(cache=True)
except RuntimeError:  # no folder for compiled code can be written
    attend_heads = _jit(cache=False)
