"""Heads as users name them: LAYER.HEAD."""

from collections.abc import Sequence

from otoscope.errors import InputError


def parse_heads(names: Sequence[str]) -> list[tuple[int, int]]:
    """Return layer and index of each head.

    Raises:
        InputError: a name is not LAYER.HEAD.

    >>> parse_heads(["0.1", "2.3"])
    [(0, 1), (2, 3)]
    """
    pairs = [name.strip().split(".") for name in names if name.strip()]
    if not all(len(pair) == 2 and all(number.isdecimal() for number in pair) for pair in pairs):
        typed = ",".join(names)
        raise InputError(f"expected --heads as LAYER.HEAD with commas between, for example 0.1,2.3, found '{typed}'")
    return [(int(layer), int(head)) for layer, head in pairs]
