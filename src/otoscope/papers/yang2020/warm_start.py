"""Steps that two trainings have in common are trained once: the later one begins with a checkpoint of the earlier."""

import shutil
from dataclasses import replace
from pathlib import Path

from otoscope._io.atomic import atomic, make_folder
from otoscope.pretraining.recipe import Recipe
from otoscope.pretraining.trainer import newest_checkpoint


def shared_steps(one: Recipe, other: Recipe) -> int:
    """Steps after which two recipes still have made the same model, bit for bit; 0 where they have none in common.

    >>> from otoscope.pretraining.masking import Masking
    >>> m3 = Recipe(("pool",), ("heard",), masking=Masking(span=3), training={"max_steps": 6})
    >>> m6 = replace(m3, masking=Masking(span=6, early_span=3, early_steps=4))
    >>> shared_steps(m3, m6), shared_steps(m3, replace(m6, model={"hidden_size": 24}))
    (4, 0)
    """
    if replace(one, masking=other.masking, validation=other.validation) != other:
        return 0
    begins = sorted({0, one.masking.early_steps, other.masking.early_steps})
    end = int(one.training["max_steps"])
    return min((step for step in begins if one.masking.at(step) != other.masking.at(step)), default=end)


def begin_with(earlier: Path, steps: int, own: Path) -> None:
    """Copy the newest checkpoint within these steps from one training's folder to another's that has none."""
    checkpoint = newest_checkpoint(earlier / "checkpoints", until=steps)
    if checkpoint is None or newest_checkpoint(own / "checkpoints"):
        return
    make_folder(own / "checkpoints")
    with atomic(own / "checkpoints" / checkpoint.name) as partial:
        shutil.copytree(checkpoint, partial)
