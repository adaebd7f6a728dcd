"""Kinds of ablation by name. Imports no torch: options of commands list them."""

from collections.abc import Iterable
from typing import Literal

from otoscope.errors import InputError

OutputKind = Literal["zero", "mean", "resample", "noise", "states"]
OUTPUT_KINDS: tuple[OutputKind, ...] = ("zero", "mean", "resample", "noise")
"""Kinds that a user can name; `states` holds outputs of its own."""


def check_kinds(kinds: Iterable[str]) -> tuple[OutputKind, ...]:
    """Return kinds of ablation, each once. Raise InputError for none, or for one that does not exist."""
    names = tuple(dict.fromkeys(kinds))
    for name in names or ("",):
        if name not in OUTPUT_KINDS:
            raise InputError(
                f"expected --ablation with some of {', '.join(OUTPUT_KINDS)}, found '{name}'; choose from them"
            )
    return tuple(kind for name in names for kind in OUTPUT_KINDS if kind == name)
