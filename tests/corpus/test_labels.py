"""Labels that reach a cut are in order, apart and within the audio; each other one is reported."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from otoscope.corpus.labels import Interval, check_grid, fit_labels

DURATION_MS = 100
FRAME_MS = 10

labels_in_ms = st.lists(st.tuples(st.integers(-5, 115), st.integers(-5, 115)), max_size=4)


def slow_rule(labels: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the labels that are used, in whole milliseconds, one label at a time."""
    if any(end > DURATION_MS + FRAME_MS for _, end in labels):
        return []
    used: list[tuple[int, int]] = []
    for start, end in sorted(labels):
        if 0 <= start < end and (not used or not set(range(start, end)) & set(range(*used[-1]))):
            used.append((start, end))
    return [(start, min(end, DURATION_MS)) for start, end in used if start < DURATION_MS]


@given(labels_in_ms)
@example([(0, 50), (50, 110)])
@example([(0, 50), (49, 90)])
@example([(0, 50), (50, 111)])
@example([(-5, 50), (50, 50), (60, 90)])
def test_the_labels_used_are_those_of_the_slow_rule_and_each_other_is_reported(labels: list[tuple[int, int]]) -> None:
    intervals = [Interval(str(i), start / 1000, end / 1000) for i, (start, end) in enumerate(labels)]
    fitted = fit_labels(intervals, DURATION_MS / 1000)
    used = [(round(label.start * 1000), round(label.end * 1000)) for label in fitted.intervals]
    assert used == slow_rule(labels)
    past = [label for label in labels if DURATION_MS <= label[0] < label[1] <= DURATION_MS + FRAME_MS]
    if all(end <= DURATION_MS + FRAME_MS for _, end in labels) and not past:
        assert len(fitted.problems) == len(labels) - len(used)


def test_gaps_between_labels_stay_gaps() -> None:
    apart = [Interval("a", 0.1, 0.2), Interval("b", 0.5, 0.6)]
    assert fit_labels(apart, 1.0) == (apart, [])


def test_words_may_share_a_phone_where_overlap_is_allowed() -> None:
    words = [Interval("had", 0.1, 0.5), Interval("your", 0.4, 0.8)]
    assert fit_labels(words, 1.0, overlap=True) == (words, [])


@pytest.mark.parametrize(
    ("interval", "message"),
    [
        (Interval("aa", 0.5, 0.5), "end after they start, found 'aa' (0.500 to 0.500 s)"),
        (Interval("aa", 0.5, 0.4), "end after they start, found 'aa' (0.500 to 0.400 s)"),
        (Interval("aa", -0.1, 0.4), "start at 0 or later"),
        (Interval("aa", float("nan"), 0.4), "start at 0 or later"),
        (Interval("", 0.1, 0.4), "expected a symbol, found an empty label (0.100 to 0.400 s)"),
        (Interval("aa", 0.45, 0.55), "do not overlap, found 'aa' (0.450 to 0.550 s) over 'good' (0.400 to 0.480 s)"),
    ],
)
def test_a_bad_label_costs_that_label_and_is_named_with_its_times(interval: Interval, message: str) -> None:
    good = Interval("good", 0.4, 0.48)
    fitted = fit_labels([interval, good], 1.0)
    assert fitted.intervals == [good]
    assert len(fitted.problems) == 1
    assert message in fitted.problems[0]


@pytest.mark.parametrize("end", [1.02, float("inf")])
def test_labels_that_end_after_the_audio_are_of_other_audio(end: float) -> None:
    fitted = fit_labels([Interval("a", 0.0, 0.5), Interval("b", 0.5, end)], 1.0)
    assert fitted.intervals == []
    assert "expected labels within the audio's 1.000 s, found 'b'" in fitted.problems[0]


@pytest.mark.parametrize(
    ("start", "end", "belongs"),
    [
        (0.0, 1.0, True),
        (0.0, 1.04, True),
        (0.04, 1.0, True),
        (-0.1, 1.0, True),
        (0.0, 0.5, False),
        (0.0, 3.0, False),
        (0.5, 1.0, False),
        (5.0, 6.0, False),
    ],
)
def test_a_grid_belongs_to_audio_that_starts_and_ends_where_it_does(start: float, end: float, belongs: bool) -> None:
    assert (check_grid(start, end, 1.0) is None) == belongs
