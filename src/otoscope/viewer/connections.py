"""Connections of the server: bounded in number, and in the time until a request has arrived.

A connection waits until its next request is complete. One that waits too long is closed, however often it sends a byte.
Where there are too many, the one that has waited longest is closed: a flood of half requests does not block the page.
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 64
MAX_REQUEST_SECONDS = 10.0


class BoundedConnection(H11Protocol):
    """A connection of uvicorn with the limits of this module."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        """Wait for the first request; the arguments are those of uvicorn."""
        super().__init__(*arguments, **settings)
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Accept the connection, and close the one that has waited longest if there are too many."""
        super().connection_made(transport)
        self._start_waiting()
        if len(self.connections) > MAX_CONNECTIONS:
            waiting = [other for other in self.connections if isinstance(other, BoundedConnection) and other._timer]
            min(waiting, key=lambda other: other._timer.when() if other._timer else 0).transport.abort()

    def handle_events(self) -> None:
        """Process what has arrived; a complete request ends the waiting."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next request, perhaps one that has already arrived."""
        self._start_waiting()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _start_waiting(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(MAX_REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
