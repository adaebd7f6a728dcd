"""A model in a folder that loads without otoscope."""

import shutil
from pathlib import Path
from typing import Any

from otoscope._io.atomic import make_folder
from otoscope.models import mockingjay
from otoscope.models.mockingjay import MockingjayModel

CODE = ("configuration", "feature_extraction", "modeling")


def carry_code(model: Any, extractor: Any, folder: Path) -> None:
    """For a type of our own, its code into the folder, and where in it transformers finds what; else nothing.

    Plain transformers loads such a folder with `trust_remote_code=True`.
    """
    encoder = getattr(model, type(model).base_model_prefix, model)
    if not isinstance(encoder, MockingjayModel):
        return
    make_folder(folder)
    for name in CODE:
        shutil.copyfile(Path(mockingjay.__file__).parent / f"{name}.py", folder / f"{name}.py")
    whole = type(encoder).__name__.removesuffix("Model") + "ForPreTraining"
    model.config.auto_map = {
        "AutoConfig": f"configuration.{type(model.config).__name__}",
        "AutoModel": f"modeling.{type(encoder).__name__}",
        "AutoModelForPreTraining": f"modeling.{whole}",
    }
    extractor.auto_map = {"AutoFeatureExtractor": f"feature_extraction.{type(extractor).__name__}"}
