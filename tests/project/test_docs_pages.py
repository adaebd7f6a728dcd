"""Commands and code in the documents run as written; names, options and files that documents mention exist."""

import re
import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from tests.project.test_imports import LAYERS
from typer.main import get_command

import otoscope
from otoscope.cli import GROUPS, app, main

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "web/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)otoscope ([a-z]\w*)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])(--?[a-z][\w-]*)")
PUBLIC_NAME = re.compile(r"`otoscope\.([A-Za-z]\w*)[`(]")
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|toml|tsx?|md|css))`")
PLACE = re.compile(r"`(\w+)` \(`([\w/]+\.py)`\)")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[\w-]*)?\)")
FOLDERS = [ROOT, ROOT / "src" / "otoscope", ROOT / "web" / "src", ROOT / "docs", ROOT / "tests"]


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text())


def run_command(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `otoscope ... [> FILE]` in this process."""
    arguments, _, file = line.partition(" > ")
    program, *rest = shlex.split(arguments)
    assert program == "otoscope", f"{line}: blocks of bash hold commands of otoscope only"
    monkeypatch.setattr(sys, "argv", ["otoscope", *rest])
    with ExitStack() as stack:
        if file:
            stack.enter_context(redirect_stdout(stack.enter_context(Path(file).open("w"))))
        with pytest.raises(SystemExit) as stop:
            main()
    assert stop.value.code in (0, None), line


RUNNABLE = [page for page in PAGES if blocks(page)]
LASTING = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "extending"]
"""Pages that name what exists: the history names what is gone, and guides for plug-ins name files to write."""


def steps(page: Path) -> Iterator[tuple[str, str]]:
    """Return the language and the text of each command and each block of Python."""
    for language, code in blocks(page):
        yield from [(language, code)] if language == "python" else [(language, line) for line in code.splitlines()]


SHARED = {
    command
    for command, pages in Counter(
        code for page in RUNNABLE for code in {code for language, code in steps(page) if language == "bash"}
    ).items()
    if pages > 1
}
"""Commands of several pages."""


def contents(folder: Path) -> dict[Path, int]:
    """Return the files below a folder with their sizes."""
    return {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folders_after(tmp_path_factory) -> dict[tuple[str, ...], Path]:
    """Return folders after a shared command, by all that wrote into them: pages that agree so far run it once."""
    return {}


def known_peaks(models: list[str], seconds: list[float]) -> dict[float, list[float]]:
    """Return a peak of memory for each model, which `otoscope bench` measures in processes: see its own tests."""
    return {length: [100.0] * len(models) for length in seconds}


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=relative)
def test_a_page_runs_as_written(page, tmp_path, tmp_path_factory, folders_after, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("otoscope.refinement.bench.peak_memory", known_peaks)
    history: tuple[str, ...] = ()  # of what wrote into the folder
    for language, code in steps(page):
        before = contents(tmp_path)
        if language == "python":
            exec(compile(code, relative(page), "exec"), {"__name__": "__main__"})
        elif (*history, code) in folders_after:
            shutil.copytree(folders_after[*history, code], tmp_path, dirs_exist_ok=True)
        else:
            run_command(code, monkeypatch)
        if contents(tmp_path) != before:
            history = (*history, code)
            if code in SHARED and history not in folders_after:
                folders_after[history] = shutil.copytree(tmp_path, tmp_path_factory.mktemp("shared") / "folder")


@cache
def described_commands():
    """Return the commands by name; to describe all of them takes a tenth of a second."""
    return get_command(app).commands


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_commands_and_options_in_a_page_exist(page):
    commands = described_commands()
    for name, rest in COMMAND.findall("\n".join(CODE.findall(page.read_text()))):
        assert name in commands, f"otoscope {name}"
        known = {option for parameter in commands[name].params for option in parameter.opts + parameter.secondary_opts}
        unknown = set(OPTION.findall(rest.partition("#")[0])) - known - {"--help"}
        assert not unknown, f"otoscope {name} has no {unknown}"


@pytest.mark.parametrize("page", LASTING, ids=relative)
def test_public_names_and_files_in_a_page_exist(page):
    text = page.read_text()
    assert set(PUBLIC_NAME.findall(text)) - groups() <= set(otoscope.__all__)
    files = [file for file in FILE.findall(text) if not file.isupper() and "NAME" not in file and "/" in file]
    assert [file for file in files if not any((folder / file).exists() for folder in FOLDERS)] == []


def groups() -> set[str]:
    """Names of entry point groups and packages, which look like public names."""
    packages = {path.name for path in (ROOT / "src" / "otoscope").iterdir()}
    return packages | {"rankings", "probes", "detectors", "corpus_formats", "model_families"}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_a_name_that_a_page_places_in_a_file_is_defined_there(page):
    for name, file in PLACE.findall(page.read_text()):
        source = (ROOT / "src" / "otoscope" / file).read_text()
        assert re.search(rf"^ *(?:(?:def|class) {name}\b|{name}\b.* = )", source, re.MULTILINE), (
            f"{name} is not in {file}"
        )


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")), ids=relative)
def test_links_of_a_page_at_the_top_lead_to_files(page):
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


def test_the_readme_lists_every_command_in_the_order_and_the_groups_of_the_help():
    listed = re.findall(r"^\| (?:`otoscope (\w+)`|\*\*(.+)\*\*) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    in_help = [[("", group), *((command.__name__, "") for command in GROUPS[group])] for group in GROUPS]
    assert listed == list(chain.from_iterable(in_help))


def test_the_architecture_page_shows_the_layers_that_imports_are_checked_against():
    page = (ROOT / "docs" / "architecture.md").read_text()
    assert [line.split() for line in rows(LAYERS)] == [line.split() for line in rows(table_of(page))]


def rows(table: str) -> Iterator[str]:
    return (line for line in table.splitlines() if line.strip())


def table_of(page: str) -> str:
    """Return the code block after the heading `Layers`."""
    return page.partition("## Layers")[2].split("```")[1]


def test_the_architecture_page_has_one_line_for_each_package():
    page = (ROOT / "docs" / "architecture.md").read_text()
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert set(LAYERS.split()) - {"errors", "typing", "registry"} == described
