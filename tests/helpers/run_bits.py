"""Whether two runs hold the same numbers, to the last bit."""

from otoscope.results import Run


def same_bits(a: Run, b: Run) -> bool:
    """Whether the Datasets of two runs are identical, apart from attributes."""
    return a.dataset.load().drop_attrs().identical(b.dataset.load().drop_attrs())
