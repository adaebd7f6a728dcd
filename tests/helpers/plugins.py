"""Plug-ins from outside the package: what a user's package contains, in a folder that a test puts on the path."""

import re
from pathlib import Path

from tests.helpers.forked_process import run_otoscope

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


def run_command(folder: Path, *arguments: str) -> str:
    """Run the command line in a process of its own, with the packages of a folder, and return what it prints."""
    process = run_otoscope(*arguments, environment={"PYTHONPATH": str(folder), "COLUMNS": "200"})
    assert process.returncode == 0, process.stderr
    return process.stdout
