"""Read checkpoint files without running anything that they contain."""

import argparse
import re
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from otoscope.errors import InputError, shorten_error

HARMLESS = re.compile(
    r"(fairseq|omegaconf|numpy|typing|pathlib|enum|collections|examples|hydra)\.[\w.]+"
    r"|builtins\.(dict|list|tuple|str|int|float|bool|object)"
)
"""Classes in training settings, such as a dictionary of letters: a `Placeholder` replaces each."""
GLOBAL = re.compile(r"GLOBAL (\S+)")  # in the message of torch's unpickler


class Placeholder:
    """Take the place of an object whose class is not imported, and store its state as plain data."""

    def __new__(cls, *_args: Any) -> "Placeholder":
        """Make an object of any arguments."""
        return super().__new__(cls)

    def __init__(self, *_args: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        """Store the state."""
        self.state = state


def read(path: Path) -> Mapping[str, Any]:
    """Read a checkpoint by torch's unpickler, which accepts only tensors and plain data.

    Objects of training tools, such as fairseq's dictionaries, become placeholders.

    Raises:
        InputError: there is no such file, it is no checkpoint, or it holds anything else.
    """
    if not path.is_file():
        raise InputError(f"checkpoint {path} does not exist" if not path.exists() else f"checkpoint {path} is a folder")
    replaced: set[str] = set()
    while (states := _attempt(path, replaced)) is None:
        continue
    if not isinstance(states, Mapping):
        raise InputError(f"{path} contains a {type(states).__name__}; expected a dictionary of weights and settings")
    return states


def _attempt(path: Path, replaced: set[str]) -> Any:
    """Return the contents of a file, or None after one more harmless name was added to those replaced.

    Raises:
        InputError: the file is no checkpoint, or names a class or function that is not harmless.
    """
    try:
        return _load(path, replaced)
    except UnpicklingError as error:
        name = _name(str(error))
        if name is not None and name not in replaced and HARMLESS.fullmatch(name):
            replaced.add(name)
            return None
        what = f"it names {name}" if name else "it is no such file"
        raise InputError(f"{path} is refused: expected a checkpoint of tensors and plain data, {what}") from error
    except Exception as error:  # bytes that are damaged fail anywhere in torch, zipfile and pickle
        raise InputError(f"{path} is no checkpoint that torch wrote: {shorten_error(error)}") from error


def _name(message: str) -> str | None:
    """Return the class or function that torch's unpickler refused, or None; its message omits `builtins`."""
    match = GLOBAL.search(message)
    return None if match is None else match[1] if "." in match[1] else f"builtins.{match[1]}"


def _load(path: Path, replaced: Collection[str]) -> Any:
    allowed: list[Any] = [argparse.Namespace, *((Placeholder, name) for name in sorted(replaced))]
    with warnings.catch_warnings(), torch.serialization.safe_globals(allowed):
        warnings.simplefilter("ignore", UserWarning)  # of a pickle that torch did not write: it is refused or read
        return torch.load(path, map_location="cpu", weights_only=True)


def plain(value: Any) -> Any:
    """Return settings as dictionaries, lists and plain values: those of argparse and OmegaConf are unwrapped.

    Args:
        value: settings of a checkpoint; placeholders of other classes become None.

    Examples:
        >>> plain(argparse.Namespace(layers=12, task={"normalize": True}))
        {'layers': 12, 'task': {'normalize': True}}
    """
    if isinstance(value, argparse.Namespace):
        return plain(vars(value))
    if isinstance(value, Placeholder):
        state = value.state if isinstance(value.state, Mapping) else {}
        return plain(state.get("_content", state.get("_val")))
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
