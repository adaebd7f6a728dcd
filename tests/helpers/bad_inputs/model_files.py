"""Model folders whose files are missing, truncated, swapped or something else."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.bad_inputs.attempt import Attempt, Samples
from tests.helpers.bad_inputs.label_files import BYTES

FILES = ("config.json", "preprocessor_config.json", "model.safetensors")
COMMANDS = {
    "analyze": ("analyze", "{here}/model", "{corpus}", "-o", "{here}/out", "--limit", "1"),
    "refine": ("refine", "{here}/model", "-o", "{here}/out", "--remove-file", "{here}/heads.json"),
    "bench": ("bench", "{here}/model", "--seconds", "1", "--rounds", "1"),
}


def model_attempts() -> Iterator[Attempt]:
    """Yield a command on a bad model folder each."""
    for file in FILES:
        for command in COMMANDS:
            yield _model(f"{file} missing", command, lambda folder, file=file: (folder / file).unlink())
            yield _model(f"{file} is a folder", command, _folder_in_place(file))
        for name, content in BYTES.items():
            yield _model(f"{file}: {name}", "analyze", lambda folder, f=file, c=content: (folder / f).write_bytes(c))
        for share in (0.01, 0.5, 0.99):
            yield _model(f"{file}: {share:.0%} of it", "analyze", _truncated(file, share))
        for other in sorted(set(FILES) - {file}):
            yield _model(f"{file} is a copy of {other}", "analyze", _copied(other, file))
    for path in (
        "",
        " ",
        ".",
        "/",
        "{corpus}",
        "{heads}",
        "/dev/null",
        "no-such/model",
        "../..",
        "a" * 300,
        "bundled ",
        "\u202e",
        "http://127.0.0.1:9/",
    ):
        for command in ("analyze", "rank", "probe", "prune", "segment"):
            yield Attempt(
                "model", f"{command} on {path[:20]!r}", (command, path, "{corpus}", "-o", "{here}/out", "--limit", "1")
            )
        yield Attempt(
            "model", f"refine {path[:20]!r}", ("refine", path, "-o", "{here}/out", "--heads", "0.5", "--run", "{heads}")
        )
        yield Attempt("model", f"bench {path[:20]!r}", ("bench", path, "--seconds", "1"))
        yield Attempt("model", f"convert {path[:20]!r}", ("convert", path, "-o", "{here}/out"))
    for name, content in BYTES.items():
        yield Attempt(
            "model",
            f"convert: {name}",
            ("convert", "{here}/a.pt", "-o", "{here}/out"),
            lambda here, _, c=content: (here / "a.pt").write_bytes(c) and None,
        )
        yield Attempt(
            "model",
            f"remove-file: {name}",
            ("refine", "{model}", "-o", "{here}/out", "--remove-file", "{here}/heads.json"),
            lambda here, _, c=content: (here / "heads.json").write_bytes(c) and None,
        )
    for text in (
        "null",
        "{}",
        "[]",
        "[[0]]",
        "[[0, 99]]",
        "[[-1, 0]]",
        '[["a", 0]]',
        "[[0, 0, 0]]",
        "[[0.5, 0]]",
        "[0, 0]",
        "[[0, 0], [0, 0]]",
        "[[1e400, 0]]",
        "[[0,0],[0,1],[0,2],[1,0],[1,1],[1,2]]",
    ):
        yield Attempt(
            "model",
            f"remove-file: {text}",
            ("refine", "{model}", "-o", "{here}/out", "--remove-file", "{here}/heads.json"),
            lambda here, _, t=text: (here / "heads.json").write_text(t) and None,
        )


def _model(name: str, command: str, spoil: Callable[[Path], object]) -> Attempt:
    def prepare(here: Path, samples: Samples) -> None:
        spoil(shutil.copytree(samples.model, here / "model"))
        (here / "heads.json").write_text("[[0, 0]]")

    return Attempt("model", f"{command}: {name}", COMMANDS[command], prepare)


def _folder_in_place(file: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / file).unlink()
        (folder / file).mkdir()

    return spoil


def _truncated(file: str, share: float) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(len(content) * share)])

    return spoil


def _copied(source: str, target: str) -> Callable[[Path], object]:
    return lambda folder: shutil.copy(folder / source, folder / target)
