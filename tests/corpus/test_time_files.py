"""Times become files that Praat and scoring tools read."""

from praatio import textgrid

from otoscope.corpus.labels import Interval
from otoscope.corpus.praat import parse_grid
from otoscope.corpus.time_files import IntervalTier, PointTier, ctm, text_grid

WORDS = [Interval("she", 0.25, 0.5), Interval('"had"', 0.5 + 1e-9, 0.75), Interval("", 2.0, 2.5)]


def written(tiers, tmp_path):
    path = tmp_path / "a.TextGrid"
    path.write_text(text_grid(tiers, 3.0), encoding="utf-8")
    return textgrid.openTextgrid(str(path), includeEmptyIntervals=True)


def test_gaps_become_empty_intervals_and_rounding_makes_none(tmp_path):
    entries = written([IntervalTier("words", WORDS)], tmp_path).getTier("words").entries
    spans = [(0, 0.25, ""), (0.25, 0.5, "she"), (0.5, 0.75, '"had"'), (0.75, 2, ""), (2, 2.5, ""), (2.5, 3, "")]
    assert [tuple(entry) for entry in entries] == spans


def test_a_tier_without_labels_is_one_empty_interval(tmp_path):
    assert [tuple(entry) for entry in written([IntervalTier("words", [])], tmp_path).getTier("words").entries] == [
        (0, 3, "")
    ]


def test_points_have_time_and_mark_next_to_intervals(tmp_path):
    grid = written([IntervalTier("words", WORDS), PointTier('a "b"', [(1.5, "0.250")])], tmp_path)
    assert [tuple(point) for point in grid.getTier('a "b"').entries] == [(1.5, "0.250")]


def test_the_package_reads_what_it_writes():
    [tier] = parse_grid(text_grid([PointTier("points", [(1.0, "a")]), IntervalTier("words", WORDS)], 3.0)).tiers
    assert [interval.symbol for interval in tier.intervals] == ["she", '"had"']


def test_spaces_of_an_id_do_not_add_columns_to_ctm():
    lines = ctm("a  b", [(Interval("s", 0.0, 0.25), 1.0), (Interval("t", 0.25, 1.0), 0.5)]).splitlines()
    assert lines == ["a_b 1 0.000 0.250 s 1.000", "a_b 1 0.250 0.750 t 0.500"]
