"""`import otoscope` is light, and after it plain transformers loads what otoscope wrote, in whichever order."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LOADS = """
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForPreTraining
names = [type(auto.from_pretrained(sys.argv[1])).__name__
         for auto in (AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForPreTraining)]
print(json.dumps(names))
"""


def run(script: str, *args: str) -> object:
    """What a fresh interpreter prints as JSON."""
    command = [sys.executable, "-W", "ignore", "-c", "import json, sys\n" + script, *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_otoscope_imports_neither_torch_nor_transformers() -> None:
    loaded = run("import otoscope\nprint(json.dumps(list(sys.modules)))")
    assert not {"torch", "transformers"} & set(loaded)


@pytest.mark.parametrize("before", ["import otoscope", "import transformers, otoscope", "import torch, otoscope"])
def test_plain_auto_classes_load_a_mockingjay(folders: dict[str, Path], before: str) -> None:
    expected = ["MockingjayConfig", "MockingjayFeatureExtractor", "MockingjayModel", "MockingjayForPreTraining"]
    assert run(before + LOADS, str(folders["mockingjay"])) == expected


def test_otoscope_after_the_auto_classes_registers_too(folders: dict[str, Path]) -> None:
    script = "from transformers import AutoModel\nimport otoscope" + LOADS
    assert run(script, str(folders["mockingjay"]))[2] == "MockingjayModel"
