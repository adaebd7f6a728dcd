"""The viewer over HTTP: the page, its script and style, and the API."""

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from otoscope.errors import InputError
from otoscope.viewer.api import WAV, ViewerApi
from otoscope.viewer.byte_ranges import byte_range
from otoscope.viewer.connections import BoundedConnection
from otoscope.viewer.options import LOOPBACK, Address
from otoscope.viewer.page import ASSETS, asset, page
from otoscope.viewer.security import AccessMiddleware, AccessPolicy

LOCAL_HOSTS = (LOOPBACK, "localhost")
LOOPBACK_NAMES = frozenset({*LOCAL_HOSTS, "[::1]"})
MAX_HEADER_BYTES = 16 * 1024
MAX_WAITING_CONNECTIONS = 128
HEAD = (
    '<link rel="stylesheet" href="viewer.css"><script type="module" src="viewer.js"></script>'
    '<link rel="icon" href="data:,">'
)


def serve(api: ViewerApi, address: Address, on_ready: Callable[[str], None], browser: bool) -> None:
    """Serve the viewer until the user interrupts it.

    Args:
        api: the runs to show.
        address: where to listen.
        on_ready: receives the URL as soon as the port is open.
        browser: whether to open the URL in the user's browser.

    Raises:
        InputError: the port is in use, or other machines reach the host and `allow_remote` is not set.
    """
    with listen(address) as listener:
        port = listener.getsockname()[1]
        policy = access_policy(address, secrets.token_urlsafe(24))
        url = f"{page_address(address, port)}?token={policy.token}"
        on_ready(url)
        if browser:
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()  # a console browser blocks
        uvicorn.Server(configuration(application(api, policy))).run(sockets=[listener])


def configuration(app: ASGIApp) -> uvicorn.Config:
    """Return the settings of the server: its limits, and no log of requests, which would contain the token."""
    return uvicorn.Config(
        app,
        http=BoundedConnection,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
    )


def listen(address: Address) -> socket.socket:
    """Return a socket that listens on the address. Raises InputError as `serve` does."""
    if address.host not in LOCAL_HOSTS and not address.allow_remote:
        raise InputError(
            f"--host {address.host} shows the run and its audio to other machines, without encryption; "
            "add --allow-remote to permit this, or omit --host"
        )
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(MAX_WAITING_CONNECTIONS)  # a browser that is faster than the server waits
    except OSError as error:
        listener.close()
        reason = error.strerror or error
        raise InputError(
            f"cannot listen on {address.host}:{address.port} ({reason}); choose another --port, or omit it"
        ) from None
    return listener


def page_address(address: Address, port: int) -> str:
    """Return the address of the page, behind a proxy if `root_path` says so.

    >>> page_address(Address(root_path="/lab/proxy/8000"), 8000)
    'http://127.0.0.1:8000/lab/proxy/8000/'
    >>> page_address(Address(root_path="https://hub.example/proxy/8000"), 8000)
    'https://hub.example/proxy/8000/'
    """
    prefix = address.root_path.rstrip("/")
    return f"{prefix}/" if urlsplit(prefix).scheme else f"http://{address.host}:{port}{prefix}/"


def access_policy(address: Address, token: str) -> AccessPolicy:
    """Return the policy of a server at an address, and at the address of its proxy."""
    hosts, proxy = allowed_hosts(address.host), urlsplit(address.root_path)
    if not proxy.hostname:
        return AccessPolicy(token, hosts)
    return AccessPolicy(token, hosts | {proxy.hostname}, frozenset({f"{proxy.scheme}://{proxy.netloc}"}))


def allowed_hosts(host: str) -> frozenset[str]:
    """Return the names that a Host header may give this server: its own, and those of loopback, for tunnels.

    >>> sorted(allowed_hosts("node7.example"))
    ['127.0.0.1', '[::1]', 'localhost', 'node7.example']
    """
    return LOOPBACK_NAMES | {host.lower()}


def application(api: ViewerApi, policy: AccessPolicy) -> ASGIApp:
    """Return the server as an ASGI application, protected by the policy."""

    def serve_page(request: Request) -> Response:
        if f"/{policy.folder}/" not in request.scope["whole_path"]:
            return RedirectResponse(f"{policy.folder}/?token={policy.token}", 303)  # relative: a proxy adds a prefix
        return Response(page(HEAD, nonce=policy.nonce), headers={"Set-Cookie": policy.cookie}, media_type="text/html")

    def serve_asset(request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        return Response(asset(name), media_type=ASSETS[name])

    def serve_resource(request: Request) -> Response:
        response = api.get(request.path_params["resource"])
        if response.media_type == WAV:
            return _part(response.content, request.headers.get("range", ""))
        return Response(response.content, response.status, media_type=response.media_type)

    assets = (Route(f"/{name}", serve_asset) for name in ASSETS)
    routes = [Route("/", serve_page), *assets, Route("/api/{resource:path}", serve_resource)]
    return AccessMiddleware(Starlette(routes=routes), policy)


def _part(audio: bytes, header: str) -> Response:
    """Return audio, or the part of it that the header Range asks for."""
    headers, part = {"Accept-Ranges": "bytes"}, byte_range(header, len(audio))
    if part is None:
        return Response(audio, headers=headers, media_type=WAV)
    if not part:
        return Response(b"", 416, {**headers, "Content-Range": f"bytes */{len(audio)}"})
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(audio)}"
    return Response(audio[part.start : part.stop], 206, headers, media_type=WAV)
