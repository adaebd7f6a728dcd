"""Closures of TIMIT: the silence of a stop before its release has a label of its own."""

from collections.abc import Sequence

CLOSURES = {"b": "bcl", "d": "dcl", "g": "gcl", "p": "pcl", "t": "tcl", "k": "kcl", "jh": "dcl", "ch": "tcl"}
"""Releases of TIMIT, each with its closure."""


def join_closures(phones: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Return symbol, start and end of each phone, where a release starts with the closure before it.

    >>> join_closures([("s", 0.0, 0.1), ("tcl", 0.1, 0.2), ("t", 0.2, 0.3)])
    [('s', 0.0, 0.1), ('t', 0.1, 0.3)]
    """
    joined: list[tuple[str, float, float]] = []
    for symbol, start, end in phones:
        is_release = bool(joined) and symbol in CLOSURES and joined[-1][0] == CLOSURES[symbol]
        if is_release:
            start = joined.pop()[1]
        joined.append((symbol, start, end))
    return joined
