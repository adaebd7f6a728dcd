"""Who may ask: only the page that was given the token, and only by this server's own name.

A token keeps other programs and other users out. Host and Origin are compared with the server's own address, so that no
web page can reach it through a name of its own that points here (DNS rebinding), token or not.
"""

import hmac
from dataclasses import dataclass, field
from secrets import token_urlsafe
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_QUERY = 256
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
class Pass:
    """What a request must carry: the token, and one of the server's own names (`127.0.0.1:8000`).

    `nonce` marks the one style that the page itself makes.
    """

    token: str
    hosts: frozenset[str]
    nonce: str = field(default_factory=lambda: token_urlsafe(16))

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries."""
        named = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=self.nonce)}
        return [(name.lower().encode(), value.encode()) for name, value in named.items()]

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Why a request is turned away, as a status and a line; None where it may enter."""
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self.hosts:
            return 421, "this server answers to its own address only"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://") not in self.hosts:
            return 403, "this server answers to its own page only"
        if scope["method"] not in ("GET", "HEAD"):
            return 405, "this server is only read from"
        if len(scope["query_string"]) > LONGEST_QUERY:
            return 414, "this address is too long"
        if not hmac.compare_digest(_token(scope, headers).encode(), self.token.encode()):
            return 403, "this address lacks the token; open the one that `otoscope view` printed"
        return None


class Guard:
    """Turns away whoever has no pass, and gives every answer the headers that keep the page to itself."""

    def __init__(self, app: ASGIApp, admits: Pass) -> None:
        """Stand before `app`."""
        self.app = app
        self.admits = admits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or let `app` do it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        if scope["type"] != "http":
            return
        refusal = self.admits.refusal(scope)
        answers = self.app if refusal is None else PlainTextResponse(refusal[1], refusal[0])
        await answers(scope, receive, _with_headers(send, self.admits.headers))


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
