"""Files of figures: text stays text, the same run gives the same bytes, and what cannot be drawn is said."""

import re
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
import xarray as xr
from matplotlib.backends.backend_pdf import PdfPages
from tests.helpers.example_zeroing import zeroing_of
from tests.helpers.figure_sizes import DRAWN
from tests.helpers.synthetic_run import make_run

import otoscope
from otoscope.errors import InputError
from otoscope.figures import FIGURES, LIGHT, THEMES, Design, RenderOptions, render_figures
from otoscope.figures.builtin.offset_profiles import visible_reach
from otoscope.figures.builtin.relation_maps import shown_heads
from otoscope.figures.style.theme import MARKERS
from otoscope.relations.operations import SAME_PHONE
from otoscope.results import claim_folder, competition_ranks, finish, open_run

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(run_of_size):
    return run_of_size("2x2")


@pytest.fixture(scope="module")
def runs(run, dataset_for, tmp_path_factory):
    """A run of each kind that figures show."""
    made = [run]
    for kind in DRAWN:
        folder = tmp_path_factory.mktemp(kind)
        figure = next(spec.name for spec in FIGURES.select().values() if spec.kind == kind)
        claim_folder(folder, {})
        finish(folder, dataset_for(figure, "2x2").assign_attrs(kind=kind), [])
        made.append(open_run(folder))
    return made


@pytest.fixture(scope="module")
def drawn(runs, tmp_path_factory):
    return everything(runs, tmp_path_factory.mktemp("drawn") / "deep")


def everything(runs, out):
    """Draw every figure, those on request too."""
    zeroing = [zeroing_of(run.map(run.maps[0])) if run.maps else None for run in runs]
    pairs = zip(runs, zeroing, strict=True)
    return [path for run, extra in pairs for path in render_figures(run, out, RenderOptions(["svg"]), extra=extra)]


ONE_OF_EACH_KIND = {spec.kind: name for name, spec in FIGURES.select().items() if not spec.on_request}
"""Kind of run -> a figure of it; what is specific to a figure is compared with its golden picture."""


def test_methods_with_similar_names_keep_them(dataset_for):
    dataset = dataset_for("segmentation-methods", "all methods")
    axes = FIGURES.get("segmentation-methods").draw(dataset, Design(LIGHT, width_mm=85)).axes[0]
    shown = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    assert shown == [name for name in dataset["segmenter"].values if name not in ("uniform", "random")]


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_curves_of_different_methods_have_their_own_colour_and_marker(theme, dataset_for):
    figure = FIGURES.get("segmentation-curves").draw(dataset_for("segmentation-curves", "all methods"), Design(theme))
    looks = [(handle.get_color(), handle.get_marker()) for handle in figure.legends[0].legend_handles]
    assert len(set(looks)) == len(looks) == 14


def test_one_file_for_each_figure_and_format(drawn, run, tmp_path):
    assert {path.name for path in drawn} == {f"{name}.svg" for name in FIGURES}
    assert sorted(drawn) == sorted(drawn[0].parent.iterdir())
    paths = render_figures(run, tmp_path, RenderOptions(["png", "svg", "pdf"], figures=["rollout"]))
    assert [path.name for path in paths] == ["rollout.png", "rollout.svg", "rollout.pdf"]


@pytest.mark.parametrize("name", FIGURES.names())
def test_text_of_an_svg_is_text(drawn, name):
    path = next(path for path in drawn if path.name == f"{name}.svg")
    words = [element.text for element in ET.parse(path).iter(f"{SVG}text")]
    model = "one model" if FIGURES.get(name).kind == "comparison" else "model drawn"
    assert any(model in word for word in words)
    if FIGURES.get(name).kind == "heads":
        speech = {"voice-0/002 · 1.6 s · synthetic speech", "3 utterances, 2 speakers · synthetic speech"}
        assert speech & set(words)


def test_fonts_of_a_pdf_are_embedded_as_truetype(dataset_for, tmp_path):
    """A figure of each kind is a page of one file, which embeds each font once."""
    with matplotlib.rc_context(LIGHT.rc), PdfPages(tmp_path / "all.pdf") as pages:
        for name in ONE_OF_EACH_KIND.values():
            pages.savefig(FIGURES.get(name).draw(dataset_for(name, "2x2"), Design(LIGHT)))
    content = (tmp_path / "all.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_the_same_run_gives_the_same_bytes(runs, drawn, tmp_path):
    """A figure of each kind as text, and one of each other format."""
    first = {path.stem: path for path in drawn}
    for run in runs:
        name = ONE_OF_EACH_KIND[run.kind]
        (path,) = render_figures(run, tmp_path / "again", RenderOptions(["svg"], figures=[name]))
        assert path.read_bytes() == first[name].read_bytes(), name
    options = RenderOptions(["png", "pdf"], figures=["entropy-profile"])
    pairs = zip(*(render_figures(runs[0], tmp_path / folder, options) for folder in ("one", "two")), strict=True)
    assert all(one.read_bytes() == two.read_bytes() for one, two in pairs)


def test_a_theme_is_followed_to_the_file(run, tmp_path):
    for path in render_figures(run, tmp_path, RenderOptions(theme="dark", figures=["atlas", "entropy-profile"])):
        pixels = matplotlib.image.imread(path)
        assert matplotlib.colors.to_hex(pixels[0, 0]) == THEMES["dark"].surface


def test_the_chosen_utterance_is_shown(tmp_path):
    run = make_run(tmp_path / "run", 1, 2, 3, maps=2)
    for utterance, path in ((None, tmp_path / "first"), ("voice-0/002", tmp_path / "chosen")):
        render_figures(run, path, RenderOptions(["svg"], figures=["atlas"]), utterance=utterance)
    assert ">voice-1/001 ·" in (tmp_path / "first" / "atlas.svg").read_text()
    assert ">voice-0/002 ·" in (tmp_path / "chosen" / "atlas.svg").read_text()


def test_without_stored_maps_the_other_figures_are_drawn_and_skipped_ones_are_reported(tmp_path):
    run = make_run(tmp_path / "run", 1, 2, 2, maps=0, related=True)
    skipped = {}
    paths = render_figures(run, tmp_path / "out", RenderOptions(["svg"], on_skip=skipped.__setitem__))
    of_statistics = ["concentration", "entropy-profile", "head-distribution", "offset-profiles", "relation-maps"]
    assert [path.stem for path in paths] == of_statistics
    of_maps = ["atlas", "category-examples", "head-similarity", "rollout"]
    assert skipped == dict.fromkeys(of_maps, "the run has no attention")
    with pytest.warns(UserWarning, match="skipped figure .*: the run has no attention"):
        render_figures(run, tmp_path / "out", RenderOptions(["svg"], figures=["atlas"]))
    with pytest.raises(InputError, match="no attention map of utterance 'x'"):
        render_figures(run, tmp_path / "out", utterance="x")


def test_a_figure_on_request_is_skipped_without_a_message(run, tmp_path):
    assert render_figures(run, tmp_path / "out", RenderOptions(["svg"], figures=["value-zeroing"])) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (RenderOptions(["png", "gif"]), "expected figure formats of png, svg, pdf, found gif"),
        (RenderOptions(theme="sepia"), "expected a theme of light, dark; found 'sepia'"),
    ],
)
def test_unknown_options_are_reported_and_nothing_is_written(options, message, run, tmp_path):
    with pytest.raises(InputError, match=message):
        render_figures(run, tmp_path / "out", options)
    assert not list(tmp_path.iterdir())


def test_an_output_folder_that_is_a_file_is_reported(run, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match=r"cannot make the folder .*out"):
        render_figures(run, tmp_path / "out")


def test_the_atlas_has_a_map_for_every_head_that_is_there(dataset_of_size):
    for size, n_heads in (("6x6", 36), ("uneven, one utterance, no labels", 8), ("one head", 1)):
        figure = FIGURES.get("atlas").draw(dataset_of_size(size), Design(LIGHT))
        assert sum(len(axes.images) for axes in figure.axes) == n_heads


def test_the_atlas_frames_every_map_in_the_colour_of_its_category(dataset_of_size):
    dataset = dataset_of_size("6x6")
    paper = next(axes for axes in FIGURES.get("atlas").draw(dataset, Design(LIGHT)).axes if axes.images)
    frames = [matplotlib.colors.to_hex(frame.get_edgecolor()) for frame in paper.patches]
    assert frames == [LIGHT.categories[category] for category in dataset["category"].values.ravel()]


def test_the_atlas_tags_every_map_with_its_rank(dataset_of_size):
    dataset = dataset_of_size("6x6")
    paper = next(axes for axes in FIGURES.get("atlas").draw(dataset, Design(LIGHT)).axes if axes.images)
    tags = [text.get_text() for text in paper.texts if re.fullmatch(r"[GVD]\d+", text.get_text())]
    rank = {
        category: competition_ranks(dataset[statistic].values.ravel())
        for category, statistic in (("global", "globalness"), ("vertical", "verticality"), ("diagonal", "diagonality"))
    }
    expected = [f"{name[0].upper()}{rank[name][i]}" for i, name in enumerate(dataset["category"].values.ravel())]
    assert tags == expected


def test_examples_are_the_median_and_the_highest_head(dataset_of_size):
    dataset = dataset_of_size("6x6")
    figure = FIGURES.get("category-examples").draw(dataset, Design(LIGHT))
    titles = [text.get_text() for text in figure.texts if text.get_text().startswith("layer")]
    expected = []
    for category, statistic in (("global", "globalness"), ("vertical", "verticality"), ("diagonal", "diagonality")):
        here = np.argwhere(dataset["category"].values == category)
        ordered = sorted(here.tolist(), key=lambda head: dataset[statistic].values[tuple(head)])
        expected += [ordered[(len(ordered) - 1) // 2], ordered[-1]]
    assert titles == [f"layer {layer}, head {head}" for layer, head in expected]


def test_shares_of_a_layer_fill_it(dataset_of_size):
    dataset = dataset_of_size("6x6")
    axes = FIGURES.get("head-distribution").draw(dataset, Design(LIGHT)).axes[-1]
    heights = np.array([bar.get_height() for bar in axes.patches]).reshape(3, 6)
    counts = [(dataset["category"].values == name).mean(axis=1) for name in ("global", "vertical", "diagonal")]
    np.testing.assert_allclose(heights, counts)


def test_the_interval_of_the_sharpest_profile_lies_within_its_picture(tmp_path):
    dataset = make_run(tmp_path / "run", 2, 3, 3).dataset.load()
    dataset["offset_profile_interval"][..., 1] = 2 * dataset["offset_profile"]
    figure = FIGURES.get("offset-profiles").draw(dataset, Design(LIGHT))
    rows = next(axes for axes in figure.axes if axes.get_ylabel() == "layer.head")
    tops = [path.vertices[:, 1].max() for band in rows.collections for path in band.get_paths()]
    assert tops
    assert max(tops) <= rows.get_ylim()[1]


def test_focus_and_neglect_are_the_extremes_of_the_phones_that_have_an_interval(tmp_path):
    """A phone too rare for an interval is no extreme; values are in multiples of uniform attention."""
    dataset = make_run(tmp_path / "run", 2, 2, 3, related=True).dataset.load()
    dataset["concentration"][0, 0, 1], dataset["concentration"][0, 0, 2] = 9.0, -0.99
    dataset["concentration_interval"][0, 0, 1:3] = np.nan
    supported = 1 + dataset["concentration"].where(dataset["concentration_interval"].notnull().all("bound"))
    figure = FIGURES.get("concentration").draw(dataset, Design(LIGHT))
    panels = [axes for axes in figure.axes if axes.get_xlim()[0] < dataset["verticality"].min() < axes.get_xlim()[1]]
    for axes, extreme in zip(panels, (supported.max, supported.min), strict=True):
        shown = np.concatenate([line.get_ydata() for line in axes.lines if line.get_marker() in MARKERS.values()])
        np.testing.assert_array_equal(np.sort(shown), np.sort(extreme("key_phone").values.ravel()))


def test_the_figures_named_are_drawn_and_no_others(run, tmp_path):
    paths = render_figures(run, tmp_path / "out", RenderOptions(["svg"], figures=["rollout", "atlas"]))
    assert [path.name for path in paths] == ["rollout.svg", "atlas.svg"]


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        (["prune-curves"], r"expected figures of a heads run \(atlas, .*\), found prune-curves"),
        (["portrait"], "found 'portrait'"),
        ([], "expected figures to draw, found an empty list"),
    ],
)
def test_figures_that_a_run_cannot_have_are_refused_before_the_folder_is_made(run, tmp_path, figures, message):
    with pytest.raises(InputError, match=message):
        render_figures(run, tmp_path / "out", RenderOptions(["svg"], figures=figures))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width_mm": 40}, r"expected --width-mm from 80 to 250, found 40"),
        ({"heads": [(0, 7)]}, r"expected --heads of layers 0 to 1 and heads 0 to 1, found 0\.7"),
        ({"heads": [(0, 1)], "figures": ["rollout"]}, r"expected figures for --heads \(atlas, .*\), found rollout"),
    ],
)
def test_widths_and_heads_that_cannot_be_drawn_are_refused_before_the_folder_is_made(run, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        render_figures(run, tmp_path / "out", RenderOptions(["svg"], **options))
    assert not (tmp_path / "out").exists()


def test_heads_are_refused_for_a_run_without_heads(runs, tmp_path):
    with pytest.raises(InputError, match="expected a run of analyze for --heads, found a ranking run"):
        render_figures(runs[1], tmp_path / "out", RenderOptions(["svg"], heads=[(0, 0)]))


def test_chosen_heads_are_shown_in_their_order_by_every_figure_that_can(dataset_of_size):
    dataset, chosen = dataset_of_size("6x6"), ((3, 4), (0, 2))
    design = Design(LIGHT, heads=chosen)
    names = ["layer 3, head 4", "layer 0, head 2"]
    for figure in ("atlas", "relation-maps"):
        drawn = FIGURES.get(figure).draw(dataset, design)
        assert [text.get_text() for text in drawn.texts if text.get_text() in names] == names
    rows = next(axes for axes in FIGURES.get("offset-profiles").draw(dataset, design).axes if axes.get_yticks().size)
    assert [label.get_text() for label in rows.get_yticklabels()] == ["0.2", "3.4"]  # from the bottom
    for figure in ("concentration", "entropy-profile", "head-distribution"):
        named = {text.get_text() for axes in FIGURES.get(figure).draw(dataset, design).axes for text in axes.texts}
        assert {"3.4", "0.2"} <= named
    shown = {name for name, spec in FIGURES.select().items() if spec.has_choice}
    assert shown == {
        "atlas",
        "relation-maps",
        "offset-profiles",
        "concentration",
        "entropy-profile",
        "head-distribution",
    }


def test_a_figure_in_python_is_that_of_the_file(run, tmp_path):
    options = RenderOptions(["svg"], width_mm=85, has_title=False, heads=[(1, 0)], figures=["atlas"])
    drawn = otoscope.figure(run, "atlas", options)
    assert drawn.get_figwidth() * 25.4 == pytest.approx(85)
    [path] = render_figures(run, tmp_path, options)
    with matplotlib.rc_context(LIGHT.rc):
        drawn.savefig(tmp_path / "python.svg", metadata={"Date": None})
    assert (tmp_path / "python.svg").read_bytes() == path.read_bytes()


def test_a_figure_in_python_that_the_run_cannot_have_is_refused(run, tmp_path):
    bare = make_run(tmp_path / "run", 1, 2, 2, maps=0)
    with pytest.raises(InputError, match="expected a run with attention for the figure atlas, found none in"):
        otoscope.figure(bare, "atlas")
    with pytest.raises(InputError, match=r"expected figures of a heads run .*, found prune-curves"):
        otoscope.figure(run, "prune-curves")


def test_relation_maps_name_every_phone_and_show_a_head_once(dataset_of_size):
    dataset = dataset_of_size("6x6")
    texts = [text.get_text() for text in FIGURES.get("relation-maps").draw(dataset, Design(LIGHT, 175)).texts]
    heads = [text for text in texts if re.fullmatch(r"layer \d+, head \d+", text)]
    assert len(set(heads)) == len(heads)
    for symbol in dataset["key_phone"].values:
        assert texts.count(str(symbol)) == 2 * len(heads)  # once on the left and once below


def test_a_head_that_is_extreme_for_two_reasons_is_shown_once_with_both(dataset_of_size):
    dataset = dataset_of_size("6x6").copy(deep=True)
    category, effect = dataset["category"].values, dataset["operation_effect"]
    layer, head = np.argwhere(category == "vertical")[0]
    has_interval = dataset["concentration_interval"].notnull().all(("layer", "head", "bound")).values
    dataset["concentration"][layer, head, np.flatnonzero(has_interval)[0]] = 50.0
    effect.loc[{"layer": layer, "head": head, "operation": SAME_PHONE.target}] = 99.0
    reasons = list(shown_heads(dataset))
    assert "most extreme of the vertical heads; most to the same phone elsewhere" in reasons
    assert len(reasons) == 3


def test_every_pair_of_rankings_has_its_correlation_and_its_ranks(dataset_for):
    dataset = dataset_for("rank-agreement", "every ranking")
    figure = FIGURES.get("rank-agreement").draw(dataset, Design(LIGHT))
    pairs = dataset.sizes["ranking"] * (dataset.sizes["ranking"] - 1) // 2
    axes = figure.axes[0]
    assert len(axes.lines) == pairs
    assert len(axes.texts) == pairs


def test_the_axis_of_offsets_ends_where_the_profiles_do():
    """A peak 40 ms wide is not shown on an axis of 1000 ms, and an unspecific profile does not widen the axis."""
    offset = 20.0 * np.arange(-50, 51)
    profiles = np.stack([np.exp(-((offset - 20) ** 2) / (2 * 17**2)), 0.02 + 0 * offset])
    heads = xr.Dataset({"offset_profile": (("place", "offset"), profiles), "peak": ("place", [20.0, 0.0])})
    assert 60 <= visible_reach(heads.assign_coords(offset=offset)) <= 150


def test_a_run_whose_kind_has_no_figures_is_named():
    with pytest.raises(InputError, match="expected a run with figures, found a sketch run, which has none"):
        RenderOptions().select("sketch")
