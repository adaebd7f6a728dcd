"""Train steps that two trainings share only once: the later training starts from a checkpoint of the earlier one."""

import shutil
from dataclasses import replace
from pathlib import Path

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.pretraining.recipe import Recipe
from otoscope.pretraining.trainer import newest_checkpoint


def shared_steps(first: Recipe, second: Recipe) -> int:
    """Return the number of first steps in which two recipes train the same model, bit for bit; 0 if they share none.

    Examples:
        >>> from otoscope.pretraining.masking import Masking
        >>> m3 = Recipe(("pool",), ("test",), masking=Masking(span=3), training={"max_steps": 6})
        >>> m6 = replace(m3, masking=Masking(span=6, early_span=3, early_steps=4))
        >>> shared_steps(m3, m6), shared_steps(m3, replace(m6, model={"hidden_size": 24}))
        (4, 0)
    """
    if replace(first, masking=second.masking, validation=second.validation) != second:
        return 0
    changes = sorted({0, first.masking.early_steps, second.masking.early_steps})
    end = int(first.training["max_steps"])
    spans = {step: (first.masking.span_at_step(step), second.masking.span_at_step(step)) for step in changes}
    return min((step for step, (span, other) in spans.items() if span != other), default=end)


def copy_checkpoint(source: Path, steps: int, target: Path) -> None:
    """Copy a checkpoint from the folder of one training to that of another that has no checkpoint yet.

    Args:
        source: folder of the training with checkpoints.
        steps: the newest checkpoint within these steps is copied; none if there is no such checkpoint.
        target: folder of the training that starts from the checkpoint.
    """
    checkpoint = newest_checkpoint(source / "checkpoints", until=steps)
    if checkpoint is None or newest_checkpoint(target / "checkpoints"):
        return
    make_folder(target / "checkpoints")
    with atomic_write(target / "checkpoints" / checkpoint.name) as partial:
        shutil.copytree(checkpoint, partial, copy_function=shutil.copyfile)
