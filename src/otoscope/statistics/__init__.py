"""Head statistics: one per file, found by its name, fed by one tiled kernel, kept in states that merge."""

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from otoscope.statistics import builtin
from otoscope.statistics.statistic import Statistic


def discover(phones: Sequence[str] = ()) -> dict[str, Statistic]:
    """Every statistic of this folder by name, in alphabetical order.

    Each module holds a `STATISTIC`, or a `STATISTIC_OF_PHONES` that makes one for a corpus labelled with `phones`
    (None where it says nothing of them).

    >>> "globalness" in discover(), "relation" in discover(), "relation" in discover(phones=["sil", "aa"])
    (True, False, True)
    """
    modules = _modules()
    found = [module.STATISTIC for module in modules if hasattr(module, "STATISTIC")]
    if phones:
        made = [module.STATISTIC_OF_PHONES(phones) for module in modules if hasattr(module, "STATISTIC_OF_PHONES")]
        found += [statistic for statistic in made if statistic is not None]
    return {statistic.name: statistic for statistic in sorted(found, key=lambda statistic: statistic.name)}


def of_norms() -> dict[str, Statistic]:
    """Those by name that also need the norms of what heads give of each frame: each module's `STATISTIC_OF_NORMS`.

    >>> list(of_norms())
    ['attention_norm', 'norm_verticality']
    """
    found = [module.STATISTIC_OF_NORMS for module in _modules() if hasattr(module, "STATISTIC_OF_NORMS")]
    return {statistic.name: statistic for statistic in found}


def _modules() -> list[ModuleType]:
    return [import_module(f"{builtin.__name__}.{module.name}") for module in pkgutil.iter_modules(builtin.__path__)]
