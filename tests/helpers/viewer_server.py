"""A server of the viewer in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from otoscope.viewer.api import ViewerApi
from otoscope.viewer.options import Address
from otoscope.viewer.security import AccessPolicy
from otoscope.viewer.server import allowed_hosts, application, configuration, listen

TOKEN = "browser"


@contextmanager
def serving(api: ViewerApi, port: int = 0) -> Iterator[str]:
    """Run a server in a thread; yields its address with the token."""
    listener = listen(Address(port=port))
    port = listener.getsockname()[1]
    app = application(api, AccessPolicy(TOKEN, allowed_hosts("127.0.0.1")))
    server = uvicorn.Server(configuration(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?token={TOKEN}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
