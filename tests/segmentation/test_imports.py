"""The segmentation algorithm imports no torch; only the command and its parts that run models do."""

import subprocess
import sys

import pytest

MODULES = (
    "otoscope.segmentation",
    "otoscope.segmentation.baselines",
    "otoscope.segmentation.boundaries",
    "otoscope.segmentation.comparison",
    "otoscope.segmentation.kernel_gram_detector",
    "otoscope.segmentation.ensemble",
    "otoscope.segmentation.kernel_gram",
    "otoscope.segmentation.reference",
    "otoscope.segmentation.spectral",
    "otoscope.segmentation.table",
    "otoscope.segmentation.tuning",
    "otoscope.relations",
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_algorithm_imports_no_torch(module):
    script = "import importlib, sys; importlib.import_module(sys.argv[1]); print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", script, module], check=True, capture_output=True, text=True)
    assert output.stdout.strip() == "False"
