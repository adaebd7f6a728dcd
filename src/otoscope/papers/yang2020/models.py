"""The models of the reproduction: M3, M6 and M9 by their recipes, and M3 with further seeds."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from otoscope._io.saved_work import as_json, check_same_plan
from otoscope.errors import InputError
from otoscope.pretraining.recipe import Recipe, read_recipe

RECIPES = Path(__file__).parent / "recipes"
SIZES = ("small", "large")
SHORT, MIDDLE, LONG = MODEL_NAMES = ("m3", "m6", "m9")
"""Names of the three models, by the length of the masked spans in frames. No other module spells them."""
SEED_MODEL = SHORT  # trained with several seeds
CONFIG_TABLES = ("model", "masking", "batching", "training", "output")  # of a recipe: all but its corpora


@dataclass(frozen=True)
class ModelSpec:
    """A model to train.

    Attributes:
        base: name of the published model, `m3`.
        recipe: how the model is trained.
        seed: 0, or the number of the further seed.
    """

    base: str
    recipe: Recipe
    seed: int = 0

    @property
    def name(self) -> str:
        """Return the name of folders and results: `m3`, or `m3-1` for seed 1."""
        return f"{self.base}-{self.seed}" if self.seed else self.base

    @property
    def is_main(self) -> bool:
        """Return whether the model is one of the published three."""
        return not self.seed

    @property
    def title(self) -> str:
        """Return the title in tables: `M3`, or `M3, seed 1`."""
        return f"{self.base.upper()}, seed {self.seed}" if self.seed else self.base.upper()


def recipe_folder(size: str) -> Path:
    """Return the folder of the recipes of a size.

    Raises:
        InputError: the size is unknown.

    Examples:
        >>> sorted(path.name for path in recipe_folder("small").iterdir())
        ['m3.toml', 'm6.toml', 'm9.toml']
    """
    if size not in SIZES:
        raise InputError(f"expected a size of {' or '.join(SIZES)}, got '{size}'")
    return RECIPES / size


def make_models(recipes: Path, pretrain: Sequence[str], validation: Sequence[str], seeds: int) -> list[ModelSpec]:
    """Return M3, M6 and M9 by the recipes in a folder, then M3 with seeds 1, 2, ...

    Args:
        recipes: folder of the recipes `m3.toml`, `m6.toml` and `m9.toml`.
        pretrain: corpora to train on.
        validation: corpora to validate on.
        seeds: number of trainings of M3.

    Raises:
        InputError: a recipe cannot be used, the recipes differ in more than masking, or `seeds` is less than one.
    """
    if seeds < 1:
        raise InputError(f"expected at least 1 seed of {SEED_MODEL.upper()}, got {seeds}")
    data = {"train": pretrain, "validation": validation}
    models = {name: ModelSpec(name, read_recipe(recipes / f"{name}.toml", data)) for name in MODEL_NAMES}
    _check_comparable(list(models.values()))
    return [*models.values(), *(_with_seed(models[SEED_MODEL], seed) for seed in range(1, seeds))]


def _check_comparable(models: Sequence[ModelSpec]) -> None:
    """Check that models can be compared head by head, and that their masking spans differ."""
    if len({model.recipe.masking.span for model in models}) < len(models):
        spans = ", ".join(f"{model.name} {model.recipe.masking.span}" for model in models)
        raise InputError(f"expected three different masking spans, got {spans}; change the recipes")
    if any(model.recipe.model != models[0].recipe.model for model in models):
        raise InputError("expected recipes whose [model] is the same, to compare heads; change the recipes")


def _with_seed(model: ModelSpec, seed: int) -> ModelSpec:
    recipe = replace(model.recipe, batching=replace(model.recipe.batching, seed=seed))
    return ModelSpec(model.base, recipe, seed)


def recipe_config(recipe: Recipe) -> dict[str, Any]:
    """Return the tables of a recipe that decide the weights, all but its corpora, as JSON represents them."""
    tables = as_json(asdict(recipe))
    return {name: table for name, table in tables.items() if name in CONFIG_TABLES}


def model_configs(models: Sequence[ModelSpec]) -> Mapping[str, Any]:
    """Return the recipe of each model by name, for the configuration of the run."""
    return {model.name: recipe_config(model.recipe) for model in models}


def check_trained_model(model: ModelSpec, folder: Path) -> None:
    """Check that the model in a folder was trained with this recipe on these corpora.

    Corpora are compared by the names of their folders, because another machine may have trained the model.

    Raises:
        InputError: the folder contains no trained model, or one of another recipe or other corpora.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))["recipe"]
    except (OSError, ValueError, KeyError):
        raise InputError(
            f"expected a model of otoscope pretrain in {folder}, found none; remove it, or choose another --out"
        ) from None
    stored = {name: config[name] for name in CONFIG_TABLES if name in config}
    check_same_plan(folder, stored, recipe_config(model.recipe))
    if (trained_on := _folder_names(config["train"])) != (names := _folder_names(model.recipe.train)):
        raise InputError(
            f"{folder} was trained on {', '.join(trained_on)}, but --pretrain is {', '.join(names)}; "
            "choose another --out"
        )


def _folder_names(corpora: Sequence[str]) -> list[str]:
    return sorted(Path(os.path.expandvars(path)).name for path in corpora)
