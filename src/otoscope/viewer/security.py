"""Who may request a resource: only the page with the token, and only at the server's own address.

The token keeps out other programs and other users. The comparison of Host and Origin with the address keeps out
web pages that reach it through a name of their own (DNS rebinding), with or without the token.
"""

import hmac
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_QUERY_BYTES = 256
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
    """The conditions of a request: it carries the token, and addresses the server by its own name (`127.0.0.1:8000`).

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

    def rejection(self, scope: Scope) -> tuple[int, str] | None:
        """Return why a request is rejected, as a status and a message; None where it is accepted."""
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self.hosts:
            return 421, "this server responds only to requests for its own address"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
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
