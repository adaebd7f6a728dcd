"""Each statistic and its reference on one 3 x 3 map, against numbers computed by hand.

A = | 1    0    0   |      row entropies: 0, ln 2, 1.5 ln 2
    | 1/2  1/2  0   |      column means: 7/12, 3/12, 2/12
    | 1/4  1/4  1/2 |      distances: row 1: 1/2; row 2: 2/4 + 1/4 = 3/4; all: 5/4
"""

import math
from math import log

import numpy as np
import pytest
import torch

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.statistics import STATISTICS, available_statistics

A = torch.tensor([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]], dtype=torch.float64)

PHONES = ["sil", "aa"]

BY_HAND = {
    "globalness": 2.5 * log(2) / 3,  # (0 + ln 2 + 1.5 ln 2) / 3
    "verticality": 7 / 12 * log(7 / 12) + 3 / 12 * log(3 / 12) + 2 / 12 * log(2 / 12),
    "diagonality": -5 / 36,  # 5/4 over T^2 = 9
    "weight": 1.0,
    "normalised_diagonality": 2.125 / 3,  # rows: 1 - 0/2, 1 - (1/2)/1, 1 - (3/4)/2
    "cumulative_diagonality": 19 / 24,  # half a step at 2/3 of the mass, half at 11/12
    "normalised_entropy": 2.5 * log(2) / (3 * log(3)),
    "relative_verticality": (7 / 12 * log(7 / 12) + 3 / 12 * log(3 / 12) + 2 / 12 * log(2 / 12)) / log(3),
    "relative_diagonality": -15 / 32,  # mean distance 5/12 over 8/9 of uniform attention
    # offsets 0, -1, -2 have 2/3, 1/4, 1/12; of uniform attention 3/9, 2/9, 1/9
    "offset_divergence": 2 / 3 * log(2) + 1 / 4 * log(9 / 8) + 1 / 12 * log(3 / 4),
    "sink_share": 0,  # no frame of three can draw ten times a third
    "sink_edge_share": 0,
}


def kernel_value(name: str) -> np.ndarray:
    """The statistic of the map above by the kernel: with equal scores, a bias of ln A gives A itself."""
    statistic = STATISTICS.get(name)
    zero = torch.zeros(1, 1, 3, 1, dtype=torch.float64)
    _, [reductions] = attend(zero, zero, zero, AttentionOptions(scaling=1.0, bias=A.log(), needs=statistic.requires))
    return statistic.compute(reductions)[0].numpy()


@pytest.mark.parametrize("name", BY_HAND)
def test_scalars(name: str) -> None:
    assert kernel_value(name) == pytest.approx(BY_HAND[name], rel=1e-12)
    assert STATISTICS.get(name).reference(A.numpy()) == pytest.approx(BY_HAND[name], rel=1e-12)


def test_span_mass() -> None:
    by_hand = [2 / 3, 11 / 12, 1, 1, 1, 1, 1, 1]  # the frame itself; one frame to each side; all
    np.testing.assert_allclose(kernel_value("span_mass"), by_hand, atol=1e-15)
    np.testing.assert_allclose(STATISTICS.get("span_mass").reference(A.numpy()), by_hand, atol=1e-15)


@pytest.mark.parametrize(("sink", "share", "at_edge"), [(0, 0.9, 0.9), (5, 0.9, 0), (11, 0.9, 0.9), (None, 0, 0)])
def test_sinks(sink: int | None, share: float, at_edge: float) -> None:
    """Of twelve frames all attend to one for nine tenths, and to the next for the rest; or each to itself."""
    attention = np.eye(12) if sink is None else np.tile(0.9 * np.eye(12)[sink] + 0.1 * np.eye(12)[sink - 1], (12, 1))
    zero = torch.zeros(1, 1, 12, 1, dtype=torch.float64)
    bias = torch.from_numpy(attention).log()
    _, [reductions] = attend(zero, zero, zero, AttentionOptions(scaling=1.0, bias=bias, needs={"column_sum"}))
    for name, expected in (("sink_share", share), ("sink_edge_share", at_edge)):
        statistic = STATISTICS.get(name)
        assert statistic.compute(reductions)[0].item() == pytest.approx(expected, abs=1e-12)
        assert statistic.reference(attention) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ([0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0.9),  # the sink, frame 1, is silent
        ([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], 0.0),  # silence is elsewhere
        ([1] * 12, math.nan),  # no silence
        ([-1] * 12, math.nan),  # no labels
    ],
)
def test_sinks_in_silence(phones: list[int], expected: float) -> None:
    """Of twelve frames all give nine tenths to frame 1."""
    attention = np.tile(0.9 * np.eye(12)[1] + 0.1 * np.eye(12)[7], (12, 1))
    statistic = STATISTICS.get("sink_silence_share").for_phones(PHONES)
    zero, spoken = torch.zeros(1, 1, 12, 1, dtype=torch.float64), Labels(torch.tensor(phones)[:, None], 2)
    bias = torch.from_numpy(attention).log()
    _, [reductions] = attend(
        zero, zero, zero, AttentionOptions(scaling=1.0, bias=bias, needs=statistic.requires, labels=[spoken])
    )
    assert statistic.compute(reductions)[0].item() == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert statistic.reference(attention, spoken.phone_tr.numpy(), PHONES) == pytest.approx(expected, nan_ok=True)


def test_a_sink_that_is_silent_for_half_a_frame_counts_half() -> None:
    attention = np.tile(np.eye(12)[3], (12, 1))
    phone_tr = np.array([[1, 1]] * 3 + [[0, 1]] + [[1, 1]] * 8)
    assert STATISTICS.get("sink_silence_share").for_phones(PHONES).reference(attention, phone_tr, PHONES) == 0.5


def test_offset_profile() -> None:
    by_hand = np.zeros(101)
    by_hand[50] = 2 / 3  # the frame itself: (1 + 1/2 + 1/2) / 3
    by_hand[49] = 1 / 4  # one frame back: (1/2 + 1/4) / 3
    by_hand[48] = 1 / 12  # two frames back: 1/4 / 3
    np.testing.assert_allclose(kernel_value("offset_profile"), by_hand, atol=1e-15)
    np.testing.assert_allclose(STATISTICS.get("offset_profile").reference(A.numpy()), by_hand, atol=1e-15)
    assert by_hand.sum() == pytest.approx(1)


def test_one_frame_is_its_own_diagonal() -> None:
    values = {name: float(np.max(STATISTICS.get(name).reference(np.ones((1, 1))))) for name in available_statistics()}
    expected = {"globalness": 0, "verticality": 0, "diagonality": 0, "weight": 1, "normalised_diagonality": 1}
    assert values | expected == values
