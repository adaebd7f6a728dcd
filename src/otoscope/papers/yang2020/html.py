"""Elements of the report's page; text is escaped here and nowhere else."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

MARKS = {"holds": ("yes", "✓"), "does not hold": ("no", "✗"), "cannot tell": ("open", "?")}


def page(title: str, body: Iterable[str]) -> str:
    """A whole page that needs no other file."""
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += f"<title>{escape(title)}</title>\n<style>\n{style}</style>"
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n{"".join(body)}</main></body></html>\n'


def heading(text: str, level: int = 2) -> str:
    """A heading; those of the second level can be linked to."""
    return f'<h{level} id="{_anchor(text)}">{escape(text)}</h{level}>\n'


def contents(headings: Iterable[str]) -> str:
    """Links to headings."""
    links = "".join(f'<li><a href="#{_anchor(text)}">{escape(text)}</a></li>' for text in headings)
    return f"<nav><ul>{links}</ul></nav>\n"


def _anchor(text: str) -> str:
    return text.lower().replace(" ", "-")


def paragraph(text: str, kind: str = "") -> str:
    """Running text.

    >>> paragraph("P < U")
    '<p>P &lt; U</p>\\n'
    """
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>\n"


def chip(answer: str) -> str:
    """An answer, by sign, word and colour."""
    kind, sign = MARKS[answer]
    return f'<span class="chip {kind}">{sign} {escape(answer)}</span>'


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table; columns at the places `numbers` hold numbers, and a cell that is an answer becomes its chip."""
    head = "".join(f"<th{_kind(at, numbers)}>{escape(title)}</th>" for at, title in enumerate(titles))
    lines = "".join(f"<tr>{''.join(_cells(row, numbers))}</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{lines}</tbody></table></div>\n'


def _cells(row: Sequence[str], numbers: Sequence[int]) -> Iterable[str]:
    for at, cell in enumerate(row):
        yield f"<td{_kind(at, numbers)}>{chip(cell) if cell in MARKS else escape(cell)}</td>"


def _kind(at: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if at in numbers else ""


def figure(light: str, dark: str, caption: str) -> str:
    """A picture on both surfaces, of which the page shows the one that fits."""
    pictures = f'<div class="light">{light}</div><div class="dark">{dark}</div>'
    return f"<figure>{pictures}<figcaption>{escape(caption)}</figcaption></figure>\n"
