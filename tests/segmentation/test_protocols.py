"""Counts by each protocol; that of phone-metrics equals the package where it is installed."""

import importlib.util
from itertools import pairwise

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries
from otoscope.segmentation.protocols import (
    PROTOCOLS,
    check_protocol,
    count_by_protocol,
    counts_of_rows,
    one_to_one,
    reference_boundaries,
)

PHONES = [
    ("h#", 0.0, 0.10),
    ("dcl", 0.10, 0.14),
    ("d", 0.14, 0.16),
    ("iy", 0.16, 0.30),
    ("pau", 0.30, 0.33),
    ("epi", 0.33, 0.36),
    ("tcl", 0.36, 0.40),
    ("s", 0.40, 0.50),
    ("h#", 0.50, 0.60),
]
PREDICTED = np.array([0.02, 0.095, 0.105, 0.17, 0.29, 0.34, 0.37, 0.41, 0.52])


def test_closures_and_silences_are_joined_and_outer_silence_is_cut_off():
    """A closure before another sound stays; the edges of speech are boundaries."""
    assert reference_boundaries(PHONES, "phone-metrics").tolist() == [0.10, 0.16, 0.30, 0.36, 0.40, 0.50]
    assert reference_boundaries(PHONES, "strict").tolist() == [0.10, 0.14, 0.16, 0.30, 0.33, 0.36, 0.40, 0.50]


def test_a_gap_between_labels_is_silence():
    phones = [("", 0.0, 0.1), ("a", 0.1, 0.2), ("b", 0.3, 0.4)]
    assert reference_boundaries(phones, "phone-metrics").tolist() == [0.1, 0.2, 0.3, 0.4]
    assert reference_boundaries([("sil", 0.0, 1.0)], "phone-metrics").tolist() == []


def test_each_boundary_is_matched_once():
    assert one_to_one(np.array([0.10, 0.13]), np.array([0.115]), 0.020) == 1
    assert one_to_one(np.array([0.115]), np.array([0.10, 0.13]), 0.020) == 1
    assert one_to_one(np.array([0.10, 0.13]), np.array([0.115, 0.12]), 0.020) == 2


def test_strict_and_lenient_counts_are_those_of_count_boundaries():
    reference = reference_boundaries(PHONES, "strict")
    for protocol in ("strict", "lenient"):
        expected = count_boundaries(reference, PREDICTED, 0.020, strict=protocol == "strict")
        assert count_by_protocol(PHONES, PREDICTED, 0.020, protocol) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_counts_of_many_segmentations_are_those_of_each_alone(protocol):
    rows = np.array([0] * 4 + [2] * 5)
    counts = counts_of_rows(PHONES, (rows, PREDICTED), 3, 0.020, protocol)
    for row in range(3):
        alone = count_by_protocol(PHONES, PREDICTED[rows == row], 0.020, protocol)
        assert BoundaryCounts(*counts[row].tolist()) == alone


def test_an_unknown_protocol_is_refused():
    with pytest.raises(InputError, match="expected the protocol strict, lenient, phone-metrics, found loose"):
        check_protocol("loose")


@pytest.mark.skipif(not importlib.util.find_spec("phone_metrics"), reason="the package phone-metrics is not installed")
def test_counts_equal_those_of_the_package():
    """Drawn labels and predictions: closures, pauses, and predictions near several references."""
    from phone_metrics import PrecisionRecallMetric, boundary_secs
    from phone_metrics.timit import TIMIT_TO_IPA, Seg, merge_adjacent_silence, merge_stop_closures

    generator, metric, total = np.random.default_rng(0), PrecisionRecallMetric(0.020), BoundaryCounts()
    symbols = ["h#", "pau", "tcl", "t", "dcl", "d", "jh", "iy", "s", "epi"]
    for _ in range(100):
        times = np.cumsum(generator.choice([0.01, 0.03, 0.08], size=30))
        names = generator.choice(symbols, size=29)
        phones = [(str(name), *span) for name, span in zip(names, pairwise(times), strict=True)]
        predicted = np.unique(generator.uniform(times[0], times[-1], size=25).round(3))
        segments = [Seg(start, end, symbol, TIMIT_TO_IPA[symbol]) for symbol, start, end in phones]
        reference = boundary_secs(merge_adjacent_silence(merge_stop_closures(segments)))
        np.testing.assert_array_equal(reference_boundaries(phones, "phone-metrics"), reference)
        metric.update(reference, predicted)
        total += count_by_protocol(phones, predicted, 0.020, "phone-metrics")
    scores, expected = total.scores(), metric.compute()
    names = {
        "precision": "precision",
        "recall": "recall",
        "f1": "f1",
        "over_seg": "over_segmentation",
        "rval": "r_value",
    }
    for name, own in names.items():
        assert getattr(scores, own) == pytest.approx(expected[name], abs=1e-8)
