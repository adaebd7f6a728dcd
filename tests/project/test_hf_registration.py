"""`import otoscope` is light, and after it plain transformers loads what otoscope wrote, in every order of imports."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.forked_scripts import run_forked
from tests.helpers.model_fixtures import folders
from transformers import HubertForCTC, HubertModel

import otoscope
from otoscope import hf_registration
from otoscope.refinement.modeling import refined_class, refined_config

pytestmark = pytest.mark.slow

__all__ = ["folders"]

AUTO = ("AutoConfig", "AutoFeatureExtractor", "AutoModel", "AutoModelForPreTraining")
LOADS_EACH = """
import json, sys, transformers
for folder, autos in json.loads(sys.argv[1]):
    print(*(type(getattr(transformers, auto).from_pretrained(folder)).__name__ for auto in autos))
"""
"""Loads each folder with some Auto classes, in this order."""
ORDERS = {
    "otoscope alone": "import otoscope",
    "transformers first": "import transformers, otoscope",
    "torch first": "import torch, otoscope",
    "Auto classes first": "from transformers import AutoModel, AutoFeatureExtractor\nimport otoscope",
    "configurations first": "from transformers import AutoConfig\nimport otoscope",
    "a model first": "from transformers import HubertForCTC\nimport otoscope",
    "a model after": "import otoscope\nfrom transformers import HubertForCTC",
    "explicit": "import otoscope\notoscope.register()",
}
FORKED = [name for name in ORDERS if name != "otoscope alone"]
"""Orders that are tried in forks; the other one runs in a fresh interpreter."""
SPEECH_AND_TEXT = ("Wav2Vec2Model", "HubertForCTC", "WhisperForConditionalGeneration", "BertModel", "ASTModel")


def run(script: str, *args: str) -> str:
    """Return what a fresh interpreter prints."""
    command = [sys.executable, "-W", "ignore", "-c", "import json, sys\n" + script, *args]
    process = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


LIBRARIES = [
    *("scipy.optimize", "torch", "torch._dynamo", "torch.distributed.fsdp", "torch.distributed.tensor"),
    *("torch.distributed.checkpoint.hf_storage", "accelerate", "huggingface_hub.hf_api", "jinja2", "lhotse.cut"),
    *("PIL.Image", "safetensors.torch", "tokenizers"),
]
"""What takes long to import beneath transformers and otoscope; none of them imports transformers."""


@pytest.fixture(scope="session")
def refined(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with a refined model by family."""
    out = tmp_path_factory.mktemp("refined")
    for family in ("tera", "hubert"):
        source = folders["hubert-layer" if family == "hubert" else family]
        otoscope.refine(str(source), out / family, remove=[(0, 1)], options=otoscope.RefinementOptions(span=4))
    return {family: out / family for family in ("tera", "hubert")}


def test_importing_otoscope_imports_neither_torch_nor_transformers() -> None:
    assert run("import otoscope\nprint({'torch', 'transformers'} & set(sys.modules))") == "set()"


NO_CLASSES = """
import sys, otoscope
import transformers.models.auto.modeling_auto
import transformers.models.auto.feature_extraction_auto
print([name for name in sys.modules if name.startswith(("otoscope.models.mock", "otoscope.refinement.mo"))])
import inspect
import transformers.models.auto.configuration_auto as module
print(type(module.__spec__.loader).__name__, len(inspect.getsource(module)) > 1000)
"""
IMPORTS = "import otoscope\n" + "".join(
    f"from transformers import {name}\nprint({name}.__name__)\n" for name in SPEECH_AND_TEXT
)


@pytest.fixture(scope="module")
def sources(folders: dict[str, Path], refined: dict[str, Path]) -> str:
    """Folders with the Auto classes that load each, as JSON."""
    return json.dumps(
        [
            (str(folders["mockingjay"]), AUTO[::-1]),  # models are looked up before configurations
            (str(folders["tera"]), AUTO),
            (str(folders["audioalbert"]), AUTO[1:]),
            (str(refined["tera"]), AUTO[1:3]),
            (str(refined["hubert"]), AUTO[:3]),
        ]
    )


@pytest.fixture(scope="module")
def printed(sources: str) -> list[list[str]]:
    """What each order of imports prints as it loads the sources, then what the other scripts print."""
    scripts = [*(ORDERS[name] + LOADS_EACH for name in FORKED), IMPORTS, NO_CLASSES]
    return [text.splitlines() for text in run_forked(scripts, LIBRARIES, sources)]


def test_plain_auto_classes_load_what_otoscope_wrote_in_every_order_of_imports(
    sources: str, printed: list[list[str]]
) -> None:
    expected = [
        "MockingjayForPreTraining MockingjayModel MockingjayFeatureExtractor MockingjayConfig",
        "TeraConfig MockingjayFeatureExtractor TeraModel TeraForPreTraining",
        "MockingjayFeatureExtractor AudioAlbertModel AudioAlbertForPreTraining",
        "MockingjayFeatureExtractor RefinedTeraModel",
        "RefinedHubertConfig Wav2Vec2FeatureExtractor RefinedHubertModel",
    ]
    assert run(ORDERS["otoscope alone"] + LOADS_EACH, sources).splitlines() == expected
    assert dict(zip(FORKED, printed, strict=False)) == dict.fromkeys(FORKED, expected)


def test_models_of_transformers_import_after_otoscope(printed: list[list[str]]) -> None:
    assert printed[-2] == list(SPEECH_AND_TEXT)


def test_importing_transformers_after_otoscope_imports_none_of_otoscopes_classes(printed: list[list[str]]) -> None:
    assert printed[-1][0] == "[]"


def test_the_modules_of_the_tables_keep_their_own_loaders(printed: list[list[str]]) -> None:
    assert printed[-1][1:] == ["SourceFileLoader True"]


def test_the_tables_list_otoscopes_types_and_refuse_unknown_ones() -> None:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    assert set(hf_registration.model_types()) <= set(CONFIG_MAPPING.keys())
    assert "refined-hubert" in CONFIG_MAPPING
    assert "refined-unknown" not in CONFIG_MAPPING
    with pytest.raises(KeyError):
        CONFIG_MAPPING["refined-unknown"]


def test_refined_classes_can_be_pickled() -> None:
    classes = [refined_config("hubert"), refined_class("hubert", HubertModel), refined_class("hubert", HubertForCTC)]
    assert [pickle.loads(pickle.dumps(kind)) for kind in classes] == classes
