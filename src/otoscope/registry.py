"""Registries: list, load and describe the plug-ins of one kind, built-in and installed ones.

A built-in plug-in is one module of a `builtin` package. A plug-in from outside is an entry point of the group
`otoscope.KIND` (`docs/extending/`). Listing names imports no plug-in.
"""

import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar, cast

from otoscope.errors import InputError

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """The plug-ins of one kind.

    Attributes:
        kind: plural noun of the kind, "statistics"; entry points are read from the group `otoscope.statistics`.
        package: dotted name of the package with one module per built-in plug-in.
        attribute: name of the object that each module holds.
        separator: character that replaces the underscore of a module's name in the name of its plug-in.

    Examples:
        >>> from otoscope.statistics import STATISTICS
        >>> "globalness" in STATISTICS.names()
        True
        >>> STATISTICS.get("globalness").units
        'nats'
    """

    kind: str
    package: str
    attribute: str
    separator: str = "_"

    @property
    def group(self) -> str:
        """Return the group of entry points from which plug-ins of other packages are read."""
        return f"otoscope.{self.kind}"

    def names(self) -> tuple[str, ...]:
        """Return the names of all plug-ins in alphabetical order, without importing any."""
        return tuple(sorted(self._locations()))

    def get(self, name: str) -> T:
        """Import and return one plug-in.

        Raises:
            InputError: no plug-in has this name, or an installed one is broken.
        """
        return self._load(name, self._locations())

    def select(self, names: Iterable[str] | None = None) -> dict[str, T]:
        """Return plug-ins by name, in the order given; all of them by default.

        Raises:
            InputError: as `get`.
        """
        locations = self._locations()
        return {name: self._load(name, locations) for name in (sorted(locations) if names is None else names)}

    def describe(self) -> dict[str, str]:
        """Return the first line of the docstring of each plug-in's module by name."""
        modules = {name: location.partition(":")[0] for name, location in sorted(self._locations().items())}
        return {name: _first_line(import_module(module)) for name, module in modules.items()}

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names())

    def _locations(self) -> dict[str, str]:
        """Return `module` or `module:attribute` of each plug-in by name; a built-in one wins over an installed one."""
        installed = _entry_points(tuple(sys.path))
        modules = _modules(self.package, tuple(sys.path))
        built_in = {name.replace("_", self.separator): f"{self.package}.{name}" for name in modules}
        return installed.get(self.group, {}) | built_in

    def _load(self, name: str, locations: Mapping[str, str]) -> T:
        if name not in locations:
            raise InputError(f"expected one of the {self.kind} {', '.join(sorted(locations))}; found {name!r}")
        module, _, attribute = locations[name].partition(":")
        try:
            return cast(T, getattr(import_module(module), attribute or self.attribute))
        except (ImportError, AttributeError) as error:
            if module.startswith(f"{self.package}."):
                raise
            raise InputError(
                f"the plug-in {name!r} of the group {self.group} cannot be loaded from {locations[name]!r} ({error}); "
                "repair or uninstall the package that declares it"
            ) from error


@cache
def _entry_points(path: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """Return location by name of the entry points by group; reading the metadata of all packages takes 10 ms."""
    installed = entry_points()
    groups = [group for group in installed.groups if group.startswith("otoscope.")]
    return {group: {entry.name: entry.value for entry in installed.select(group=group)} for group in groups}


@cache
def _modules(package: str, path: tuple[str, ...]) -> list[str]:
    """Return the names of the modules in a package of built-in plug-ins."""
    top, *rest = package.split(".")
    spec = find_spec(top)  # find_spec of a package below imports those above it
    roots = spec.submodule_search_locations if spec is not None else None
    folders = [str(Path(root).joinpath(*rest)) for root in roots or ()]
    return [info.name for info in pkgutil.iter_modules(folders) if not info.name.startswith("_")]


def _first_line(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n")[0]
