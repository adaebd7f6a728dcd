"""Print the size of the code: long functions, long parameter lists, long files, class names defined twice.

python scripts/code_shape.py [--list]
"""

import argparse
import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_FUNCTION_LINES = 25
MAX_PARAMETERS = 6
MAX_FILE_LINES = 300


@dataclass(frozen=True)
class Function:
    """A function: where it is defined, its lines without docstring and signature, and its parameters."""

    place: str
    lines: int
    parameters: int


def python_files(folder: Path) -> list[Path]:
    """Return the Python files below a folder, in order of their paths."""
    return sorted(folder.rglob("*.py"))


def functions(path: Path) -> Iterator[Function]:
    """Yield every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            parameters = len([name for name in names if name not in ("self", "cls")])
            yield Function(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines, parameters)


def class_names(folder: Path) -> Counter[str]:
    """Count how often each class name is defined at the level of a module, protocols included."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in python_files(folder))
    return Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))


def repeated_classes(folder: Path) -> list[str]:
    """Return the class names that two modules define, or one module twice."""
    return sorted(name for name, count in class_names(folder).items() if count > 1)


def long_files(folder: Path, suffixes: tuple[str, ...] = (".py",)) -> list[str]:
    """Return the files below a folder that are longer than the limit."""
    files = (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes and "node_modules" not in path.parts)
    lengths = ((path, len(path.read_text(encoding="utf-8").splitlines())) for path in files)
    return [f"{path.relative_to(ROOT)} ({lines})" for path, lines in lengths if lines > MAX_FILE_LINES]


def shape(folder: Path) -> dict[str, list[str]]:
    """Return what exceeds each limit below a folder."""
    known = [function for path in python_files(folder) for function in functions(path)]
    return {
        f"functions over {MAX_FUNCTION_LINES} lines": [
            f"{function.place} ({function.lines})" for function in known if function.lines > MAX_FUNCTION_LINES
        ],
        f"functions over {MAX_PARAMETERS} parameters": [
            f"{function.place} ({function.parameters})" for function in known if function.parameters > MAX_PARAMETERS
        ],
        f"files over {MAX_FILE_LINES} lines": long_files(folder),
        "class names defined twice": repeated_classes(folder),
    }


def main() -> None:
    """Print one line per limit, and with `--list` every place that exceeds it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="list every place")
    show_places = parser.parse_args().list
    for limit, places in shape(ROOT / "src" / "otoscope").items():
        print(f"{limit}: {len(places)}")
        for place in places if show_places else ():
            print(f"  {place}")


if __name__ == "__main__":
    main()
