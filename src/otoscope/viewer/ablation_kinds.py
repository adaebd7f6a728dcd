"""What can replace heads in the live ablation, by name. Imports no torch: paths and the page list the kinds."""

import re
from collections.abc import Collection

from otoscope.errors import InputError

KIND_LABELS = {
    "zero": "zero",
    "mean": "their mean",
    "resample": "another utterance",
    "noise": "noise of their own",
    "uniform": "uniform attention",
    "identity": "attention to itself",
    "profile": "mean attention by offset",
    "without-sinks": "attention without sinks",
    "without-silence": "attention without silence",
    "without-padding": "attention without padding",
}
"""Kind -> what replaces the heads."""
HEAD_PREFIX = "head-"
"""A kind of this prefix and a number gives heads the pattern of the head of that number in their layer."""
GATE_PREFIX = "gate-"
"""`gate-50-100` gives heads a scale and a temperature, in percent; `gate-50-100,0.1-30-250` gives head 0.1 its own."""
ABLATION_PATTERN = "|".join((*KIND_LABELS, rf"{HEAD_PREFIX}\d{{1,6}}", rf"{GATE_PREFIX}[\d.,-]*"))
"""The replacements of heads that the live ablation offers; `head_percents` reads the numbers of gates."""

MAX_QUOTED_CHARACTERS = 40
Head = tuple[int, int]
Percents = tuple[int, int]
"""Scale and temperature of a head, in percent."""
_COMMON = re.compile(r"(\d{1,3})-([1-9]\d{0,2})", re.ASCII)
_OWN = re.compile(rf"(\d{{1,6}})\.(\d{{1,6}})-{_COMMON.pattern}", re.ASCII)


def head_percents(kind: str, heads: Collection[Head]) -> dict[Head, Percents]:
    """Return the scale and the temperature of each head by a kind of the prefix `GATE_PREFIX`, in percent.

    Args:
        kind: the pair of all heads, then those of single heads with their names, with commas between them.
        heads: the chosen heads, as (layer, head).

    Raises:
        InputError: a pair is none of whole numbers from 0 to 999 and from 1 to 999, or its head is not chosen.

    Examples:
        >>> head_percents("gate-50-100,0.1-30-250", [(0, 1), (1, 2)])
        {(0, 1): (30, 250), (1, 2): (50, 100)}
    """
    common, *own = kind.removeprefix(GATE_PREFIX).split(",")
    percents = dict.fromkeys(heads, _percents(_matched(_COMMON, common)))
    remaining = set(heads)
    for text in own:
        layer, head, *pair = _matched(_OWN, text)
        if (int(layer), int(head)) not in remaining:
            raise InputError(
                f"expected one scale and temperature for each chosen head, found '{text}'; choose head "
                f"{int(layer)}.{int(head)}, and name it once"
            )
        remaining.remove((int(layer), int(head)))
        percents[int(layer), int(head)] = _percents(pair)
    return percents


def _percents(pair: Collection[str]) -> Percents:
    scale, temperature = pair
    return int(scale), int(temperature)


def _matched(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    """Return the numbers in a text.

    Raises:
        InputError: the pattern does not match.
    """
    if match := pattern.fullmatch(text):
        return match.groups()
    raise InputError(
        "expected a scale from 0 to 999 and a temperature from 1 to 999 percent, as 50-100 or 0.1-50-100, found "
        f"'{text[:MAX_QUOTED_CHARACTERS]}'; correct the gates"
    )
