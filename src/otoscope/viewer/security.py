"""Who may request a resource: only the page with the token, and only by the server's own name.

The token keeps out other programs and other users. The check of Host and Origin keeps out web pages that reach the
server through a name of their own (DNS rebinding), with or without the token. The port of Host is free
(decision 10).

The page has a folder of its own, with a random name. The browser sends the cookie with the token to that folder only:
cookies do not distinguish ports, so a server on another port would receive the cookie of `/`.
"""

import hmac
import re
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_QUERY_BYTES = 256
MAX_PATH_BYTES = 8192
COOKIE = "otoscope"
OWN_SITES = (None, "none", "same-origin")
"""Values of Sec-Fetch-Site of a request by the user or by the page itself; None: an old browser, or a program."""
HOST_HEADER = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[^:\s]+)(?::[0-9]{1,5})?", re.IGNORECASE)
WRONG_HOST = (
    "this server responds only to 127.0.0.1, localhost and the name that --host gives; open the address that "
    "`otoscope view` printed. Through `ssh -L PORT:127.0.0.1:SERVER_PORT`, write PORT for SERVER_PORT in that address"
)
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' blob: data:",
        "media-src blob:",
        "connect-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class AccessPolicy:
    """The conditions of a request: it carries the token, and addresses the server by one of its own names, `hosts`.

    The Origin of a request is the address in its Host header, port included, or one of `origins`, those of a proxy.
    `nonce` marks the style element that the page creates; `folder` is the folder of the page.
    """

    token: str
    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    nonce: str = field(default_factory=lambda: token_urlsafe(16))
    folder: str = field(default_factory=lambda: token_urlsafe(9))

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of every response."""
        headers = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=self.nonce)}
        return [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    def is_own_name(self, host: str) -> bool:
        """Return whether a Host header names this server, at any port.

        >>> policy = AccessPolicy("token", frozenset({"127.0.0.1"}))
        >>> [policy.is_own_name(host) for host in ("127.0.0.1:9000", "evil.example:9000", "127.0.0.1.evil.example")]
        [True, False, False]
        """
        match = HOST_HEADER.fullmatch(host)
        return match is not None and match["name"].lower() in self.hosts

    def rejection(self, scope: Scope) -> tuple[int, str] | None:
        """Return why a request is rejected, as a status and a message; None where it is accepted."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.is_own_name(host):
            return 421, WRONG_HOST
        if not self.origins | {f"http://{host}"} >= set(headers.getlist("origin")):
            return 403, "this server responds only to its own page"
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "this server accepts only GET and HEAD"
        return _size_problem(scope) or self._token_problem(scope, headers)

    def _token_problem(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        token = _stated_token(scope, headers)
        if token is None and headers.get("sec-fetch-site") in OWN_SITES:
            token = cookie_parser(headers.get("cookie", "")).get(COOKIE)
        if not hmac.compare_digest((token or "").encode(), self.token.encode()):
            return 403, "the address has no valid token; open the address that `otoscope view` printed"
        return None

    @property
    def cookie(self) -> str:
        """The header that lets the browser send the token; without a path, it is valid in the folder of the page."""
        return f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict"

    def path_in_folder(self, path: str) -> str:
        """Return a path without the folder of the page, and without the prefix that a proxy adds before it.

        >>> AccessPolicy("token", frozenset(), folder="f1").path_in_folder("/proxy/8000/f1/api/runs")
        '/api/runs'
        """
        return "/" + path.split(f"/{self.folder}/", 1)[-1].removeprefix("/")


class AccessMiddleware:
    """An ASGI application that rejects requests by a policy and passes the others on."""

    def __init__(self, app: ASGIApp, policy: AccessPolicy) -> None:
        """Protect `app` by `policy`."""
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reject one request, or let `app` respond to it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        rejection = self.policy.rejection(scope)
        app = self.app if rejection is None else PlainTextResponse(rejection[1], rejection[0])
        inside = {**scope, "path": self.policy.path_in_folder(scope["path"]), "whole_path": scope["path"]}
        await app(inside, receive, _with_headers(send, self.policy.headers))


def _size_problem(scope: Scope) -> tuple[int, str] | None:
    if len(scope["query_string"]) > MAX_QUERY_BYTES:
        return 414, f"expected a query of at most {MAX_QUERY_BYTES} bytes"
    if len(scope["path"].encode()) > MAX_PATH_BYTES:
        return 414, f"expected a path of at most {MAX_PATH_BYTES} bytes"
    return None


def _stated_token(scope: Scope, headers: Headers) -> str | None:
    """Return the token of the header or the address, which take precedence over the cookie; None without one."""
    bearer = headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        return bearer.removeprefix("Bearer ")
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", [])), None)


def _with_headers(send: Send, extra: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending
