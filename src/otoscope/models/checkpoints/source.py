"""The kinds of checkpoints that `convert` reads: one file of `builtin/` for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otoscope.registry import Registry


@dataclass(frozen=True)
class Checkpoint:
    """The contents of a checkpoint file.

    Attributes:
        path: the file, for messages.
        states: its contents: tensors and plain data by name.
        n_heads: number of heads for each layer that the user stated, or None.
    """

    path: Path
    states: Mapping[str, Any]
    n_heads: int | None = None


@dataclass(frozen=True)
class CheckpointSource:
    """A toolkit that writes checkpoints.

    Attributes:
        contents: what its files hold, for messages.
        is_written_by: whether the contents of a file are of this toolkit.
        build: returns the model with the weights of the file, and its feature extractor.
    """

    contents: str
    is_written_by: Callable[[Mapping[str, Any]], bool]
    build: Callable[[Checkpoint], tuple[Any, Any]]


SOURCES = Registry[CheckpointSource]("checkpoint_sources", "otoscope.models.checkpoints.builtin", "SOURCE")
"""Sources of checkpoints by name."""
