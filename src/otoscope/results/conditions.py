"""Conditions on utterances, `gender=f` or `age<18`: the part of a run that they select."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from otoscope.errors import InputError
from otoscope.typing import Bools

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {"<=": le, ">=": ge, "!=": ne, "=": eq, "<": lt, ">": gt}
FORM = re.compile(r"(?P<column>\w+)\s*(?P<comparison><=|>=|!=|=|<|>)\s*(?P<value>.*)")


def fulfils(utterances: pd.DataFrame, condition: str) -> Bools:
    """Return which utterances fulfil a condition.

    Args:
        utterances: one row each; the columns are what a condition may name.
        condition: comparisons of a column with a value, separated by commas; all must hold. Unknown values fulfil no
            comparison.

    Raises:
        InputError: the condition has another form, an unknown column, or text in place of a number.

    >>> table = pd.DataFrame({"gender": ["f", "m", ""], "age": [31.0, 9.0, float("nan")]})
    >>> fulfils(table, "age<18").tolist(), fulfils(table, "gender!=m").tolist()
    ([False, True, False], [True, False, False])
    """
    return np.logical_and.reduce([_one(utterances, part.strip()) for part in condition.split(",")])


@dataclass(frozen=True, eq=False)
class Parts:
    """Two parts of the utterances of a run: their names, and which utterances belong to each."""

    names: tuple[str, str]
    a: Bools
    b: Bools


def split_parts(utterances: pd.DataFrame, by: str) -> list[Parts]:
    """Return the parts that a column or a condition asks to compare.

    A column with two values compares the first with the second; one with more compares each with all others. A
    condition compares the utterances that fulfil it with those that do not. Unknown values are in no part.

    Args:
        utterances: one row each.
        by: a column of text, or a condition.

    Raises:
        InputError: the column is unknown, has numbers or fewer than two values.

    >>> (parts,) = split_parts(pd.DataFrame({"gender": ["f", "m", ""]}), "gender")
    >>> parts.names, parts.a.tolist(), parts.b.tolist()
    (('gender=f', 'gender=m'), [True, False, False], [False, True, False])
    """
    if match := FORM.fullmatch(by):
        inside = fulfils(utterances, by)
        stated = utterances[match["column"]].map(_is_stated).to_numpy(bool)
        return [Parts((by, f"not {by}"), inside, stated & ~inside)]
    values = utterances[_check_column(utterances, by)]
    if is_numeric_dtype(values):
        raise InputError(f"expected --split with a condition for the numbers of {by}, such as {by}<18, found {by}")
    names = sorted(str(value) for value in values.unique() if _is_stated(value))
    if len(names) < 2:
        raise InputError(f"expected two values of {by} to compare, found {len(names)}; choose another --split")
    masks = {name: (values == name).to_numpy(bool) for name in names}
    if len(names) == 2:
        return [Parts((f"{by}={names[0]}", f"{by}={names[1]}"), *masks.values())]
    stated = np.logical_or.reduce(list(masks.values()))
    return [Parts((f"{by}={name}", f"other {by}"), mask, stated & ~mask) for name, mask in masks.items()]


def _one(utterances: pd.DataFrame, condition: str) -> Bools:
    match = FORM.fullmatch(condition)
    if not match:
        raise InputError(f"expected a condition such as gender=f or age<18, found '{condition}'; correct --where")
    values = utterances[_check_column(utterances, match["column"])]
    value: str | float = match["value"].strip()
    if is_numeric_dtype(values):
        try:
            value = float(value)
        except ValueError:
            raise InputError(f"expected a number for {match['column']}, found '{value}'; correct --where") from None
    is_stated = values.map(_is_stated).to_numpy(bool)
    return is_stated & np.asarray(COMPARISONS[match["comparison"]](values, value), bool)


def _check_column(utterances: pd.DataFrame, column: str) -> str:
    if column not in utterances:
        columns = ", ".join(map(str, utterances))
        raise InputError(f"expected a column of the run's utterances, of {columns}; found {column}")
    return column


def _is_stated(value: Any) -> bool:
    return bool(value == value and value != "")
