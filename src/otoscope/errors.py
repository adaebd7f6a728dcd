"""The error that users see: one line with what was expected, what was found, and what to do."""

from collections.abc import Sequence

MAX_REASON = 250  # characters of the message of another library


class InputError(ValueError):
    """Input that cannot be used, explained in one line (the command line prints it and exits with status 2).

    Examples:
        >>> str(InputError("expected audio,\\n  got a poem"))
        'expected audio, got a poem'
    """

    def __init__(self, message: str) -> None:
        super().__init__(escape_undecodable(" ".join(message.split())))


class UnfinishedError(InputError):
    """A run whose other parts are still to be measured (the command line prints it and exits with status 0)."""


class UnreachableError(InputError):
    """Audio at an address that does not answer now: a command stops, rather than skip what it may read later."""


class InputWarning(UserWarning):
    """A problem that the user can solve and that does not stop a command (the command line prints it as one line)."""


def permission_error(error: OSError) -> InputError:
    """Return the error for a file or folder that the user may not read.

    Examples:
        >>> str(permission_error(PermissionError(13, "Permission denied", "speech/dr1")))
        'speech/dr1 cannot be read (Permission denied); check the permissions of the file or folder'
    """
    return InputError(
        f"{error.filename} cannot be read ({error.strerror}); check the permissions of the file or folder"
    )


def shorten_error(error: Exception) -> str:
    """Return the message of an error of another library in one line of at most 250 characters, or else its class.

    Examples:
        >>> shorten_error(ValueError("expected\\n  one")), shorten_error(KeyError())
        ('expected one', 'KeyError')
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}..."


def join_truncated(names: Sequence[str], most: int) -> str:
    """The first names of a list, and how many more there are.

    Examples:
        >>> join_truncated(["a", "b", "c"], 3), join_truncated(["a", "b", "c"], 2)
        ('a, b, c', 'a, b and 1 more')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def escape_undecodable(text: str) -> str:
    """Return the text with escapes for what is no Unicode, such as parts of a file name that is not UTF-8.

    Examples:
        >>> escape_undecodable("caf\\udce9.wav")
        'caf\\\\udce9.wav'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
