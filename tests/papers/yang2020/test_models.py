"""Models of a reproduction: recipes that can be compared, and trained models that fit them."""

import re
import shutil
from pathlib import Path

import pytest

from otoscope.errors import InputError
from otoscope.papers.yang2020 import models as models_module
from otoscope.papers.yang2020.models import MODEL_NAMES, make_models, recipe_folder

pytestmark = pytest.mark.slow

PAPER = Path(models_module.__file__).parent


@pytest.mark.parametrize(("old", "new"), [("span = 6", "span = 3"), ("num_hidden_layers = 6", "num_hidden_layers = 5")])
def test_models_that_cannot_be_compared_are_rejected_before_training(tmp_path, old, new):
    folder = shutil.copytree(recipe_folder("small"), tmp_path / "recipes")
    recipe = (folder / "m6.toml").read_text()
    assert old in recipe
    (folder / "m6.toml").write_text(recipe.replace(old, new, 1))
    with pytest.raises(InputError, match=r"three different masking spans|whose \[model\] is the same"):
        make_models(folder, ["pool"], ["test"], 1)


@pytest.mark.parametrize("size", ["small", "large"])
def test_the_three_recipes_of_a_size_differ_in_masking_alone(size):
    models = make_models(recipe_folder(size), ["a"], ["b"], 3)
    assert [model.name for model in models] == ["m3", "m6", "m9", "m3-1", "m3-2"]
    assert [model.title for model in models] == ["M3", "M6", "M9", "M3, seed 1", "M3, seed 2"]
    assert [model.recipe.masking.span for model in models] == [3, 6, 9, 3, 3]
    assert [model.recipe.batching.seed for model in models] == [0, 0, 0, 1, 2]
    assert len({str((model.recipe.model, model.recipe.training)) for model in models}) == 1
    assert models[0].recipe.model["downsample_rate"] == 3


def test_the_names_of_the_models_are_in_one_module_only():
    """Doctests may spell them; code uses the constants."""
    literal = re.compile("|".join(f"[\"']{name}[\"'/]" for name in MODEL_NAMES))
    code = {path: path.read_text() for path in PAPER.rglob("*.py")}
    spelled = {
        path.name
        for path, text in code.items()
        for line in text.splitlines()
        if literal.search(line) and not line.strip().startswith((">>>", "["))
    }
    assert spelled == {"models.py"}
