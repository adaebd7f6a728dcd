"""Probes: small classifiers, and the prediction head of the model, on its final hidden states."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from otoscope.errors import InputError
from otoscope.registry import Registry

if TYPE_CHECKING:  # tables and scores of probes need no torch
    from otoscope.probing.scorer import Probe

PROBES: "Registry[Probe]" = Registry("probes", "otoscope.probing.builtin", "PROBE", separator="-")
"""All probes, those of otoscope and those of installed plug-ins."""


def select_probes(names: Iterable[str]) -> "dict[str, Probe]":
    """Return the probes with these names, in this order.

    Args:
        names: names of probes, at least one, or `column:NAME`; a repeated name counts once.

    Returns:
        Each probe by its name.

    Raises:
        InputError: no name, or no probe has one of the names.

    Examples:
        >>> list(select_probes(["phone", "reconstruction"]))
        ['phone', 'reconstruction']
    """
    probes = {name: _probe(name) for name in names}
    if not probes:
        raise InputError(f"expected the name of a probe in --probes, found none; choose from {', '.join(PROBES)}")
    return probes


def _probe(name: str) -> "Probe":
    if name.startswith("column:"):
        from otoscope.probing.column import column_probe

        return column_probe(name)
    return PROBES.get(name)


__all__ = ["PROBES", "select_probes"]
