"""Turn formulas between dollar signs into MathML, which browsers draw without a script (a hook of mkdocs)."""

import re
from typing import Any

from latex2mathml.converter import convert

CODE = re.compile(r"(```.*?```|`[^`]*`)", re.DOTALL)
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return the text of a page with its formulas as MathML; code stays unchanged."""
    parts = CODE.split(markdown)
    return "".join(part if index % 2 else FORMULA.sub(_mathml, part) for index, part in enumerate(parts))


def _mathml(formula: re.Match[str]) -> str:
    if formula["block"]:
        return convert(formula["block"].strip(), display="block")
    return f"<span>{convert(formula['inline'])}</span>"  # a bare formula at the start of a line would be a block
