"""What is raised where there is no such thing to show, or not yet."""


class Absent(Exception):  # noqa: N818 - as InputError: the name says what is the case
    """No such run, utterance, head, tile or file."""


class NotYet(Exception):  # noqa: N818
    """What is asked for is still being made; ask again."""
