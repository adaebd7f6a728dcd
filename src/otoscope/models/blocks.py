"""Find the feed-forward blocks and whole layers of an encoder, and reach their outputs while it runs.

A layer is the smallest module around an attention module that also contains a feed-forward block. The output of a
feed-forward block is that of the linear layer that projects back to fewer features. What a layer adds is its output
minus its input.

Axes: b utterance, n token, f feature.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from otoscope.attention.output_changes import Block, OutputChange, change_outputs
from otoscope.attention.speech import CallSpeech
from otoscope.errors import InputError

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder

VisitOutput = Callable[[int, Tensor, Sequence[int]], None]
"""Receives the number of a block, its outputs `[B, N, 1, f]`, which may be changed in place, and lengths."""


@dataclass(frozen=True)
class BlockModules:
    """The modules of a layer: the whole layer, and the last linear layers of its feed-forward blocks."""

    layer: nn.Module
    feed_forward: tuple[nn.Linear, ...]


def block_modules(encoder: "Encoder") -> list[BlockModules]:
    """Return the modules of each layer, in the order in which layers run.

    Raises:
        InputError: a layer has no feed-forward block next to its attention.
    """
    names = {module: name for name, module in encoder.model.named_modules()}
    return [_modules_around(encoder, names[attention]) for attention in encoder.layers]


def _modules_around(encoder: "Encoder", attention: str) -> BlockModules:
    parts = attention.split(".")
    for end in range(len(parts) - 1, 0, -1):
        ancestor = encoder.model.get_submodule(".".join(parts[:end]))
        inner = ".".join(parts[end:])
        projections = tuple(
            module
            for name, module in ancestor.named_modules()
            if isinstance(module, nn.Linear) and module.in_features > module.out_features and not _is_in(name, inner)
        )
        if projections and not isinstance(ancestor, nn.ModuleList):
            return BlockModules(ancestor, projections)
        if isinstance(ancestor, nn.ModuleList):
            break
    raise InputError(
        f"expected a feed-forward block next to the attention {attention} of {encoder.name}, found none; replace "
        "outputs of heads instead"
    )


def _is_in(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def n_blocks(encoder: "Encoder", block: Block) -> int:
    """Return how many blocks each layer has: some have two feed-forward blocks."""
    return 1 if block == "layer" else len(block_modules(encoder)[0].feed_forward)


@contextmanager
def visit_blocks(encoder: "Encoder", block: Block, speech: CallSpeech | None, visit: VisitOutput) -> Iterator[None]:
    """Pass the output of each block of a kind to `visit` within the code block, and continue with what it leaves."""
    if not getattr(encoder.model, "batch_first", True):
        raise InputError(
            f"expected a module whose batch axis is first, found {encoder.name}; its blocks are unreachable"
        )
    if speech is None:
        raise InputError("expected waves with the inputs of the model, found none; pass the audio")
    frames = None if encoder.family.sees_silence else speech.frames
    visitor = _BlockVisitor(_points(encoder, block), block == "layer", frames, visit)
    hooks = [module.register_forward_hook(visitor, with_kwargs=True) for module in set(visitor.points)]
    try:
        yield
    finally:
        for registered in hooks:
            registered.remove()


def _points(encoder: "Encoder", block: Block) -> list[nn.Module]:
    """Return the modules whose outputs are those of the blocks, in the order of layers."""
    modules = block_modules(encoder)
    return [each.layer for each in modules] if block == "layer" else [*chain(*(each.feed_forward for each in modules))]


@dataclass(frozen=True, eq=False)
class _BlockVisitor:
    """A forward hook that visits outputs; only its calls change the number of calls of each module.

    Attributes:
        points: module of each block; layers may share modules.
        is_layer: whether what the module adds to its input is visited; otherwise its output.
        frames: real tokens of each utterance; None: all tokens.
        visit: receives the outputs.
    """

    points: Sequence[nn.Module]
    is_layer: bool
    frames: Sequence[int] | None
    visit: VisitOutput
    calls: Counter[nn.Module] = field(default_factory=Counter)

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        number = [n for n, other in enumerate(self.points) if other is module][self.calls[module]]
        self.calls[module] += 1
        hidden = output[0] if isinstance(output, tuple) else output
        before = _input(args, kwargs) if self.is_layer else torch.zeros_like(hidden)
        added = (hidden - before)[:, :, None]
        self.visit(number, added, self.frames or (added.shape[1],) * len(added))
        changed = before + added[:, :, 0]
        return (changed, *output[1:]) if isinstance(output, tuple) else changed


def _input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    return next(value for value in (*args, *kwargs.values()) if isinstance(value, Tensor) and value.ndim == 3)


@contextmanager
def change_blocks(encoder: "Encoder", speech: CallSpeech | None) -> Iterator[None]:
    """Apply the encoder's changes of feed-forward blocks and layers within the code block."""
    changes = [change for change in encoder.intervention.outputs if change.block != "heads"]
    if not changes:
        yield
        return
    change, *rest = changes
    numbered = _by_number(change, n_blocks(encoder, change.block))

    def visit(number: int, outputs_bnuf: Tensor, lengths: Sequence[int]) -> None:
        change_outputs(numbered, number, outputs_bnuf, lengths, speech)

    others = replace(encoder.intervention, outputs=tuple(rest))
    with (
        visit_blocks(encoder, change.block, speech, visit),
        change_blocks(replace(encoder, intervention=others), speech),
    ):
        yield


def _by_number(change: OutputChange, count: int) -> OutputChange:
    """Return a change whose layers are numbers of blocks, of which each layer has `count`."""
    units = frozenset((layer * count + block, 0) for layer, _ in change.units for block in range(count))
    return replace(change, units=units)
