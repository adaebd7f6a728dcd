"""Plain text tables with aligned columns."""

from collections.abc import Sequence


def format_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table below its titles and a rule; the first column is aligned left, the others right.

    >>> print(format_table(["probe", "score"], [["phone", "0.41"], ["speaker", "0.9"]]), end="")
    probe    score
    ──────────────
    phone     0.41
    speaker    0.9
    """
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    lines = [_line(titles, widths), "─" * (sum(widths) + 2 * (len(widths) - 1)), *(_line(row, widths) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip()
