"""Our model families join transformers' Auto classes as soon as those are imported, without importing them for that.

So `import otoscope` stays light, and afterwards plain `AutoModel.from_pretrained` loads what otoscope wrote.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

REGISTERED_AFTER = {
    "transformers.models.auto.configuration_auto": "otoscope.models.mockingjay.configuration",
    "transformers.models.auto.modeling_auto": "otoscope.models.mockingjay.modeling",
    "transformers.models.auto.feature_extraction_auto": "otoscope.models.mockingjay.feature_extraction",
    "otoscope.models.mockingjay.configuration": "otoscope.refinement.lazy_config",
    "otoscope.models.mockingjay.modeling": "otoscope.refinement.modeling",
}
"""What is imported as soon as a module is loaded; refined models build on our own, so they come after those."""


def register_when_transformers_loads() -> None:
    """Register with each Auto class now if it is loaded already, else right after it is."""
    sys.meta_path.insert(0, _AutoFinder())
    for auto, ours in REGISTERED_AFTER.items():
        if auto in sys.modules:
            import_module(ours)


class _AutoFinder(MetaPathFinder):
    """Finds the modules of the Auto classes as Python does, with a loader that registers our families after them."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in REGISTERED_AFTER:
            return None
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
        import_module(REGISTERED_AFTER[module.__name__])
