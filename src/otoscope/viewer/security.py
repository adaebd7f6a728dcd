"""Who may request a resource: only the page with the token, and only by the server's own name.

The token keeps out other programs and other users. The check of Host and Origin keeps out web pages that reach the
server through a name of their own (DNS rebinding), with or without the token. The port of Host is free
(decision 10).
"""

import hmac
import re
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_QUERY_BYTES = 256
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

    The Origin of a request is the address in its Host header, port included.
    `nonce` marks the style element that the page creates.
    """

    token: str
    hosts: frozenset[str]
    nonce: str = field(default_factory=lambda: token_urlsafe(16))

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
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.is_own_name(host):
            return 421, WRONG_HOST
        if origin is not None and origin != f"http://{host}":
            return 403, "this server responds only to its own page"
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "this server accepts only GET and HEAD"
        if len(scope["query_string"]) > MAX_QUERY_BYTES:
            return 414, f"expected a query of at most {MAX_QUERY_BYTES} bytes"
        if not hmac.compare_digest(_token(scope, headers).encode(), self.token.encode()):
            return 403, "the address has no valid token; open the address that `otoscope view` printed"
        return None


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
        await app(scope, receive, _with_headers(send, self.policy.headers))


def _token(scope: Scope, headers: Headers) -> str:
    bearer = headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        return bearer.removeprefix("Bearer ")
    (token,) = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[:1]
    return token


def _with_headers(send: Send, extra: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending
