"""Head statistics: one per file, found by its name, fed by one tiled kernel, kept in states that merge."""

import pkgutil
from importlib import import_module

from otoscope.statistics.statistic import Statistic


def discover() -> dict[str, Statistic]:
    """Every statistic of this folder by name, in alphabetical order: each module that holds a `STATISTIC`.

    >>> "globalness" in discover()
    True
    """
    modules = [import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found = [module.STATISTIC for module in modules if hasattr(module, "STATISTIC")]
    return {statistic.name: statistic for statistic in sorted(found, key=lambda statistic: statistic.name)}
