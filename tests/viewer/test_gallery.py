"""A gallery has a page for each run, a picture of its heads, and relative addresses only."""

import re

import numpy as np
import pytest
from matplotlib.image import imread
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.viewer.contact_sheet import CELL, GAP, contact_sheet
from otoscope.viewer.export import ExportSelection
from otoscope.viewer.gallery import MARK, export_gallery, grouped_runs


@pytest.fixture(scope="module")
def gallery(drawn_run, tmp_path_factory):
    """A gallery of two runs with the same name, one of them with a name that is HTML."""
    folder = tmp_path_factory.mktemp("gallery")
    other = make_run(folder / "<b>" / "drawn", layers=1, n_heads=[2], utterances=2, frames=40)
    return export_gallery([drawn_run.path, other.path], folder / "site", ExportSelection(heads=[(0, 0)]))


def test_the_index_links_to_a_page_and_a_picture_of_each_run(gallery):
    text = gallery.read_text(encoding="utf-8")
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert set(links) == {"data:,", "drawn.html", "drawn.png", "drawn-2.html", "drawn-2.png"}
    for link in set(links) - {"data:,"}:
        assert (gallery.parent / link).stat().st_size > 1000
    assert "6 heads in 2 layers" in text
    assert "5 utterances" in text


def test_the_picture_has_a_map_for_each_head(gallery, drawn, drawn_run):
    picture = contact_sheet(drawn.sessions[0], 4)
    assert picture.shape == (2 * (CELL + GAP) + GAP, 3 * (CELL + GAP) + GAP, 3)
    saved = imread(gallery.parent / "drawn.png")[..., :3]
    np.testing.assert_allclose(saved, picture / 255, atol=1 / 255)
    cell = picture[GAP : GAP + CELL, GAP : GAP + CELL]
    attention = drawn_run.map(drawn_run.maps[0])["attention"].sel(layer=0, head=0).values
    darkest, strongest = (
        np.unravel_index(place, shape)
        for place, shape in ((cell.sum(axis=2).argmin(), cell.shape[:2]), (attention.argmax(), attention.shape))
    )
    assert abs(darkest[1] / CELL - strongest[1] / len(attention)) < 0.2


def test_an_earlier_gallery_is_replaced_and_other_folders_are_refused(drawn_run, tmp_path):
    site = tmp_path / "site"
    export_gallery([drawn_run.path], site, ExportSelection(heads=[(0, 0)]))
    index = export_gallery([drawn_run.path], site, ExportSelection(heads=[(0, 0)]))
    assert MARK in index.read_text(encoding="utf-8")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "index.html").write_text("my pages")
    for folder in (tmp_path / "thesis", tmp_path / "thesis" / "index.html"):
        with pytest.raises(InputError, match="other content; choose another --export"):
            export_gallery([drawn_run.path], folder, ExportSelection())
    assert (tmp_path / "thesis" / "index.html").read_text() == "my pages"


def test_a_run_of_another_kind_is_on_the_page_of_the_run_before_it(drawn_run):
    class Curves:
        kind, path = "curves", drawn_run.path

    assert grouped_runs([drawn_run, Curves, drawn_run]) == [[drawn_run, Curves], [drawn_run]]
    with pytest.raises(InputError, match="expected a run of analyze"):
        grouped_runs([Curves])


def test_the_addresses_of_the_pages_work_on_a_host(drawn_run, tmp_path, monkeypatch):
    monkeypatch.setattr("otoscope.viewer.export.MAX_FILE_BYTES", 1000)
    index = export_gallery([drawn_run.path], tmp_path / "site", ExportSelection(heads=[(0, 0)]))
    assert 'href="drawn/index.html"' in index.read_text(encoding="utf-8")
    page = (tmp_path / "site" / "drawn" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"script-src [^;]*'self'", page)
