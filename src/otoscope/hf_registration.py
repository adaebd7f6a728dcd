"""Register otoscope's model types with transformers' Auto classes, at the first use of one of these types.

`AutoModel.from_pretrained(folder)` reads a model type from the folder and looks it up in tables of transformers. After
`import otoscope`, these tables also know the types that otoscope writes. Two requirements make this difficult:

- `import otoscope` imports neither torch nor transformers. So the tables may not exist yet when it runs.
- The classes of a type build on classes of transformers. While transformers imports its own modules, importing them
  would be circular: it would break `import otoscope; from transformers import Wav2Vec2Model`.

The solution has two parts:

1. `_TableFinder` waits until Python imports one of the two modules of transformers that hold a table (`TABLES`). It
   then replaces the dictionary of registered classes by a new one. This imports nothing. If the module is loaded
   already, the dictionary is replaced at once.
2. The new dictionaries (`_Configurations`, `_Extractors`) behave as plain ones until a user's call looks up a type of
   otoscope. They then call `register`, which imports the classes and registers them by transformers' public functions.

`register()` does the same at once, for users who want no lazy step. Reasons: `docs/decisions/006-refined-types.md`
and `docs/decisions/registration.md`.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOCKINGJAY_TYPES = ("mockingjay", "tera", "audioalbert")
TABLES = {
    "transformers.models.auto.configuration_auto": "CONFIG_MAPPING",
    "transformers.models.auto.feature_extraction_auto": "FEATURE_EXTRACTOR_MAPPING",
}
"""Module of transformers -> name of its table. Models need no table: their key is a class of configurations."""


def model_types() -> tuple[str, ...]:
    """Return the model types that otoscope registers; imports neither torch nor transformers."""
    from otoscope.models.families import REFINED_PREFIX
    from otoscope.refinement.layouts import LAYOUTS

    return (*MOCKINGJAY_TYPES, *(REFINED_PREFIX + family for family in LAYOUTS))


def register(*types: str) -> None:
    """Register model types of otoscope with transformers' Auto classes; imports torch and transformers.

    A call is needed only in programs that replace `sys.meta_path`: otherwise a type is registered at its first use.

    Args:
        types: model types; all types of otoscope by default.

    Examples:
        >>> import otoscope
        >>> otoscope.register("mockingjay")
        >>> from transformers import AutoConfig
        >>> type(AutoConfig.for_model("mockingjay")).__name__
        'MockingjayConfig'
    """
    for model_type in types or model_types():
        if model_type in MOCKINGJAY_TYPES:
            import_module("otoscope.models.mockingjay").register()
        else:
            import_module("otoscope.refinement.auto_classes").register(model_type)


def register_lazily() -> None:
    """Prepare transformers' tables for otoscope's model types: now if they are loaded, otherwise when they are."""
    for name in TABLES:
        if name in sys.modules:
            _prepare(sys.modules[name])
    if not all(name in sys.modules for name in TABLES):
        sys.meta_path.insert(0, _TableFinder())


def _prepare(module: ModuleType) -> None:
    """Replace the dictionary of registered classes of a module's table; imports nothing.

    `_extra_content` is private to transformers: this is the only place that uses it.
    """
    name = TABLES[module.__name__]
    table = getattr(module, name)
    entries = _Configurations if name == "CONFIG_MAPPING" else _Extractors
    if not isinstance(table._extra_content, entries):
        table._extra_content = entries(table._extra_content)


class _Configurations(dict[str, Any]):
    """Classes of configurations by model type; those of otoscope are imported at their first use."""

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in model_types()

    def __missing__(self, key: str) -> Any:
        if key not in model_types():
            raise KeyError(key)
        register(key)
        return super().__getitem__(key)

    def keys(self) -> Any:
        return dict.fromkeys([*super().keys(), *model_types()]).keys()

    def values(self) -> Any:
        register()
        return super().values()

    def items(self) -> Any:
        register()
        return super().items()


class _Extractors(dict[Any, Any]):
    """Classes of feature extractors by class of configurations; transformers searches the values for a name."""

    def values(self) -> Any:
        register(*MOCKINGJAY_TYPES)
        return super().values()


class _TableFinder(MetaPathFinder):
    """Find the modules in `TABLES` as Python does, and prepare each table after its module ran."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in TABLES:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((spec for finder in others if (spec := finder.find_spec(name, path, target))), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _TableLoader(spec.loader)
        return spec


class _TableLoader(Loader):
    """Load a module by its own loader, which it gets back, then prepare its table."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        _prepare(module)
