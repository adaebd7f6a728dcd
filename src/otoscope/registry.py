"""Registries: list, load and describe the plug-ins of one kind, built-in and installed ones.

A built-in plug-in is one module of a `builtin` package. A plug-in from outside is an entry point of the group
`otoscope.KIND` (`docs/extending/`). Listing names imports no plug-in.
"""

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
        return tuple(sorted({*self._modules(), *self._installed()}))

    def get(self, name: str) -> T:
        """Import and return one plug-in.

        Raises:
            InputError: no plug-in has this name, or an installed one is broken.
        """
        if name in (modules := self._modules()):
            return cast(T, getattr(import_module(modules[name]), self.attribute))
        if name in (installed := self._installed()):
            return self._load_installed(name, installed[name])
        raise InputError(f"expected one of the {self.kind} {', '.join(self.names())}; found {name!r}")

    def select(self, names: Iterable[str] | None = None) -> dict[str, T]:
        """Return plug-ins by name, in the order given; all of them by default.

        Raises:
            InputError: as `get`.
        """
        return {name: self.get(name) for name in (self.names() if names is None else names)}

    def describe(self) -> dict[str, str]:
        """Return the first line of the docstring of each plug-in's module by name."""
        return {name: _first_line(self.module(name)) for name in self.names()}

    def module(self, name: str) -> ModuleType:
        """Return the module that holds a plug-in."""
        modules = self._modules()
        return import_module(modules[name] if name in modules else self._installed()[name].partition(":")[0])

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names())

    def _modules(self) -> dict[str, str]:
        """Dotted names of the built-in modules by the names of their plug-ins."""
        top, *rest = self.package.split(".")
        spec = find_spec(top)  # find_spec of a package below imports those above it
        roots = spec.submodule_search_locations if spec is not None else None
        folders = [str(Path(root).joinpath(*rest)) for root in roots or ()]
        modules = (info.name for info in pkgutil.iter_modules(folders) if not info.name.startswith("_"))
        return {name.replace("_", self.separator): f"{self.package}.{name}" for name in modules}

    def _installed(self) -> dict[str, str]:
        return {entry.name: entry.value for entry in entry_points(group=self.group)}

    def _load_installed(self, name: str, value: str) -> T:
        module, _, attribute = value.partition(":")
        try:
            return cast(T, getattr(import_module(module), attribute or self.attribute))
        except (ImportError, AttributeError) as error:
            raise InputError(
                f"the plug-in {name!r} of the group {self.group} cannot be loaded from {value!r} ({error}); "
                "repair or uninstall the package that declares it"
            ) from error


def _first_line(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().partition("\n")[0]
