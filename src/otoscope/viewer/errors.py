"""Errors of the viewer's API."""


class NotFoundError(Exception):
    """The run, utterance, head, tile or file does not exist."""


class NotReadyError(Exception):
    """The resource is still being computed; request it again."""
