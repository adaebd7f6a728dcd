"""The notebook widget responds like the server, over messages."""

import pytest

import otoscope

pytest.importorskip("anywidget", reason="anywidget is not installed (the extra `notebook`)")


@pytest.fixture
def widget(drawn_run, monkeypatch):
    widget = otoscope.view(drawn_run)
    widget.sent = []
    monkeypatch.setattr(type(widget), "send", lambda self, content, buffers: self.sent.append((content, buffers)))
    return widget


def test_each_question_is_answered_under_its_number(widget, drawn):
    for number, resource in enumerate(["runs", "0/heads", "0/tile/4/0/0/0/0/0"]):
        widget._reply(widget, {"number": number, "resource": resource}, [])
    for number, (content, _) in enumerate(widget.sent):
        assert content == {"number": number, "status": 200}
    assert widget.sent[1][1] == [drawn.get("0/heads").content]


def test_what_cannot_be_answered_says_so(widget):
    widget._reply(widget, {"number": 1, "resource": "0/thumbnails/0/0"}, [])
    ((content, (buffer,)),) = widget.sent
    assert content == {"number": 1, "status": 422}
    assert b"--model" in buffer


def test_the_cell_holds_the_page_s_own_script_and_style(widget):
    assert "otoscope" in widget._esm
    assert ".oto-page" in widget._css
