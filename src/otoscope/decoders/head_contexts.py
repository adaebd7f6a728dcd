"""Read and change the contexts of a decoder's heads before the output projection of their layer.

After the output projection no slice of the features belongs to one head.

Axes: b utterance, q row, h head, d feature.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from torch import Tensor, nn

from otoscope.decoders.attention_modules import DecoderLayer, num_heads, output_projection
from otoscope.decoders.transcriber import Transcriber

Change = Callable[[DecoderLayer, Tensor], Tensor]
"""From kind and layer, and the contexts `[b, q, h, d]` of its heads, to those that the output projection receives."""


@contextmanager
def changed_contexts(transcriber: Transcriber, change: Change) -> Iterator[None]:
    """Within the block, the output projection of every attention module of a decoder receives changed contexts."""
    with ExitStack() as hooks:
        for module, place in transcriber.layers.items():
            shape = num_heads(module), -1
            hook = output_projection(module).register_forward_pre_hook(partial(_apply, place, shape, change))
            hooks.callback(hook.remove)
        yield


def _apply(
    place: DecoderLayer, shape: tuple[int, int], change: Change, _: nn.Module, inputs: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    context_bqhd = inputs[0].reshape(*inputs[0].shape[:-1], *shape)
    return (change(place, context_bqhd).flatten(-2), *inputs[1:])
