"""`otoscope view`: one call, and one-line errors."""

import queue
import socket
import sys
import threading

import pytest

from otoscope.cli import main


@pytest.fixture
def view(monkeypatch, capsys):
    """Runs `otoscope view ARGUMENTS`: exit status, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["otoscope", "view", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return run


def test_a_page_is_written_where_it_was_asked_for(view, drawn_run, tmp_path):
    status, out, err = view(drawn_run.path, "--export", tmp_path / "page.html", "--heads", "0.1,1.2")
    assert (status, err) == (0, "")
    assert out == f"page written to {tmp_path / 'page.html'}\n"
    assert (tmp_path / "page.html").read_bytes().startswith(b"<!doctype html>")


def test_a_gallery_is_written_to_a_folder(view, drawn_run, tmp_path):
    status, out, err = view(drawn_run.path, "--export", tmp_path / "site", "--index", "--heads", "0.1")
    assert (status, out, err) == (0, f"gallery written to {tmp_path / 'site' / 'index.html'}\n", "")
    for wrong in ([], ["--export", tmp_path / "page.html"], ["--export", tmp_path / "new", "--model", "bundled"]):
        status, out, err = view(drawn_run.path, "--index", *wrong)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert "--index" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]


def test_the_address_is_printed_with_its_token(view, drawn_run, monkeypatch):
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    status, out, _ = view(drawn_run.path, "--no-browser")
    assert status == 0
    assert f"showing {drawn_run.path} at http://127.0.0.1:" in out
    assert "/?token=" in out


def test_the_browser_is_opened_at_that_address(view, drawn_run, monkeypatch):
    opened = queue.SimpleQueue()
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    monkeypatch.setattr("webbrowser.open", opened.put)
    _, out, _ = view(drawn_run.path)
    assert opened.get() in out


def test_a_browser_that_blocks_does_not_block_the_server(view, drawn_run, monkeypatch):
    threads = queue.SimpleQueue()
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: None)
    monkeypatch.setattr("webbrowser.open", lambda url: threads.put(threading.current_thread()))
    view(drawn_run.path)
    assert threads.get() is not threading.current_thread()


def test_errors_are_one_line(view, drawn_run, tiny_model, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        get_error = [
            view(tmp_path),
            view(drawn_run.path, "--host", "0.0.0.0", "--no-browser"),
            view(drawn_run.path, "--port", taken.getsockname()[1], "--no-browser"),
            view(drawn_run.path, "--export", tmp_path / "page.html", "--heads", "one"),
        ]
    for (status, out, err), line in zip(
        get_error, ["found none", "encryption", "choose another", "LAYER.HEAD"], strict=True
    ):
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert line in err
