"""Derive options of a command from the fields of frozen dataclasses, and give the command their instances."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields, make_dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand
from typer.main import get_command

from otoscope.cli.options import numbers
from otoscope.runs.executors.start import start_workers
from otoscope.runs.options import ExecutionOptions

T = TypeVar("T")
WORKER_MODULES = ("otoscope.analysis.measure_shards",)
"""Modules that workers of most commands need: their server imports them while the command imports its own."""


def options_command(*kinds: type[Any]) -> type[TyperCommand]:
    """Return a command class that adds one option for each field of the dataclasses.

    The name of an option, its default and its help come from the field: `metadata["help"]`, and `metadata["metavar"]`
    if there is one. A field of type `tuple[str, ...]` or `tuple[int, ...]` is text with commas between the values.
    The command reads the instances with `read_options`. A field that several of the dataclasses have is one option.
    """

    class OptionsCommand(TyperCommand):
        def __init__(self, *arguments: Any, params: list[Any] | None = None, **settings: Any) -> None:
            added = {option.name: option for kind in kinds for option in _options(kind)}
            super().__init__(*arguments, params=[*(params or []), *added.values()], **settings)

        def invoke(self, ctx: Any) -> Any:
            ctx.obj = {kind: _instance(kind, ctx.params) for kind in kinds}
            added = {item.name for kind in kinds for item in fields(kind)}
            ctx.params = {name: value for name, value in ctx.params.items() if name not in added}
            execution = ctx.obj.get(ExecutionOptions)
            if execution is not None:
                start_workers(execution, WORKER_MODULES)  # before the command imports what it needs
            return super().invoke(ctx)

    return OptionsCommand


def read_options(context: typer.Context, kind: type[T]) -> T:
    """Return the instance of a dataclass that the options of the running command describe."""
    instance: T = context.obj[kind]
    return instance


def _options(kind: type[Any]) -> list[Any]:
    """Return Typer's options for the fields: those of a command with the same parameters."""
    hints = get_type_hints(kind)
    parameters = [(item.name, _annotation(item, hints[item.name]), _default(item)) for item in fields(kind)]
    parser = typer.Typer(add_completion=False)
    parser.command()(make_dataclass(kind.__name__, parameters, kw_only=True))
    return list(get_command(parser).params)


def _annotation(item: Field[Any], hint: Any) -> Any:
    flag = "--" + item.name.replace("_", "-")
    settings = typer.Option(flag, help=item.metadata.get("help"), metavar=item.metadata.get("metavar"))
    return Annotated[str if get_origin(hint) is tuple else hint, settings]


def _default(item: Field[Any]) -> Any:
    if item.default is MISSING:
        return field()
    text = isinstance(item.default, tuple)
    return field(default=",".join(map(str, item.default)) if text else item.default)


def _instance(kind: type[T], values: Mapping[str, Any]) -> T:
    hints = get_type_hints(kind)
    return kind(**{name: _parse(name, values[name], hint) for name, hint in hints.items()})


def _parse(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is not tuple:
        return value
    return tuple(numbers(value, f"--{name.replace('_', '-')}", get_args(hint)[0]))
