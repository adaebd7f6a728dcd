"""Run folders whose files are missing, truncated, of the wrong type, or of another kind of run."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.helpers.bad_inputs.attempt import Attempt, Samples
from tests.helpers.bad_inputs.json_fields import VALUES
from tests.helpers.bad_inputs.label_files import BYTES

READERS = {
    "heads": ("heads", "{here}/run"),
    "relations": ("relations", "{here}/run", "--layer", "0", "--head", "0"),
    "figures": ("figures", "{here}/run", "-o", "{here}/out", "--format", "svg"),
    "view": ("view", "{here}/run", "--export", "{here}/out.html"),
    "resume": ("analyze", "{model}", "{corpus}", "-o", "{here}/run", "--resume"),
}
KINDS = ("heads", "rank", "probe", "prune", "segment")


def run_attempts() -> Iterator[Attempt]:
    """Yield a command on a bad run folder each."""
    for reader in READERS:
        for name, content in BYTES.items():
            yield _run(f"run.json: {name}", reader, lambda run, c=content: (run / "run.json").write_bytes(c))
        for field in ("format_version", "finished", "plan", "holds", "digest", "another"):
            for value in VALUES[:7]:
                yield _run(f"run.json: {field} = {value!r}", reader, _field(field, value))
        yield _run("no run.json", reader, lambda run: (run / "run.json").unlink())
        yield _run("no results", reader, lambda run: [shutil.rmtree(path) for path in run.glob("*.zarr")])
        for number in range(6):
            yield _run(f"file {number} empty", reader, lambda run, n=number: _nth(run, n).write_bytes(b""))
            yield _run(f"file {number} halved", reader, lambda run, n=number: _halve(_nth(run, n)))
            yield _run(f"file {number} missing", reader, lambda run, n=number: _nth(run, n).unlink())
    for kind in KINDS:
        for command in (
            ("heads", f"{{{kind}}}", "--sort", "globalness"),
            ("relations", f"{{{kind}}}", "--layer", "0", "--head", "0"),
            ("relations", f"{{{kind}}}", "--layer", "-1", "--head", "99"),
            ("figures", f"{{{kind}}}", "-o", "{here}/out", "--utterance", "no-such-utterance"),
            ("view", f"{{{kind}}}", "--export", "{here}/out.html", "--heads", "9.9"),
            ("refine", "{model}", "-o", "{here}/out", "--run", f"{{{kind}}}", "--heads", "0.5"),
            ("rank", "{model}", "{corpus}", "-o", "{here}/out", "--by", "globalness", "--run", f"{{{kind}}}"),
            (
                "prune",
                "{model}",
                "{corpus}",
                "-o",
                "{here}/out",
                "--by",
                "globalness",
                "--run",
                f"{{{kind}}}",
                "--probes",
                "phone",
            ),
            ("analyze", "{model}", "{corpus}", "-o", f"{{{kind}}}"),
            ("probe", "{model}", "{corpus}", "-o", f"{{{kind}}}", "--resume"),
        ):
            yield Attempt("run", f"a {kind} run: {' '.join(command[:1])}", command)


def _nth(run: Path, number: int) -> Path:
    files = sorted(path for path in run.rglob("*") if path.is_file())
    return files[number * (len(files) - 1) // 5]


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _field(field: str, value: Any) -> Callable[[Path], object]:
    def spoil(run: Path) -> None:
        content = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps(content | {field: value}))

    return spoil


def _run(name: str, reader: str, spoil: Callable[[Path], object]) -> Attempt:
    def prepare(here: Path, samples: Samples) -> None:
        spoil(shutil.copytree(samples.runs["heads"], here / "run"))

    return Attempt("run", f"{reader}: {name}", READERS[reader], prepare)
