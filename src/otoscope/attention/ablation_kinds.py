"""Kinds of ablation by name. Imports no torch: options of commands list them."""

from collections.abc import Iterable
from typing import Literal

from otoscope.errors import InputError

OutputKind = Literal["zero", "mean", "resample", "noise", "states"]
OUTPUT_KINDS: tuple[OutputKind, ...] = ("zero", "mean", "resample", "noise")
"""What the output of a head can be replaced by; `states` holds outputs of its own."""
PatternKind = Literal["uniform", "identity", "profile", "without-sinks", "without-silence", "without-padding"]
PATTERN_KINDS: tuple[PatternKind, ...] = (
    "uniform",
    "identity",
    "profile",
    "without-sinks",
    "without-silence",
    "without-padding",
)
"""What the attention pattern of a head can be replaced by."""
AblationKind = OutputKind | PatternKind
ABLATION_KINDS: tuple[AblationKind, ...] = (*OUTPUT_KINDS, *PATTERN_KINDS)
"""Kinds that a user can name."""


def check_kinds(kinds: Iterable[str]) -> tuple[AblationKind, ...]:
    """Return kinds of ablation, each once. Raise InputError for none, or for one that does not exist."""
    names = tuple(dict.fromkeys(kinds))
    for name in names or ("",):
        if name not in ABLATION_KINDS:
            raise InputError(
                f"expected --ablation with some of {', '.join(ABLATION_KINDS)}, found '{name}'; choose from them"
            )
    return tuple(kind for name in names for kind in ABLATION_KINDS if kind == name)
