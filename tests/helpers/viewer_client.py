"""Requests to an ASGI application without a socket."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

HOST = "127.0.0.1:8000"
TOKEN = "s3cret"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


def request(
    application: Any,
    path: str,
    method: str = "GET",
    query: str = f"token={TOKEN}",
    repeated: Sequence[tuple[str, str]] = (),
    **headers: str,
) -> Reply:
    """One request; headers are named with underscores, and `repeated` ones follow."""
    named = {"host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in [*named.items(), *repeated]],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    headers_sent = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers_sent, b"".join(message.get("body", b"") for message in sent[1:]))
