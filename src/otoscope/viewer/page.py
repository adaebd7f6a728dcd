"""The page: its built script and style, and the HTML around them."""

from functools import cache
from importlib.resources import files

from otoscope.viewer.errors import NotFoundError

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
<noscript>otoscope needs JavaScript to draw this page.</noscript>
</div>
{body}
</body>
</html>
"""


@cache
def asset(name: str) -> bytes:
    """Return a built file of the page. Raises NotFoundError for any other name."""
    if name not in ASSETS:
        raise NotFoundError(name)
    return files(__package__).joinpath("assets", name).read_bytes()


def page(head: str, body: str = "", nonce: str = "") -> bytes:
    """Return the HTML of the page.

    Args:
        head: further elements of the head.
        body: further elements of the body.
        nonce: nonce of the style element that the page creates.

    >>> b"<title>otoscope</title>" in page("")
    True
    """
    return _PAGE.format(head=head, body=body, nonce=nonce).encode()
