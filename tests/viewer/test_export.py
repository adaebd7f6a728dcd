"""An exported page contains what its views request, stays within its size, and needs nothing else."""

import base64
import json
import re
from html.parser import HTMLParser

import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.viewer import export as export_module
from otoscope.viewer.export import ExportSelection, export, parse_selection
from otoscope.viewer.export_page import script_hash
from otoscope.viewer.options import ExportOptions
from otoscope.viewer.session import open_session


class Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "script"
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        if self.inside:
            self.found.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1] += data


def scripts(page: str) -> Scripts:
    parser = Scripts()
    parser.feed(page)
    return parser


def answers_in(script: str) -> dict[str, bytes]:
    encoded = re.search(r"window\.otoscopeResources\?\?=\{\},(\{.*\})\);", script)[1]
    return {name: base64.b64decode(text) for name, text in json.loads(encoded).items()}


def test_a_page_is_one_file_that_links_to_nothing(drawn, tmp_path):
    page = scripts(export(drawn, tmp_path / "page.html", ExportSelection()).read_text(encoding="utf-8"))
    assert page.links == []
    assert len(page.found) == 2


def test_a_page_answers_as_the_server_does(drawn, tmp_path):
    page = scripts(export(drawn, tmp_path / "page.html", ExportSelection()).read_text(encoding="utf-8"))
    held = answers_in(page.found[0])
    catalogue = json.loads(held.pop("runs"))
    assert [utterance["stored"] for utterance in catalogue["runs"][0]["utterances"]] == [False] * 4 + [True]
    assert {"0/heads", "0/utterance/4", "0/thumbnails/4/0", "0/tile/4/1/2/0/0/0"} <= set(held)
    for resource, content in held.items():
        assert content == drawn.get(resource).content


def test_only_the_chosen_heads_are_written(drawn, tmp_path):
    page = scripts(export(drawn, tmp_path / "page.html", ExportSelection(heads=[(1, 2)])).read_text(encoding="utf-8"))
    tiles = [name for name in answers_in(page.found[0]) if "/tile/" in name]
    assert tiles == ["0/tile/4/1/2/0/0/0"]


def test_a_run_beside_it_is_exported_on_the_same_utterances_and_heads(drawn_run, tmp_path):
    other = make_run(tmp_path / "other", layers=2, heads=2, frames=60, seed=1)
    api = open_session([drawn_run, other])
    page = scripts(
        export(api, tmp_path / "page.html", ExportSelection(heads=[(1, 1), (1, 2)])).read_text(encoding="utf-8")
    )
    held = answers_in(page.found[0])
    tiles = {name for name in held if "/tile/" in name}
    assert tiles == {"0/tile/4/1/1/0/0/0", "0/tile/4/1/2/0/0/0", "1/tile/4/1/1/0/0/0"}
    assert {"1/heads", "1/utterance/4", "1/thumbnails/4/0", "1/thumbnails/4/1"} <= set(held)
    for resource in set(held) - {"runs"}:
        assert held[resource] == api.get(resource).content


def test_the_policy_admits_the_page_s_own_scripts_by_their_content(drawn, tmp_path):
    text = export(drawn, tmp_path / "page.html", ExportSelection()).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert "default-src 'none'" in policy
    assert "connect-src blob:;" in policy
    for script in scripts(text).found:
        assert script_hash(script) in policy


def test_what_is_too_large_for_one_file_becomes_a_folder(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "MAX_FILE_BYTES", 1000)
    index = export(drawn, tmp_path / "page.html", ExportSelection(heads=[(0, 0), (0, 1)]))
    assert index == tmp_path / "page" / "index.html"
    assert {file.name for file in (tmp_path / "page" / "maps").iterdir()} == {
        "0-tile-4-0-0.js",
        "0-tile-4-0-1.js",
    }
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("choice", "line"),
    [
        (ExportSelection(utterances=["missing"]), "no utterance 'missing'"),
        (ExportSelection(heads=[(0, 9)]), "no head 0.9"),
        (ExportSelection(utterances=["voice-0/000"]), "are not stored"),
    ],
)
def test_what_cannot_be_exported_is_one_line_and_leaves_nothing(drawn, tmp_path, choice, line):
    with pytest.raises(InputError, match=line):
        export(drawn, tmp_path / "page.html", choice)
    assert list(tmp_path.iterdir()) == []


def test_a_page_has_a_page_s_name(drawn, tmp_path):
    with pytest.raises(InputError, match=r"FILE\.html"):
        export(drawn, tmp_path / "page.pdf", ExportSelection())


def test_heads_are_written_as_layer_and_head():
    assert parse_selection(ExportOptions(utterances=("a", " b"), heads=("0.1",))) == ExportSelection(
        ["a", "b"], [(0, 1)]
    )
    for wrong in ("1", "0.x", "1.2.3"):
        with pytest.raises(InputError, match=r"LAYER\.HEAD"):
            parse_selection(ExportOptions(heads=(wrong,)))
