"""Every option of every command with values that no option takes."""

from collections.abc import Iterator
from typing import Any

from tests.helpers.bad_inputs.attempt import Attempt
from typer.main import get_command

from otoscope.cli import app

VALUES = ("", " ", "x", "-1", "0", "1e309", "nan", "inf", "9" * 25, "1.5", "a,b", ",", "∞", "../x", "0x1", "1 2", "--")
NEEDED = {
    "analyze": ("{model}", "{corpus}", "-o", "{here}/out", "--limit", "1"),
    "heads": ("{heads}",),
    "relations": ("{heads}", "--layer", "0", "--head", "0"),
    "figures": ("{rank}", "-o", "{here}/out", "--format", "svg"),
    "segment": ("{model}", "{corpus}", "-o", "{here}/out", "--limit", "1"),
    "rank": ("{model}", "{corpus}", "-o", "{here}/out", "--by", "weight", "--limit", "1"),
    "probe": ("{model}", "{corpus}", "-o", "{here}/out", "--probes", "hidden-error", "--limit", "1"),
    "sinks": ("{model}", "{corpus}", "-o", "{here}/out", "--probes", "hidden-error", "--limit", "1"),
    "prune": ("{model}", "{corpus}", "-o", "{here}/out", "--probes", "hidden-error", "--by", "weight", "--limit", "1"),
    "faithfulness": ("{model}", "{corpus}", "-o", "{here}/out", "--answers", "1", "--heads", "0", "--limit", "1"),
    "refine": ("{model}", "-o", "{here}/out", "--remove-file", "{here}/heads.json"),
    "bench": ("{model}", "--seconds", "0.5", "--rounds", "1"),
    "view": ("{heads}", "--export", "{here}/out.html"),
    "demo": ("unexpected",),
    "pretrain": ("{here}/no-recipe.toml", "-o", "{here}/out"),
    "reproduce": ("-o", "{here}/out", "--pretrain", "{here}/no", "--phones", "{here}/no", "--speakers", "{here}/no"),
    "models": ("unexpected",),
    "convert": ("{here}/no.pt", "-o", "{here}/out"),
}
SKIPPED = ("--resume", "--help", "--out", "--cache", "--view")
"""Options that write elsewhere, or start a server."""


def option_attempts() -> Iterator[Attempt]:
    """Yield a command with one bad option each."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        needed = NEEDED.get(name, ("{corpus}",))
        yield Attempt("options", f"{name}: nothing", (name,)) if name != "demo" else _with(name, needed, "--nonsense")
        for option in _names(command):
            for value in VALUES:
                yield _with(name, needed, option, value)


def _names(command: Any) -> list[str]:
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    return [
        option.opts[-1]
        for option in options
        if not getattr(option, "is_flag", False) and option.opts[-1] not in SKIPPED
    ]


def _with(name: str, needed: tuple[str, ...], *extra: str) -> Attempt:
    return Attempt("options", f"{name} {' '.join(extra)[:40]}", (name, *needed, *extra), _write_heads)


def _write_heads(here: Any, samples: Any) -> None:
    (here / "heads.json").write_text("[[0, 0]]")
