"""The one page: its built script and style, and the HTML that holds them."""

from functools import cache
from importlib.resources import files

from otoscope.viewer.errors import Absent

ASSETS = {"viewer.js": "text/javascript; charset=utf-8", "viewer.css": "text/css; charset=utf-8"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>otoscope</title>
{head}
</head>
<body>
<div id="otoscope" data-nonce="{nonce}">
<noscript>otoscope draws this page with JavaScript, which this browser does not run.</noscript>
</div>
{body}
</body>
</html>
"""


@cache
def asset(name: str) -> bytes:
    """A built file of the page. Raises Absent for any other name."""
    if name not in ASSETS:
        raise Absent(name)
    return files(__package__).joinpath("assets", name).read_bytes()


def page(head: str, body: str = "", nonce: str = "") -> bytes:
    """The HTML around the page's script.

    >>> b"<title>otoscope</title>" in page("")
    True
    """
    return _PAGE.format(head=head, body=body, nonce=nonce).encode()
