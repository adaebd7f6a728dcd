"""Text on output that cannot show every character: a terminal in ASCII, or a Windows code page."""

import codecs
import sys
import warnings
from typing import Any

from otoscope.errors import InputWarning

HANDLER = "otoscope.degrade"
_format_as_python = warnings.formatwarning
SUBSTITUTES = {
    **dict.fromkeys("─━═╌–—−", "-"),
    **dict.fromkeys("│┃║", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯╞╡╪┏┓┗┛┡┩╇", "+"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    "±": "+-",
    "×": "x",
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "•": "*",
    "\u00a0": " ",
}
"""Substitutes for characters of our own texts. Any other character becomes an escape, as `\\u0259`."""


def degrade_output() -> None:
    """Make standard output and standard error write substitutes for characters that their encoding lacks."""
    codecs.register_error(HANDLER, substitute)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors=HANDLER)


def shorten_warnings() -> None:
    """Make Python print a warning for users as one line, and other warnings as before."""
    warnings.formatwarning = _format_warning


def _format_warning(message: Warning | str, category: type[Warning], *place: Any, **line: Any) -> str:
    if not issubclass(category, InputWarning):
        return _format_as_python(message, category, *place, **line)
    return f"otoscope: {' '.join(str(message).split())}\n"


def substitute(error: UnicodeError) -> tuple[str, int]:
    """Return substitutes for the characters that cannot be encoded, and where to continue.

    >>> codecs.register_error(HANDLER, substitute)
    >>> "0.41 ±0.02 ─ ə".encode("ascii", HANDLER)
    b'0.41 +-0.02 - \\\\u0259'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(SUBSTITUTES.get(character) or _escape(character) for character in characters), error.end


def _escape(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode("ascii")
