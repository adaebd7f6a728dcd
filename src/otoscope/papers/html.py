"""HTML elements of a report. All text is escaped here and nowhere else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from otoscope.results.verdict import Verdict

VERDICT_BADGES = {
    Verdict.HOLDS: ("holds", "✓"),
    Verdict.DOES_NOT_HOLD: ("does-not-hold", "✗"),
    Verdict.UNDECIDED: ("undecided", "?"),
}
"""CSS class and sign of each verdict."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, and the verdict if the cell is shown as a badge."""

    text: str
    verdict: Verdict | None = None


def page(title: str, body: Iterable[str]) -> str:
    """Return a page that needs no other file."""
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title>\n<style>\n{style}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n{"".join(body)}</main></body></html>\n'


def heading(text: str, level: int = 2) -> str:
    """Return a heading with an anchor for links."""
    return f'<h{level} id="{_anchor(text)}">{escape(text)}</h{level}>\n'


def contents(headings: Iterable[str]) -> str:
    """Return a list of links to headings."""
    links = "".join(f'<li><a href="#{_anchor(text)}">{escape(text)}</a></li>' for text in headings)
    return f"<nav><ul>{links}</ul></nav>\n"


def _anchor(text: str) -> str:
    return text.lower().replace(" ", "-")


def paragraph(text: str) -> str:
    """Return a paragraph.

    Examples:
        >>> paragraph("P < U")
        '<p>P &lt; U</p>\\n'
    """
    return f"<p>{escape(text)}</p>\n"


def badge(verdict: Verdict, text: str) -> str:
    """Return a verdict with its sign and colour."""
    css_class, sign = VERDICT_BADGES[verdict]
    return f'<span class="badge {css_class}">{sign} {escape(text)}</span>'


def table(titles: Sequence[str], rows: Iterable[Sequence[str | Cell]], numbers: Sequence[int] = ()) -> str:
    """Return a table.

    Args:
        titles: title of each column.
        rows: cells of each row; a `Cell` with a verdict is shown as a badge.
        numbers: indices of the columns with numbers.
    """
    head = "".join(f"<th{_css(column, numbers)}>{escape(title)}</th>" for column, title in enumerate(titles))
    lines = "".join(f"<tr>{''.join(_cells(row, numbers))}</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table></div>\n'


def _cells(row: Sequence[str | Cell], numbers: Sequence[int]) -> Iterable[str]:
    for column, value in enumerate(row):
        cell = value if isinstance(value, Cell) else Cell(value)
        content = escape(cell.text) if cell.verdict is None else badge(cell.verdict, cell.text)
        yield f"<td{_css(column, numbers)}>{content}</td>"


def _css(column: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if column in numbers else ""


def figure(light: str, dark: str, caption: str) -> str:
    """Return a figure in both themes; the page shows the one that fits its background."""
    pictures = f'<div class="light">{light}</div><div class="dark">{dark}</div>'
    return f"<figure>{pictures}<figcaption>{escape(caption)}</figcaption></figure>\n"
