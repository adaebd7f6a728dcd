"""A model in a folder that loads without otoscope."""

import re
import shutil
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

from otoscope._io.atomic import make_folder
from otoscope.attention import local_attention, span_attention
from otoscope.models import mockingjay
from otoscope.models.mockingjay import MockingjayModel
from otoscope.refinement import remote_modeling
from otoscope.refinement.auto_classes import auto_classes
from otoscope.refinement.layouts import EncoderLayout

CODE = ("configuration", "feature_extraction", "modeling")
REFINED_CODE = (local_attention, span_attention, remote_modeling)
OWN_IMPORT = re.compile(r"^from otoscope\.[a-z_.]+\.(\w+) import", re.MULTILINE)


def carry_code(model: Any, extractor: Any, folder: Path) -> None:
    """For a type of our own, its code into the folder, and where in it transformers finds what; else nothing.

    Plain transformers loads such a folder with `trust_remote_code=True`.
    """
    encoder = getattr(model, type(model).base_model_prefix, model)
    if not _carry_family(encoder, extractor, folder):
        return
    whole = type(encoder).__name__.removesuffix("Model") + "ForPreTraining"
    model.config.auto_map = {
        "AutoConfig": f"configuration.{type(model.config).__name__}",
        "AutoModel": f"modeling.{type(encoder).__name__}",
        "AutoModelForPreTraining": f"modeling.{whole}",
    }


def _carry_family(encoder: Any, extractor: Any, folder: Path) -> bool:
    """Copy the code of a family of our own; return whether it is one."""
    if not isinstance(encoder, MockingjayModel):
        return False
    make_folder(folder)
    for name in CODE:
        shutil.copyfile(Path(mockingjay.__file__).parent / f"{name}.py", folder / f"{name}.py")
    extractor.auto_map = {"AutoFeatureExtractor": f"feature_extraction.{type(extractor).__name__}"}
    return True


def carry_refined_code(model: Any, parts: EncoderLayout, extractor: Any, folder: Path) -> None:
    """Put the code of a refined model into its folder, so that machines without otoscope run it at full speed.

    Plain transformers loads the folder with `trust_remote_code=True`; after `import otoscope` this code is not used.
    """
    make_folder(folder)
    for module in REFINED_CODE:
        (folder / f"{_short_name(module)}.py").write_text(_portable_text(module), encoding="utf-8")
    base, plain = (kind.__mro__[2] for kind in (type(model.config), type(model)))
    if _carry_family(getattr(model, type(model).base_model_prefix, model), extractor, folder):
        lines = (
            f"\n\nfrom .configuration import {base.__name__}\nfrom .modeling import {plain.__name__}\n\n"
            f"OWN_CONFIGS[{parts.model_type!r}] = {base.__name__}\n"
        )
        with (folder / f"{_short_name(remote_modeling)}.py").open("a", encoding="utf-8") as file:
            file.write(lines)
    code = f"{_short_name(remote_modeling)}.{remote_modeling.PREFIX}"
    kinds = {auto.__name__: auto._model_mapping.get(base, None) for auto in auto_classes()}
    firsts = {name: kind[0] if isinstance(kind, tuple) else kind for name, kind in kinds.items() if kind}
    layout = asdict(parts)  # with a "model_type", transformers would take it for a configuration
    model.config.layout = layout | {"family": layout.pop("model_type")}
    bare = type(getattr(model, type(model).base_model_prefix, model)).__name__.removeprefix(remote_modeling.PREFIX)
    model.config.auto_map = {"AutoConfig": f"{code}{base.__name__}"} | {
        name: f"{code}{kind.__name__}"
        for name, kind in firsts.items()
        if kind is plain
        or (name == "AutoModel" and kind.__name__ == bare and parts.is_in_base)  # else it lacks weights
    }


def _short_name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def _portable_text(module: ModuleType) -> str:
    """Return the text of a module whose imports of otoscope are files next to it."""
    return OWN_IMPORT.sub(r"from .\1 import", Path(str(module.__file__)).read_text(encoding="utf-8"))
