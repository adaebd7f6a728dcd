"""Boundaries by transition: their sums are the strict counts, and slow code by hand confirms each number."""

from itertools import pairwise

import numpy as np
import pytest
from tests.helpers.example_segmentation import segmentation_dataset

from otoscope.segmentation.boundaries import count_boundaries, inner_boundaries, strict_matches
from otoscope.segmentation.kernel_gram_detector import local_minima
from otoscope.segmentation.score_sum import minima_with_depths
from otoscope.segmentation.transition_table import MIN_REFERENCES, frequent_transitions, transition_table
from otoscope.segmentation.transitions import ScoredUtterance, boundary_transitions, build_transitions, phone_classes

SYMBOLS = ("h#", "tcl", "t", "iy", "s", "n")
METHODS = ("MFCC", "ensemble")


@pytest.fixture(scope="module")
def utterances():
    """Utterances of four speakers with random phones, gaps between some of them, and two methods' boundaries."""
    generator = np.random.default_rng(0)
    return [_utterance(generator, f"u{place}", "abcd"[place % 4]) for place in range(12)]


def _utterance(generator, id, speaker):
    edges = np.cumsum(generator.uniform(0.02, 0.1, 40)).round(3).tolist()
    phones = [(str(generator.choice(SYMBOLS)), *span) for span in pairwise(edges)]
    with_gap = [phone for place, phone in enumerate(phones) if place % 9 != 4]
    times = [np.sort(generator.choice(edges, 25, replace=False)) + generator.uniform(0, 0.03) for _ in METHODS]
    return ScoredUtterance(id, speaker, with_gap, times)


@pytest.fixture(scope="module")
def transitions(utterances):
    return build_transitions(METHODS, utterances, 0.02)


def counts_of(dataset, method, transition="all"):
    return dataset["transition_counts"].sel(segmenter=method, transition=transition).values.tolist()


def reference_of(own):
    return inner_boundaries((start, end) for _, start, end in own.phones)


def test_all_transitions_together_are_the_strict_counts(utterances, transitions):
    for place, method in enumerate(METHODS):
        counts = [count_boundaries(reference_of(own), own.times[place]) for own in utterances]
        expected = [sum(getattr(count, name) for count in counts) for name in ("reference", "predicted", "hits")]
        assert counts_of(transitions, method)[:3] == expected
    single = transitions["transition_counts"].isel(transition=slice(1, None)).sum("transition")
    np.testing.assert_array_equal(single, transitions["transition_counts"].isel(transition=0))


def test_a_slow_count_of_one_transition_gives_the_same(utterances, transitions):
    """Each reference boundary in a loop: the classes on its sides, the boundaries nearest to it, and the matches."""
    expected = {method: [0, 0, 0, 0] for method in METHODS}
    for own in utterances:
        reference = reference_of(own)
        for time in reference:
            before = [s for s, start, end in own.phones if start < time - 1e-5 < end]
            after = [s for s, start, end in own.phones if start < time + 1e-5 < end]
            if before != ["iy"] or after != ["s"]:
                continue
            found = []
            for method, times in zip(METHODS, own.times, strict=True):
                nearest = [t for t in times if reference[np.argmin(np.abs(reference - t))] == time]
                found.append(any(abs(t - time) <= 0.02 + 1e-6 for t in nearest))
                row = [1, len(nearest), found[-1], found[-1] and not found[0]]
                expected[method] = [a + b for a, b in zip(expected[method], row, strict=True)]
    for method in METHODS:
        assert expected[method][0] > 0
        assert counts_of(transitions, method, "vowel → fricative") == expected[method]


def test_a_gap_between_labels_is_silence_and_an_unknown_symbol_is_other():
    phones = [("iy", 0.0, 0.1), ("!", 0.1, 0.2), ("s", 0.3, 0.4)]
    classes = phone_classes([symbol for symbol, _, _ in phones])
    assert boundary_transitions(phones, classes).tolist() == ["vowel → other", "other → silence", "silence → fricative"]


def test_an_utterance_of_one_phone_has_no_transition():
    only = ScoredUtterance("u", "a", [("iy", 0.0, 0.5)], [np.array([0.2])])
    dataset = build_transitions(["MFCC"], [only], 0.02)
    assert dataset["transition"].values.tolist() == ["all"]
    assert dataset["transition_scores"].isnull().all()


def test_gains_are_differences_from_mfcc_and_a_method_equal_to_it_has_none(utterances):
    same = [ScoredUtterance(own.id, own.speaker, own.phones, [own.times[0]] * 2) for own in utterances]
    dataset = build_transitions(METHODS, same, 0.02)
    assert (dataset["transition_gain"].fillna(0) == 0).all()
    assert (dataset["transition_counts"].sel(transition_count="alone") == 0).all()


def test_the_matches_of_an_utterance_are_as_many_as_strict_counting_counts(utterances):
    for own in utterances:
        matches = strict_matches(reference_of(own), own.times[0])
        matched = matches[matches >= 0]
        assert len(np.unique(matched)) == len(matched) == count_boundaries(reference_of(own), own.times[0]).hits


def test_minima_with_depths_are_the_local_minima():
    score = np.random.default_rng(0).integers(0, 5, 2000)
    np.testing.assert_array_equal(minima_with_depths(score)[0], local_minima(score))


def test_the_table_has_the_frequent_transitions_and_fits():
    dataset = segmentation_dataset(utterances=6)
    text = transition_table(dataset)
    shown = frequent_transitions(dataset)
    rare = dataset["transition_counts"].sel(transition_count="reference").isel(segmenter=0) < MIN_REFERENCES
    assert shown.sizes["transition"] == dataset.sizes["transition"] - int(rare.sum())
    assert all(f"{name} " in text for name in shown["transition"].values)
    assert max(map(len, text.splitlines())) <= 100


def test_the_run_has_the_transitions_of_its_test_part(segmented):
    strict = (
        segmented.dataset["counts"].sel(mode="strict").sum("utterance").sel(count=["reference", "predicted", "hits"])
    )
    together = segmented.dataset["transition_counts"].sel(transition="all").isel(transition_count=slice(3))
    np.testing.assert_array_equal(together, strict)
