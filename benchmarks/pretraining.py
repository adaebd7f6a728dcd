"""Steps of pre-training by attention kernel, turn by turn: `python benchmarks/pretraining.py RECIPE CORPUS [STEPS]`.

Prints seconds of a step with torch's fused kernel and with the plain one, as the recipe trains (crops, bfloat16), and
their ratio, each the median of all steps with the least and the largest.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from otoscope.models.mockingjay import MockingjayFeatureExtractor, MockingjayForPreTraining
from otoscope.pretraining.batches import MaskedBatches
from otoscope.pretraining.corpora import read_corpora
from otoscope.pretraining.recipe import Recipe, read_recipe
from otoscope.pretraining.trainer import new_model
from otoscope.refinement.timing import MedianRange

WARM = 2


def training(recipe: Recipe, kernel: str) -> tuple[MockingjayForPreTraining, torch.optim.Optimizer]:
    """A model that attends by a kernel, and what trains it."""
    model = new_model(replace(recipe, model=recipe.model | {"attn_implementation": kernel}), recipe.batching.seed)
    return model.train(), torch.optim.AdamW(model.parameters(), lr=recipe.training["learning_rate"], fused=True)


def step(model: MockingjayForPreTraining, optimizer: torch.optim.Optimizer, batch: dict, half: bool) -> float:
    """Seconds of one step."""
    start = time.perf_counter()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        loss = model(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    optimizer.zero_grad()
    return time.perf_counter() - start


def main(path: str, corpus: str, steps: int) -> None:
    """Print the times."""
    recipe = read_recipe(path, {"train": [corpus], "validation": [corpus]})
    with TemporaryDirectory() as folder:
        speech = read_corpora((corpus,), MockingjayFeatureExtractor(), Path(folder))
        batches = MaskedBatches(speech.features, recipe.masking, recipe.batching, WARM + steps)
        fused, plain = training(recipe, "sdpa"), training(recipe, "eager")
        half = bool(recipe.training.get("bf16"))
        times = [
            (step(*fused, batch, half), step(*plain, batch, half))
            for batch in map(batches.__getitem__, range(WARM + steps))
        ]
    columns = {
        "fused": [1000 * one for one, _ in times[WARM:]],
        "plain": [1000 * other for _, other in times[WARM:]],
        "fused / plain": [one / other for one, other in times[WARM:]],
    }
    crops = f"{recipe.batching.size} crops of {recipe.batching.crop} frames"
    print(f"{crops}, {torch.get_num_threads()} threads, {steps} steps")
    for name, values in columns.items():
        of, unit = MedianRange.of(values), "" if "/" in name else " ms"
        print(f"{name:14}{of.median:8.2f}{unit} ({of.low:.2f} to {of.high:.2f})")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 20)
