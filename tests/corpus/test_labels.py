"""Labels that reach a cut are in order, apart and within the audio; anything else is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otoscope.corpus.labels import Interval, fit_labels
from otoscope.errors import InputError

DURATION_MS = 100
FRAME_MS = 10

labels_in_ms = st.lists(st.tuples(st.integers(-5, 115), st.integers(-5, 115)), max_size=4)


def is_fine(labels: list[tuple[int, int]]) -> bool:
    """The rule in whole milliseconds, one label and one pair at a time."""
    one_by_one = all(0 <= start < end <= DURATION_MS + FRAME_MS for start, end in labels)
    in_pairs = all(
        not set(range(*first)) & set(range(*second)) for i, first in enumerate(labels) for second in labels[i + 1 :]
    )
    return one_by_one and in_pairs


@given(labels_in_ms)
@example([(0, 50), (50, 110)])
@example([(0, 50), (49, 90)])
@example([(0, 50), (50, 111)])
def test_labels_are_refused_exactly_where_the_slow_rule_refuses_them(labels: list[tuple[int, int]]) -> None:
    intervals = [Interval(str(i), start / 1000, end / 1000) for i, (start, end) in enumerate(labels)]
    try:
        fitted = fit_labels(intervals, DURATION_MS / 1000, "labels")
    except InputError:
        assert not is_fine(labels)
        return
    assert is_fine(labels)
    expected = sorted((start, min(end, DURATION_MS)) for start, end in labels if start < DURATION_MS)
    assert [(round(label.start * 1000), round(label.end * 1000)) for label in fitted] == expected


def test_gaps_between_labels_stay_gaps() -> None:
    apart = [Interval("a", 0.1, 0.2), Interval("b", 0.5, 0.6)]
    assert fit_labels(apart, 1.0, "labels") == apart


def test_words_may_share_a_phone_where_overlap_is_allowed() -> None:
    words = [Interval("had", 0.1, 0.5), Interval("your", 0.4, 0.8)]
    assert fit_labels(words, 1.0, "words", overlap=True) == words


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        (Interval("aa", 0.5, 0.5), "end after they start, got 'aa' (0.500 to 0.500 s)"),
        (Interval("aa", 0.5, 0.4), "end after they start, got 'aa' (0.500 to 0.400 s)"),
        (Interval("aa", -0.1, 0.4), "start at 0 or later"),
        (Interval("aa", float("nan"), 0.4), "start at 0 or later"),
        (Interval("aa", 0.5, 1.02), "within the audio's 1.000 s, got 'aa' (0.500 to 1.020 s)"),
        (Interval("aa", 0.5, float("inf")), "within the audio's 1.000 s"),
    ],
)
def test_a_refused_label_is_named_with_its_times(interval: Interval, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        fit_labels([interval], 1.0, "phones of u1")
    assert str(refusal.value).startswith("phones of u1: ")
    assert message in str(refusal.value)


def test_overlapping_labels_are_both_named() -> None:
    with pytest.raises(InputError, match=r"do not overlap, got 'a' \(0.000 to 0.500 s\) and 'b' \(0.400 to 0.900 s\)"):
        fit_labels([Interval("a", 0.0, 0.5), Interval("b", 0.4, 0.9)], 1.0, "phones of u1")
