"""The probes of this package, by name."""

import importlib
import pkgutil
from collections.abc import Iterable

from otoscope.errors import InputError
from otoscope.probing.scorer import Probe


def discover() -> dict[str, Probe]:
    """Every probe of this package by name.

    >>> sorted(discover())
    ['hidden', 'phone', 'reconstruction', 'speaker-frame', 'speaker-utterance']
    """
    package = importlib.import_module("otoscope.probing.builtin")
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"otoscope.probing.builtin.{name}") for name in names)
    return {module.PROBE.name: module.PROBE for module in modules if hasattr(module, "PROBE")}


def chosen(names: Iterable[str]) -> dict[str, Probe]:
    """The probes of some names. Raises InputError for no name, or one that is not known."""
    known, asked = discover(), list(dict.fromkeys(names))
    if unknown := [name for name in asked if name not in known]:
        raise InputError(f"no probe '{unknown[0]}'; probes are {', '.join(known)}")
    if not asked:
        raise InputError(f"expected the name of a probe, got none; probes are {', '.join(known)}")
    return {name: known[name] for name in asked}
