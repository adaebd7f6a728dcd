"""The checkpoints of a training, in the order of their steps."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from safetensors import safe_open

from otoscope.errors import InputError

WEIGHT_FILES = ("*.safetensors", "*.bin", "config.json")
STEP = re.compile(r"(\d+)$")


@dataclass(frozen=True)
class TrainingCheckpoint:
    """A folder with a model, and the step of the training after which it was written."""

    step: int
    folder: Path

    @property
    def digest(self) -> str:
        """SHA-256 of the files of its weights and configuration."""
        files = sorted({path for pattern in WEIGHT_FILES for path in self.folder.glob(pattern)})
        digest = hashlib.sha256()
        for path in files:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()


def find_checkpoints(paths: Sequence[str | Path]) -> list[TrainingCheckpoint]:
    """Return the checkpoints of a training, the earliest first.

    Args:
        paths: folders of checkpoints, or one folder that contains them, such as the `output_dir` of a Trainer.

    Raises:
        InputError: a folder has no step (`trainer_state.json`, or a name that ends with a number), two have the same
            step, or there are fewer than two.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     for name in ("checkpoint-200", "checkpoint-1000"):
    ...         (Path(folder) / name).mkdir()
    ...     [checkpoint.step for checkpoint in find_checkpoints([folder])]
    [200, 1000]
    """
    folders = [folder for path in map(Path, paths) for folder in _expand(path)]
    checkpoints = sorted(
        (TrainingCheckpoint(_step(folder), folder) for folder in folders), key=lambda checkpoint: checkpoint.step
    )
    if len(checkpoints) < 2:
        place = ", ".join(map(str, paths))
        raise InputError(f"expected at least two checkpoints, found {len(checkpoints)} in {place}; pass their folders")
    for first, second in pairwise(checkpoints):
        if first.step == second.step:
            raise InputError(
                f"expected checkpoints of different steps, found {first.folder} and {second.folder} of step "
                f"{first.step}; pass the checkpoints of one training, each once"
            )
    return checkpoints


def check_weights(checkpoints: Sequence[TrainingCheckpoint]) -> None:
    """Check that all checkpoints are of one model, from the headers of their weight files.

    Raises:
        InputError: a weight has another shape in another checkpoint, or is missing there.
    """
    first, *others = ((checkpoint, _weight_shapes(checkpoint.folder)) for checkpoint in checkpoints)
    for checkpoint, shapes in others:
        differing = {*first[1].items()} ^ {*shapes.items()}
        if differing and first[1] and shapes:
            name = min(differing)[0]
            raise InputError(
                f"expected checkpoints of one model, found {name} of shape {first[1].get(name)} in {first[0].folder} "
                f"and {shapes.get(name)} in {checkpoint.folder}; pass the checkpoints of one training"
            )


def _weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight in the safetensors files of a folder; none where it has others."""
    shapes: dict[str, tuple[int, ...]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "np") as weights:
            shapes |= {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118
    return shapes


def _expand(path: Path) -> list[Path]:
    """Return the checkpoints in a folder, or the folder itself if it contains none.

    Raises:
        InputError: there is no such folder.
    """
    if not path.is_dir():
        raise InputError(f"expected a folder with checkpoints, found none at {path}; pass folders of checkpoints")
    return sorted(folder for folder in path.glob("checkpoint-*") if STEP.search(folder.name)) or [path]


def _step(folder: Path) -> int:
    """Return the step that the state of the Trainer records, or that the name of the folder ends with.

    Raises:
        InputError: neither is there.
    """
    state = folder / "trainer_state.json"
    try:
        return int(json.loads(state.read_text(encoding="utf-8"))["global_step"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    if match := STEP.search(folder.name):
        return int(match[1])
    raise InputError(
        f"expected the step of {folder}, found neither trainer_state.json nor a number at the end of its name; rename "
        f"it to {folder.name}-STEP"
    )
