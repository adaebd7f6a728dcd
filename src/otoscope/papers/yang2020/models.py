"""The models of a reproduction: M3, M6 and M9 by their recipes, and M3 again with other seeds."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from otoscope.errors import InputError
from otoscope.pretraining.recipe import Recipe, read_recipe

RECIPES = Path(__file__).parent / "recipes"
SIZES = ("small", "large")
NAMES = ("m3", "m6", "m9")
SEEDED = "m3"  # the one that is trained several times
HOW = ("model", "masking", "batching", "training", "output")  # of a recipe: all but its corpora


@dataclass(frozen=True)
class Trained:
    """A model to train: `m3`, or `m3-1` for M3 with seed 1."""

    name: str
    recipe: Recipe

    @property
    def is_main(self) -> bool:
        """Whether it is one of the published three."""
        return self.name in NAMES

    @property
    def title(self) -> str:
        """As tables show it: `M3`, `M3, seed 1`."""
        name, _, seed = self.name.upper().partition("-")
        return f"{name}, seed {seed}" if seed else name


def recipes_of(size: str) -> Path:
    """Folder of the recipes of a size.

    Raises:
        InputError: there is no such size.

    >>> sorted(path.name for path in recipes_of("small").iterdir())
    ['m3.toml', 'm6.toml', 'm9.toml']
    """
    if size not in SIZES:
        raise InputError(f"expected a size of {' or '.join(SIZES)}, got '{size}'")
    return RECIPES / size


def models(recipes: Path, pretrain: Sequence[str], validation: Sequence[str], seeds: int) -> list[Trained]:
    """M3, M6 and M9 by the recipes in a folder, trained on these corpora, then M3 with seeds 1, 2, ... .

    Raises:
        InputError: a recipe cannot be used, the three do not differ as M3, M6 and M9 do, or there is less than one seed.
    """
    if seeds < 1:
        raise InputError(f"expected at least 1 seed of M3, got {seeds}")
    data = {"train": pretrain, "validation": validation}
    found = [Trained(name, read_recipe(recipes / f"{name}.toml", data)) for name in NAMES]
    _check_alike(found)
    first = next(one for one in found if one.name == SEEDED)
    return found + [_with_seed(first, seed) for seed in range(1, seeds)]


def _check_alike(three: Sequence[Trained]) -> None:
    """Models are compared head by head, and told apart by their masking spans."""
    if len({one.recipe.masking.span for one in three}) < len(three):
        spans = ", ".join(f"{one.name} {one.recipe.masking.span}" for one in three)
        raise InputError(f"expected three different masking spans, got {spans}; change the recipes")
    if any(one.recipe.model != three[0].recipe.model for one in three):
        raise InputError("expected recipes whose [model] is the same, to compare heads; change the recipes")


def _with_seed(model: Trained, seed: int) -> Trained:
    return Trained(f"{model.name}-{seed}", replace(model.recipe, batching=replace(model.recipe.batching, seed=seed)))


def how(recipe: Recipe) -> dict[str, Any]:
    """All of a recipe that decides the weights but its corpora, as JSON has it."""
    return {name: of for name, of in json.loads(json.dumps(asdict(recipe))).items() if name in HOW}


def check_finished(model: Trained, folder: Path) -> None:
    """Raise InputError unless the finished model in `folder` was trained by this model's recipe on these corpora.

    Corpora are compared by the names of their folders: a model may have been trained on another machine.
    """
    try:
        stands = json.loads((folder / "config.json").read_text(encoding="utf-8"))["recipe"]
    except (OSError, ValueError, KeyError):
        raise InputError(
            f"{folder} holds no model that otoscope pretrain made; remove it, or choose another DIR"
        ) from None
    wanted = how(model.recipe)
    different = [name for name in HOW if stands.get(name) != wanted[name]]
    if different:
        raise InputError(
            f"{folder} was trained by another recipe ({', '.join(different)}); choose another DIR for ours"
        )
    if (there := _names(stands["train"])) != (here := _names(model.recipe.train)):
        raise InputError(
            f"{folder} was trained on {', '.join(there)}, and --pretrain names {', '.join(here)}; choose another DIR"
        )


def _names(corpora: Sequence[str]) -> list[str]:
    return sorted(Path(os.path.expandvars(path)).name for path in corpora)


def described(found: Sequence[Trained]) -> Mapping[str, Any]:
    """What the plan of a reproduction says of its models."""
    return {one.name: how(one.recipe) for one in found}
