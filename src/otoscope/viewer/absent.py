"""What is raised where there is no such thing to show."""


class Absent(Exception):  # noqa: N818 - as BadInput: the name says what is the case
    """No such run, utterance, head, tile or file."""
