"""The viewer over HTTP: the page, its two files, and the answers to its questions."""

import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from otoscope.errors import InputError
from otoscope.viewer.api import Answers
from otoscope.viewer.page import ASSETS, asset, page
from otoscope.viewer.security import Guard, Pass

LOOPBACK = "127.0.0.1"
LARGEST_HEADERS = 16 * 1024  # bytes
BACKLOG = 128  # connections that wait


@dataclass(frozen=True)
class Address:
    """Where to listen: a port (0 takes a free one), and a host other than this machine alone only when `exposed`."""

    host: str = LOOPBACK
    port: int = 0
    exposed: bool = False


def serve(answers: Answers, address: Address, announce: Callable[[str], None], browser: bool) -> None:
    """Answer until interrupted; `announce` is told the URL as soon as the port is open.

    Raises:
        InputError: the port is in use, or the host is open to other machines and nobody said that it may be.
    """
    with listen(address) as listening:
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        url = f"http://{address.host}:{port}/?token={token}"
        announce(url)
        if browser:
            webbrowser.open(url)
        server = uvicorn.Server(
            uvicorn.Config(
                application(answers, Pass(token, names(address.host, port))),
                log_level="warning",
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                h11_max_incomplete_event_size=LARGEST_HEADERS,
            )
        )
        server.run(sockets=[listening])


def listen(address: Address) -> socket.socket:
    """An open port of the address. Raises as `serve` does."""
    if address.host not in (LOOPBACK, "localhost") and not address.exposed:
        raise InputError(
            f"--host {address.host} would show the run and its audio to other machines, without encryption; "
            "add --i-know-this-is-not-encrypted to do so, or leave --host out"
        )
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((address.host, address.port))
        opened.listen(BACKLOG)  # whoever opens the URL at once waits, and is not refused
    except OSError as error:
        opened.close()
        reason = error.strerror or error
        raise InputError(
            f"cannot listen on {address.host}:{address.port} ({reason}); choose another --port, or none"
        ) from None
    return opened


def names(host: str, port: int) -> frozenset[str]:
    """What a request to this server may call it.

    >>> sorted(names("127.0.0.1", 8000))
    ['127.0.0.1:8000', 'localhost:8000']
    """
    own = {LOOPBACK, "localhost"} if host in (LOOPBACK, "localhost") else {host}
    return frozenset(f"{name}:{port}" for name in own)


def application(answers: Answers, admits: Pass) -> ASGIApp:
    """The whole server behind its guard."""
    head = (
        f'<link rel="stylesheet" href="viewer.css?token={admits.token}">'
        f'<script type="module" src="viewer.js?token={admits.token}"></script><link rel="icon" href="data:,">'
    )

    def index(_: Request) -> Response:
        return Response(page(head, nonce=admits.nonce), media_type="text/html")

    def built(request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        return Response(asset(name), media_type=ASSETS[name])

    def ask(request: Request) -> Response:
        answer = answers.answer(request.path_params["resource"])
        return Response(answer.content, answer.status, media_type=answer.media_type)

    routes = [Route("/", index), *(Route(f"/{name}", built) for name in ASSETS), Route("/ask/{resource:path}", ask)]
    return Guard(Starlette(routes=routes), admits)
