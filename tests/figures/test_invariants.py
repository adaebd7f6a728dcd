"""What holds for every figure that is found, in both themes, for small and large models."""

import itertools
from unittest.mock import patch

import matplotlib
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from tests.helpers.figure_sizes import CASES

from otoscope.figures import FIGURES, THEMES

pytestmark = pytest.mark.slow

SMALLEST_PT = 7.0
COLUMN_PT, FULL_PAGE_PT = 85 / 25.4 * 72, (181 / 25.4 * 72, 252 / 25.4 * 72)
TOUCHING = 1.5  # points by which the boxes of two lines may overlap: ascenders and descenders that are mostly empty


def drawn(name, dataset, theme="light"):
    figure = FIGURES.get(name).draw(dataset, THEMES[theme])
    FigureCanvasAgg(figure)
    figure.set_dpi(100)
    return figure


def texts(figure):
    """Every text that is drawn, with its box (left, bottom, right, top) in points."""
    with patch.object(Text, "draw", autospec=True, side_effect=Text.draw) as draw:
        figure.canvas.draw()
    seen = [call.args[0] for call in draw.call_args_list if call.args[0].get_text().strip()]
    return [(text, text.get_window_extent().extents * 72 / figure.dpi) for text in seen if text.get_visible()]


def overlap(a, b):
    """Smaller side of what two boxes share; not above zero where they share nothing."""
    return min(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_page_fits_print_and_no_text_touches_another_leaves_it_or_is_too_small(name, size, dataset_for):
    """Between one column and one A4 page; every text at 7 pt or more, inside, and apart from every other."""
    figure = drawn(name, dataset_for(name, size))
    width, height = 72 * figure.get_size_inches()
    assert COLUMN_PT <= width <= FULL_PAGE_PT[0]
    assert height <= FULL_PAGE_PT[1]
    found = texts(figure)
    for text, (left, bottom, right, top) in found:
        assert left >= 0, text
        assert bottom >= 0, text
        assert right <= width, text
        assert top <= height, text
        assert text.get_fontsize() >= SMALLEST_PT, text
    for (text, box), (other, other_box) in itertools.combinations(found, 2):
        assert overlap(box, other_box) <= TOUCHING, f"{text.get_text()!r} overlaps {other.get_text()!r}"


@pytest.mark.parametrize("name", FIGURES.names())
def test_long_names_are_shortened_to_the_page(name, dataset_for):
    dataset = dataset_for(name, "2x2").assign_attrs(
        model="someone-else/a-very-large-speech-model" + "-with-a-very-long-name" * 6 + "-and-a-date-2026-11-21",
        utterance="train-clean-360/a-speaker-with-a-name/a-chapter-with-a-title/an-utterance-with-words-000017",
    )
    figure = drawn(name, dataset)
    right = max(box[2] for _, box in texts(figure))
    assert right <= 72 * figure.get_size_inches()[0]
    assert any("…" in text.get_text() for text, _ in texts(figure))


@pytest.mark.parametrize("name", FIGURES.names())
def test_synthetic_speech_is_called_synthetic(name, dataset_for):
    dataset = dataset_for(name, "2x2")
    assert any("synthetic speech" in text.get_text() for text, _ in texts(drawn(name, dataset)))
    real = dataset.assign_attrs(synthetic=False)
    assert not any("synthetic" in text.get_text() for text, _ in texts(drawn(name, real)))


@pytest.mark.parametrize("name", FIGURES.names())
def test_a_figure_takes_its_colours_from_the_theme_alone(name, dataset_for):
    """The settings of a notebook do not change a theme, and the theme does not change the settings."""
    dataset = dataset_for(name, "2x2")
    with matplotlib.rc_context({"text.color": "red", "font.size": 30, "axes.facecolor": "yellow"}):
        figure = drawn(name, dataset, "dark")
        assert matplotlib.rcParams["font.size"] == 30
    assert matplotlib.colors.to_hex(figure.get_facecolor()) == THEMES["dark"].surface
    assert all(text.get_fontsize() <= 9 and text.get_color() != "red" for text, _ in texts(figure))


@pytest.mark.parametrize("name", FIGURES.names())
def test_every_figure_says_what_it_is(name):
    spec = FIGURES.get(name)
    assert spec.name == name
    assert len(spec.doc) > 20
    assert spec.variables


def test_the_overlap_check_sees_an_overlap(dataset_of_size):
    figure = drawn("atlas", dataset_of_size("2x2"))
    heading = figure.texts[0]
    figure.text(*heading.get_position(), heading.get_text(), va="top")
    worst = max(overlap(a, b) for (_, a), (_, b) in itertools.combinations(texts(figure), 2))
    assert worst > TOUCHING
