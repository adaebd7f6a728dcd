"""Steps of pre-training with torch's fused attention over plain attention, as a recipe trains (crops, bfloat16).

python benchmarks/pretraining.py RECIPE CORPUS
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from harness import Row, Work, ratio_row, run_rows
from otoscope.models.mockingjay import MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.corpora import read_corpora
from otoscope.pretraining.recipe import Recipe, read_recipe
from otoscope.pretraining.trainer import new_model

STEPS = 200


def training(recipe: Recipe, kernel: str) -> tuple[MockingjayForPreTraining, torch.optim.Optimizer]:
    """A model that attends by a kernel, and what trains it."""
    model = new_model(replace(recipe, model=recipe.model | {"attn_implementation": kernel}), recipe.batching.seed)
    return model.train(), torch.optim.AdamW(model.parameters(), lr=recipe.training["learning_rate"], fused=True)


def steps(recipe: Recipe, batches: MaskedBatches, kernel: str) -> Work:
    """Return a work that makes one step, of the next batch."""
    model, optimizer = training(recipe, kernel)
    half, numbers = bool(recipe.training.get("bf16")), count()

    def step() -> None:
        with torch.enable_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = model(**batches[next(numbers)]).loss
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def step_rows(path: str, corpus: str) -> Iterator[Row]:
    recipe = read_recipe(path, {"train": [corpus], "validation": [corpus]})
    with TemporaryDirectory() as folder:
        speech = read_corpora((corpus,), MockingjayFeatureExtractor(), Path(folder))
        batches = MaskedBatches(speech.features, recipe.masking, recipe.batching, STEPS)
        crops = f"{recipe.batching.size} crops of {recipe.batching.crop} frames"
        plain, fused = (steps(recipe, batches, kernel) for kernel in ("eager", "sdpa"))
        yield from ratio_row(f"a training step, {crops}: fused attention over plain", plain, fused)


if __name__ == "__main__":
    recipe, corpus = sys.argv.pop(1), sys.argv.pop(1)
    run_rows({"pretraining-step": partial(step_rows, recipe, corpus)})
