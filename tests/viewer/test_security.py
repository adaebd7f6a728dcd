"""Nobody reaches a run but its own page: each way in is tried."""

import socket
from pathlib import Path

import pytest
from tests.helpers.viewer_client import HOST, TOKEN, ask

from otoscope.errors import InputError
from otoscope.viewer.security import LONGEST_QUERY, Pass
from otoscope.viewer.server import Address, application, listen, names


@pytest.fixture(scope="module")
def server(drawn):
    return application(drawn, Pass(TOKEN, names("127.0.0.1", 8000)))


EVERYTHING = [
    "/",
    "/viewer.js",
    "/viewer.css",
    "/ask/runs",
    "/ask/0/heads",
    "/ask/0/audio/4",
    "/ask/0/tile/4/0/0/0/0/0",
]


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("query", ["", "token=", "token=wrong", f"token={TOKEN}x", f"tokens={TOKEN}"])
def test_nothing_is_given_without_the_token(server, path, query):
    reply = ask(server, path, query=query)
    assert reply.status == 403
    assert b"otoscope view" in reply.body
    assert TOKEN not in reply.body.decode()


def test_the_token_is_taken_from_the_address_or_the_header(server):
    assert ask(server, "/ask/runs").status == 200
    assert ask(server, "/ask/runs", query="", authorization=f"Bearer {TOKEN}").status == 200
    assert ask(server, "/ask/runs", query="", authorization="Bearer wrong").status == 403
    assert ask(server, "/ask/runs", query="", authorization=f"Basic {TOKEN}").status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1", "127.0.0.1:8001", "", "127.0.0.1:8000.evil"]
)
def test_a_name_that_was_pointed_here_is_turned_away_even_with_the_token(server, host):
    assert ask(server, "/ask/runs", host=host).status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:9000"])
def test_another_page_is_turned_away_even_with_the_token(server, origin):
    assert ask(server, "/ask/runs", origin=origin).status == 403


def test_its_own_page_may_ask_by_either_name(server):
    assert ask(server, "/ask/runs", origin=f"http://{HOST}").status == 200
    assert ask(server, "/ask/runs", host="localhost:8000", origin="http://localhost:8000").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_the_server_is_only_read_from(server, method):
    assert ask(server, "/ask/runs", method=method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/ask/../../../etc/passwd",
        "/ask/0/../run.json",
        "/ask/0/variable/../../run",
        "/ask/0/audio/../../x.wav",
        "/ask/0/audio/%2e%2e",
        "/viewer.js/../guard.py",
        "/assets/../guard.py",
        "/../guard.py",
        "/ask/0/variable/attrs",
        "/ask/9/heads",
        "/ask/-1/heads",
        "/ask/0/audio/-1",
        "/ask/0/utterance/99999",
        "/ask/0/tile/4/0/0/0/0/99",
        "/ask/0/tile/4/9/0/0/0/0",
        "/ask/0/tile/٤/0/0/0/0/0",
        "/ask/",
    ],
)
def test_no_path_leads_out_of_the_run(server, path):
    reply = ask(server, path)
    assert reply.status == 404
    assert b"root:" not in reply.body


def test_a_request_has_a_size(server):
    assert ask(server, "/ask/runs", query=f"token={TOKEN}&more=" + "x" * LONGEST_QUERY).status == 414
    assert ask(server, "/ask/0/ablate/4/" + ",".join(["0.0"] * 5000) + "/full").status in (404, 422)


def test_every_answer_keeps_the_page_to_itself(server):
    for path, query in [("/", f"token={TOKEN}"), ("/ask/runs", f"token={TOKEN}"), ("/", "")]:
        headers = ask(server, path, query=query).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_each_server_has_its_own_token_and_nonce():
    first, second = (Pass(TOKEN, frozenset()) for _ in range(2))
    assert first.nonce != second.nonce


def test_other_machines_are_let_in_only_by_a_flag_that_says_so():
    with pytest.raises(InputError, match="without encryption"):
        listen(Address(host="0.0.0.0"))
    with listen(Address(host="0.0.0.0", exposed=True)) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


def test_by_default_only_this_machine_is_listened_to():
    with listen(Address()) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_port_in_use_is_one_line_that_says_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"cannot listen on 127.0.0.1:{port} .*choose another --port"):
            listen(Address(port=port))


def test_nothing_of_the_viewer_unpickles():
    for file in Path(application.__code__.co_filename).parent.glob("*.py"):
        source = file.read_text(encoding="utf-8")
        assert "pickle" not in source
        assert "eval(" not in source
