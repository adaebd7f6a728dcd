"""A hook of mkdocs: formulas between dollar signs become MathML, which browsers draw without a script."""

import re
from typing import Any

from latex2mathml.converter import convert

CODE = re.compile(r"(```.*?```|`[^`]*`)", re.DOTALL)
FORMULA = re.compile(r"\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its formulas drawn; code is left as it is."""
    parts = CODE.split(markdown)
    return "".join(part if index % 2 else FORMULA.sub(_mathml, part) for index, part in enumerate(parts))


def _mathml(found: re.Match[str]) -> str:
    if found["block"]:
        return convert(found["block"].strip(), display="block")
    return f"<span>{convert(found['inline'])}</span>"  # a bare formula at the start of a line would be a block
