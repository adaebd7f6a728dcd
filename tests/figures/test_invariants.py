"""What holds for every figure that is found, at the widths of columns of journals, for small and large models."""

import itertools
import re
from functools import cache

import matplotlib
import pytest
from tests.helpers.figure_sizes import CASES, WIDTHS_MM
from tests.helpers.figure_sketch import sketch

from otoscope.figures import FIGURES, LIGHT, THEMES, Design
from otoscope.figures.edge_labels import LONGEST
from otoscope.figures.style.page import ellipsize
from otoscope.figures.style.theme import TEXT_PT

pytestmark = pytest.mark.slow

SMALLEST_PT = 7.0
MM_PER_POINT = 25.4 / 72
PAGE_HEIGHT_MM = 252
TOUCHING = 1.5  # points by which the boxes of two lines may overlap: ascenders and descenders that are mostly empty
# Names of axes of pure numbers, counts and ids; every other name states its units or its scale in brackets.
WITHOUT_UNITS = {
    *("layer", "head", "layer.head", "heads", "layer of the most similar head", "ranking", "number of the ranking"),
    *("recall", "precision", "method", "model", "diagonality", "accuracy", "relative error", "L1", "heads removed"),
    *("word error rate", "normalised entropy", "number of heads", "training step", "model or control"),
}
NO_INTERVAL = re.compile(r"\b(no|without)( an)? intervals?\b")


@pytest.fixture(scope="module")
def sketch_of(dataset_for):
    """Function from a figure, a size, and further settings of the Design to the sketch of what is drawn."""
    sketches = {}

    def sketched(name, size, width=None, theme="light", has_title=True):
        key = (name, size, width, theme, has_title)
        if key not in sketches:
            figure = FIGURES.get(name).draw(dataset_for(name, size), Design(THEMES[theme], width, has_title))
            sketches[key] = sketch(figure)
        return sketches[key]

    return sketched


def overlap(a, b):
    """Smaller side of what two boxes share; not above zero where they share nothing."""
    return min(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))


def note_of(drawn):
    return " ".join(text.text for text in drawn.texts)


@pytest.mark.parametrize(("name", "size", "width"), CASES)
def test_the_page_fits_print_and_no_text_touches_another_leaves_it_or_is_too_small(name, size, width, sketch_of):
    """Of exactly the width that is asked for, at most a page high; every text at 7 pt or more, inside, and apart."""
    drawn = sketch_of(name, size, width)
    assert drawn.width * MM_PER_POINT == pytest.approx(width)
    assert drawn.height * MM_PER_POINT <= PAGE_HEIGHT_MM
    for text in drawn.texts:
        left, bottom, right, top = text.box
        assert left >= 0, text
        assert bottom >= 0, text
        assert right <= drawn.width, text
        assert top <= drawn.height, text
        assert text.size >= SMALLEST_PT, text
    for text, other in itertools.combinations(drawn.texts, 2):
        assert overlap(text.box, other.box) <= TOUCHING, f"{text.text!r} overlaps {other.text!r}"


@pytest.mark.parametrize("width", WIDTHS_MM)
def test_every_word_has_its_name_at_the_edges_of_a_relation_map(width, dataset_for):
    """Names of words are longer than those of phones: they are shortened and upright, all inside and apart."""
    dataset = dataset_for("relation-maps", "2x2")
    words = [f"ENCOURAGING{number}"[number % 11 :] for number in range(dataset.sizes["key_phone"])]
    named = dataset.assign_coords(key_phone=words, query_phone=words).assign_attrs(unit="word")
    drawn = sketch(FIGURES.get("relation-maps").draw(named, Design(LIGHT, width)))
    texts = [text.text for text in drawn.texts]
    assert {"query word", "key word"} <= set(texts)
    assert texts.count(ellipsize(words[-1], TEXT_PT, LONGEST)) == 2 * texts.count("key word")
    assert all(text.box[0] >= 0 and text.box[2] <= drawn.width for text in drawn.texts)
    for text, other in itertools.combinations(drawn.texts, 2):
        assert overlap(text.box, other.box) <= TOUCHING, f"{text.text!r} overlaps {other.text!r}"


@pytest.mark.parametrize(("name", "size", "width"), CASES)
def test_every_axis_with_numbers_has_a_name_with_its_units(name, size, width, sketch_of):
    for label in sketch_of(name, size, width).labels:
        assert label in WITHOUT_UNITS or re.search(r"\(.+\)$", label), f"the axis {label!r} needs units"


@pytest.mark.parametrize(("name", "size", "width"), CASES)
def test_every_point_has_its_interval_or_the_figure_states_why_not(name, size, width, sketch_of):
    drawn = sketch_of(name, size, width)
    if drawn.bare_points:
        assert NO_INTERVAL.search(note_of(drawn)), f"{drawn.bare_points} points without an interval"


@pytest.mark.parametrize(("name", "size", "width"), CASES)
def test_no_axis_cuts_a_point_off_and_every_number_on_a_cell_is_readable(name, size, width, sketch_of):
    drawn = sketch_of(name, size, width)
    if name != "offset-profiles":  # shows the part of the profiles around their peaks; see test_offset_profiles
        assert drawn.outside_points == 0
    for text, ratio in drawn.faint_texts:
        assert ratio >= 4.5, f"{text!r} has a contrast of {ratio:.1f} to its cell"


@pytest.mark.parametrize("name", FIGURES.names())
def test_without_a_title_the_page_is_lower_and_lacks_only_the_header(name, sketch_of):
    width = WIDTHS_MM[0]
    titled, bare = (sketch_of(name, "2x2", width, has_title=has_title) for has_title in (True, False))
    assert (titled.height - bare.height) * MM_PER_POINT == pytest.approx(11)
    header = titled.height - 34
    assert [text.text for text in bare.texts] == [text.text for text in titled.texts if text.box[1] < header]
    assert all(text.box[1] >= 0 and text.box[3] <= bare.height for text in bare.texts)


@pytest.fixture(scope="module")
def sketch_of_real_speech(dataset_for):
    """Function from a figure to its dark sketch of real speech, with long names, drawn under settings of a notebook."""

    @cache
    def sketched(name):
        dataset = dataset_for(name, "2x2").assign_attrs(
            model="someone-else/a-very-large-speech-model" + "-with-a-very-long-name" * 6 + "-and-a-date-2026-11-21",
            utterance="train-clean-360/a-speaker-with-a-name/a-chapter-with-a-title/an-utterance-with-words-000017",
            synthetic=False,
        )
        with matplotlib.rc_context({"text.color": "red", "font.size": 30, "axes.facecolor": "yellow"}):
            drawn = sketch(FIGURES.get(name).draw(dataset, Design(THEMES["dark"])))
            assert matplotlib.rcParams["font.size"] == 30
        return drawn

    return sketched


@pytest.mark.parametrize("name", FIGURES.names())
def test_long_names_are_shortened_to_the_page(name, sketch_of_real_speech):
    drawn = sketch_of_real_speech(name)
    assert max(text.box[2] for text in drawn.texts) <= drawn.width
    assert any("…" in text.text for text in drawn.texts)


@pytest.mark.parametrize("name", FIGURES.names())
def test_synthetic_speech_is_called_synthetic(name, sketch_of, sketch_of_real_speech):
    assert "synthetic speech" in note_of(sketch_of(name, "2x2", WIDTHS_MM[0]))
    assert "synthetic" not in note_of(sketch_of_real_speech(name))


@pytest.mark.parametrize("name", FIGURES.names())
def test_a_figure_takes_its_colours_from_the_theme_alone(name, sketch_of_real_speech):
    """The settings of a notebook do not change a theme, and the theme does not change the settings."""
    drawn = sketch_of_real_speech(name)
    assert drawn.surface == THEMES["dark"].surface
    assert all(text.size <= 9 and text.colour != "red" for text in drawn.texts)
    assert all(ratio >= 4.5 for _, ratio in drawn.faint_texts)


@pytest.mark.parametrize("name", FIGURES.names())
def test_every_figure_says_what_it_is(name):
    spec = FIGURES.get(name)
    assert spec.name == name
    assert len(spec.doc) > 20
    assert spec.variables


def test_the_checks_see_an_overlap_a_cut_point_a_bare_point_and_an_axis_without_a_name(dataset_for):
    figure = FIGURES.get("entropy-profile").draw(dataset_for("entropy-profile", "2x2"), Design(LIGHT))
    heading = figure.texts[0]
    figure.text(*heading.get_position(), heading.get_text(), va="top")
    [axes] = figure.axes
    axes.set_ylabel("")
    axes.plot([0], [0.5], "o")
    axes.plot([0, 9], [0.5, 0.5])
    axes.set(xlim=(-0.5, 1.5))
    drawn = sketch(figure)
    worst = max(overlap(a.box, b.box) for a, b in itertools.combinations(drawn.texts, 2))
    assert worst > TOUCHING
    assert "" in drawn.labels
    assert drawn.bare_points == 1
    assert drawn.outside_points == 1
