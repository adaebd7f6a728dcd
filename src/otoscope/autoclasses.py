"""Our model families join transformers' Auto classes as soon as those are imported, without importing them for that.

So `import otoscope` stays light, and afterwards plain `AutoModel.from_pretrained` loads what otoscope wrote.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

AUTO = "transformers.models.auto.configuration_auto"
OURS = "otoscope.models.mockingjay"


def register_when_transformers_loads() -> None:
    """Register now if the Auto classes are loaded already, else right after they are."""
    if AUTO in sys.modules:
        import_module(OURS)
    elif not any(isinstance(finder, _AutoFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AutoFinder())


class _AutoFinder(MetaPathFinder):
    """Finds the module of the Auto classes as Python does, with a loader that registers our families after it."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != AUTO:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Registering(spec.loader)
        return spec


class _Registering(Loader):
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self.loader.exec_module(module)
        import_module(OURS)
