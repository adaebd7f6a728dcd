"""A table of a recipe against the types its keys must have, and their least values."""

import math
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from huggingface_hub.dataclasses import type_validator

from otoscope.errors import InputError


def check_types(table: str, values: Mapping[str, Any], types: Mapping[str, Any]) -> None:
    """Check that `types` contains the keys of `values`, and that each value has its type.

    An integer is good where a float is wanted.

    Raises:
        InputError: naming the table, the key, what was expected and what came.

    Examples:
        >>> check_types("masking", {"span": "x"}, {"span": int})
        Traceback (most recent call last):
        otoscope.errors.InputError: masking: span must be int, is 'x'
    """
    for key, value in values.items():
        if key not in types:
            raise InputError(f"{table}: '{key}' is not known here; known: {', '.join(sorted(types))}")
        if not _fits(value, types[key]):
            raise InputError(f"{table}: {key} must be {_format_type(types[key])}, is {value!r}")


def check_finite(table: str, values: Mapping[str, Any]) -> None:
    """Refuse numbers that are none, and endless ones.

    Raises:
        InputError: naming the table, the key and what came.

    Examples:
        >>> check_finite("training", {"learning_rate": float("nan")})
        Traceback (most recent call last):
        otoscope.errors.InputError: training: learning_rate must be a finite number, is nan
    """
    for key, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise InputError(f"{table}: {key} must be a finite number, is {value}")


def check_minimum(table: str, values: Mapping[str, Any], least: Mapping[str, int]) -> None:
    """Refuse values that are below the least one of their key.

    Raises:
        InputError: naming the table, the key, its least value and what came.

    Examples:
        >>> check_minimum("shape", {"start": -1}, {"start": 0, "stop": 0})
        Traceback (most recent call last):
        otoscope.errors.InputError: shape: start must be at least 0, is -1
    """
    for key, value in least.items():
        if values.get(key, value) < value:
            raise InputError(f"{table}: {key} must be at least {value}, is {values[key]}")


def _fits(value: object, kind: Any) -> bool:
    forms = (value, float(value)) if type(value) is int else (value,)
    return any(_is_valid(form, kind) for form in forms)


def _is_valid(value: object, kind: Any) -> bool:
    try:
        type_validator("", value, kind)
    except TypeError:
        return False
    return True


def _format_type(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    return kind.__name__ if type(kind) is type else str(kind)
