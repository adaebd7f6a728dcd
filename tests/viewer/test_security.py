"""Only the page with the token reaches a run; each other way is rejected."""

import socket
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from tests.helpers.viewer_client import HOST, TOKEN, request
from tests.helpers.viewer_server import serving

from otoscope.errors import InputError
from otoscope.viewer import connections
from otoscope.viewer.options import Address
from otoscope.viewer.security import MAX_PATH_BYTES, MAX_QUERY_BYTES, AccessPolicy
from otoscope.viewer.server import MAX_HEADER_BYTES, access_policy, allowed_hosts, application, listen

pytestmark = pytest.mark.slow

FOLDER = "folder"
COOKIE = f"otoscope={TOKEN}"
"""What the browser sends after the first load."""


@pytest.fixture(scope="module")
def server(drawn):
    return application(drawn, AccessPolicy(TOKEN, allowed_hosts("127.0.0.1"), folder=FOLDER))


EVERYTHING = [
    "/",
    "/viewer.js",
    "/viewer.css",
    "/api/runs",
    "/api/0/heads",
    "/api/0/audio/4",
    "/api/0/tile/4/0/0/0/0/0",
]


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("query", ["", "token=", "token=wrong", f"token={TOKEN}x", f"tokens={TOKEN}"])
def test_no_resource_is_served_without_the_token(server, path, query):
    reply = request(server, path, query=query)
    assert reply.status == 403
    assert b"otoscope view" in reply.body
    assert TOKEN not in reply.body.decode()


def test_the_token_is_taken_from_the_address_or_the_header(server):
    assert request(server, "/api/runs").status == 200
    assert request(server, "/api/runs", query="", authorization=f"Bearer {TOKEN}").status == 200
    assert request(server, "/api/runs", query="", authorization="Bearer wrong").status == 403
    assert request(server, "/api/runs", query="", authorization=f"Basic {TOKEN}").status == 403


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8000",
        "evil.example:8000:8000",
        "127.0.0.1.evil.example:9000",
        "127.0.0.1:8000.evil",
        "127.0.0.1:8000@evil.example",
        "evil.example@127.0.0.1:8000",
        "localhost.evil.example:8000",
        "127.0.0.1 evil.example",
        "127.0.0.1:",
        "127.0.0.1:8000\n",
        "127.0.0.1:eight",
        "[::1].evil:8000",
        "[evil.example]:8000",
    ],
)
def test_a_name_that_was_pointed_here_is_turned_away_even_with_the_token(server, host):
    reply = request(server, "/api/runs", host=host)
    assert reply.status == 421
    assert b"ssh -L" in reply.body


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "LOCALHOST:9000", "[::1]:9000", "127.0.0.1"])
def test_a_tunnel_may_end_at_another_port_of_loopback(server, host):
    assert request(server, "/api/runs", host=host).status == 200
    assert request(server, "/api/runs", host=host, origin=f"http://{host}").status == 200
    assert request(server, "/api/runs", host=host, query="token=wrong").status == 403


def test_a_name_that_the_user_gives_is_accepted_beside_loopback(drawn):
    app = application(drawn, AccessPolicy(TOKEN, allowed_hosts("Node7.example")))
    statuses = [request(app, "/api/runs", host=host).status for host in ("node7.example:80", "localhost:9", "node8:80")]
    assert statuses == [200, 200, 421]


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:9000", "http://localhost:8000"),
        *(HOST, f"//{HOST}", "", "http://", f"http://{HOST}/", f"HTTP://{HOST}", f"http://{HOST} http://evil.example"),
    ],
)
def test_another_page_is_turned_away_even_with_the_token(server, origin):
    assert request(server, "/api/runs", origin=origin).status == 403


def test_its_own_page_may_ask_by_either_name(server):
    assert request(server, "/api/runs", origin=f"http://{HOST}").status == 200
    assert request(server, "/api/runs", host="localhost:8000", origin="http://localhost:8000").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_the_server_is_only_read_from(server, method):
    assert request(server, "/api/runs", method=method).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/api/../../../etc/passwd",
        "/api/0/../run.json",
        "/api/0/variable/../../run",
        "/api/0/audio/../../x.wav",
        "/api/0/audio/%2e%2e",
        "/viewer.js/../security.py",
        "/assets/../security.py",
        "/../security.py",
        "/api/0/variable/attrs",
        "/api/9/heads",
        "/api/-1/heads",
        "/api/0/audio/-1",
        "/api/0/utterance/99999",
        "/api/0/tile/4/0/0/0/0/99",
        "/api/0/tile/4/9/0/0/0/0",
        "/api/0/tile/٤/0/0/0/0/0",
        "/api/",
    ],
)
def test_no_path_leads_out_of_the_run(server, path):
    reply = request(server, path)
    assert reply.status == 404
    assert b"root:" not in reply.body


def test_a_request_has_a_size(server):
    assert request(server, "/api/runs", query=f"token={TOKEN}&more=" + "x" * MAX_QUERY_BYTES).status == 414
    assert request(server, "/api/0/ablation/4/" + ",".join(["0.0"] * 5000) + "/full").status == 414
    assert request(server, "/api/" + "é" * (MAX_PATH_BYTES // 2)).status == 414


@pytest.mark.parametrize("digits", [7, 5000])
@pytest.mark.parametrize(
    "path",
    [
        "/api/{}/heads",
        "/api/0/audio/{}",
        "/api/0/tile/4/0/0/{}/0/0",
        "/api/0/ablation/4/{}.0/full/zero",
        "/api/0/ablation/4/0.{}/full/zero",
        "/api/0/ablation/4/0.0/{}/zero",
    ],
)
def test_a_number_of_any_length_is_no_error_of_the_server(server, path, digits):
    assert request(server, path.format("9" * digits)).status == 404


def test_the_first_load_moves_the_token_from_the_address_to_a_cookie_of_the_folder_of_the_page(server):
    first = request(server, "/")
    assert (first.status, first.headers["location"]) == (303, f"{FOLDER}/?token={TOKEN}")
    page = request(server, f"/{FOLDER}/")
    assert page.status == 200
    assert TOKEN not in page.body.decode()
    assert page.headers["set-cookie"] == f"{COOKIE}; HttpOnly; SameSite=Strict"


@pytest.mark.parametrize("path", [f"/{FOLDER}/", f"/{FOLDER}/viewer.js", f"/{FOLDER}/api/runs"])
def test_the_cookie_authorises_the_page_and_no_other_site(server, path):
    assert request(server, path, query="", cookie=COOKIE).status == 200
    assert request(server, path, query="", cookie=f"other=1; {COOKIE}", sec_fetch_site="same-origin").status == 200
    assert request(server, path, query="", cookie=COOKIE, sec_fetch_site="none").status == 200
    for site in ("same-site", "cross-site"):  # another port of this machine is the same site
        assert request(server, path, query="", cookie=COOKIE, sec_fetch_site=site).status == 403
    for cookie in ("otoscope=wrong", "otoscope=", f"otoscope2={TOKEN}", TOKEN):
        assert request(server, path, query="", cookie=cookie).status == 403
    assert request(server, path, query="token=wrong", cookie=COOKIE).status == 403


def test_each_server_has_a_folder_of_its_own():
    assert AccessPolicy(TOKEN, frozenset()).folder != AccessPolicy(TOKEN, frozenset()).folder


def test_the_page_works_behind_a_proxy_with_or_without_its_prefix(server):
    for prefix in ("", "/lab/proxy/8000"):
        assert request(server, f"{prefix}/{FOLDER}/api/runs", query="", cookie=COOKIE).status == 200
        assert request(server, f"{prefix}/{FOLDER}/", query="", cookie=COOKIE).status == 200
    assert request(server, f"/{FOLDER}/../{FOLDER}/api/../security.py").status == 404


def test_only_the_proxy_that_the_user_names_is_accepted(drawn):
    policy = access_policy(Address(root_path="https://hub.example/proxy/8000"), TOKEN)
    app = application(drawn, policy)
    assert request(app, "/api/runs", host="hub.example", origin="https://hub.example").status == 200
    assert request(app, "/api/runs", host=HOST, origin="https://hub.example").status == 200
    assert request(app, "/api/runs", host="evil.example").status == 421
    assert request(app, "/api/runs", host="hub.example", origin="https://evil.example").status == 403
    with pytest.raises(InputError, match="--root-path"):
        Address(root_path="proxy")


def test_two_origins_are_refused(server):
    assert (
        request(server, "/api/runs", repeated=[("origin", f"http://{HOST}"), ("origin", "http://evil")]).status == 403
    )


def test_half_open_requests_do_not_keep_the_page_out(drawn, monkeypatch):
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    with serving(drawn) as url:
        opened = [half_open(url) for _ in range(6)]
        assert all(is_closed(first) for first in opened[:3])
        assert urlopen(f"{url.split('?')[0]}api/runs?{url.split('?')[1]}").status == 200
        for connection in opened:
            connection.close()


def test_a_request_that_never_ends_is_closed_however_often_it_sends_a_byte(drawn, monkeypatch):
    monkeypatch.setattr(connections, "MAX_REQUEST_SECONDS", 0.05)
    with serving(drawn) as url, half_open(url) as connection, pytest.raises(ConnectionError):
        send_forever(connection)


def test_headers_have_a_size(drawn):
    with serving(drawn) as url, half_open(url) as connection:
        connection.sendall(b"x" * MAX_HEADER_BYTES)
        assert connection.recv(12) == b"HTTP/1.1 400"


def send_forever(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x")


def is_closed(connection: socket.socket) -> bool:
    """Wait for the server to close a connection."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def half_open(url: str) -> socket.socket:
    """A connection with a request that has begun."""
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.sendall(b"GET / HTTP/1.1\r\nX: ")
    return connection


def test_every_answer_keeps_the_page_to_itself(server):
    for path, query in [("/", f"token={TOKEN}"), ("/api/runs", f"token={TOKEN}"), ("/", "")]:
        headers = request(server, path, query=query).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


def test_each_server_has_its_own_token_and_nonce():
    first, second = (AccessPolicy(TOKEN, frozenset()) for _ in range(2))
    assert first.nonce != second.nonce


def test_other_machines_need_allow_remote():
    with pytest.raises(InputError, match="--allow-remote"):
        listen(Address(host="0.0.0.0"))
    with listen(Address(host="0.0.0.0", allow_remote=True)) as listening:
        assert listening.getsockname()[0] == "0.0.0.0"


def test_by_default_only_this_machine_reaches_the_server():
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
