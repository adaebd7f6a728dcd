"""Plug-ins from outside the package: what a user's package contains, in a folder that a test puts on the path."""

import re
from pathlib import Path

EXTENDING = Path(__file__).parents[2] / "docs" / "extending"


def install_plugin(folder: Path, kind: str, name: str, source: str) -> None:
    """Write a module `otoscope_NAME` with its entry point into a folder, as `pip install` does."""
    module = f"otoscope_{name.replace('-', '_')}"
    (folder / f"{module}.py").write_text(source)
    metadata = folder / f"{module}-0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[otoscope.{kind}]\n{name} = {module}\n")


def documented_example(page: str) -> str:
    """Return the first block of Python in a page of `docs/extending`."""
    block = re.search(r"```python\n(.*?)```", (EXTENDING / page).read_text(), re.DOTALL)
    assert block is not None
    return block[1]


STATISTIC_EXAMPLE = documented_example("statistic.md")
FIGURE_EXAMPLE = documented_example("figure.md")
MODEL_FAMILY_EXAMPLE = documented_example("model-family.md")
CORPUS_FORMAT_EXAMPLE = documented_example("corpus-format.md")
