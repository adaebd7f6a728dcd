"""Find every product of attention weights and values in a run, independently of the capture.

The capture replaces functions of torch, so it misses what a module spells in a way that it does not know. This module
looks one level below, at the operations that torch dispatches: there, every spelling of a softmax and of a product is
one of a few operations. `wrap` compares both.

A product counts as attention in three cases:

- one fused operation computes scaled dot-product attention;
- an operand comes from a softmax by operations that keep its size (masks, casts, views);
- an operand is a matrix `[T, T]` between the frames, which the module computes and does not learn.

Averages over time (one query) and tables of learned vectors are no attention.

Axes: q query, k key, d feature.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.attention.function_capture import without_fast_path
from otoscope.attention.torch_private import DispatchMode, operation_name, storage_id, tensors_in

SOFTMAXES = {"_softmax", "_safe_softmax"}
EXPONENTS = {"exp", "sigmoid"}
MATRIX_PRODUCTS = {"mm": 0, "bmm": 0, "matmul": 0, "addmm": 1, "baddbmm": 1, "addbmm": 1}
"""Operations that compute a product, with the number of arguments before its operands."""
CONVOLUTIONS = {"convolution", "mkldnn_convolution", "_convolution"}
FUSED = {
    "_scaled_dot_product_flash_attention_for_cpu",
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
    "_scaled_dot_product_attention_math_for_mps",
    "_native_multi_head_attention",
    "_transformer_encoder_layer_fwd",
}


@dataclass(frozen=True)
class SoftmaxResult:
    """A tensor that comes from a softmax, and whether the softmax has as many queries as keys.

    It refers to the tensor, so that no other tensor can have its id.
    """

    tensor: Tensor
    is_square: bool


class AttentionProducts(DispatchMode):  # type: ignore[no-untyped-call]
    """Counts the products of attention weights and values by the module that runs."""

    def __init__(self, parameters: Sequence[Tensor], num_frames: int) -> None:
        """Look for attention between `num_frames` frames; `parameters` are the learned tensors of the model."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.learned = {storage_id(parameter) for parameter in parameters}
        self.num_frames = num_frames
        self.running: list[str] = []
        self.counts: Counter[str] = Counter()
        self.results: dict[int, SoftmaxResult] = {}

    def __torch_dispatch__(
        self, func: Any, types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operation and note what it does with the results of softmaxes."""
        result = func(*args, **(kwargs or {}))
        name = operation_name(func)
        if name in FUSED or self._is_attention(name, args):
            self.counts[self.running[-1] if self.running else ""] += 1
        elif isinstance(result, Tensor):
            self._follow(name, func, args, result)
        return result

    def _is_attention(self, name: str, args: Sequence[Any]) -> bool:
        """Return whether an operation multiplies attention weights and values."""
        if name in CONVOLUTIONS:
            return any(weights.is_square for weights in self._results_of(args[:1]))
        if name not in MATRIX_PRODUCTS:
            return False
        left, right = args[MATRIX_PRODUCTS[name] :][:2]
        return self._is_weights_product(left, right, left.shape[-2]) or self._is_weights_product(
            right, left, right.shape[-1]
        )

    def _is_weights_product(self, weights: Tensor, values: Tensor, num_queries: int) -> bool:
        """Return whether `weights` are attention weights that are multiplied by `values`."""
        is_learned = storage_id(values) in self.learned
        if (softmax := self.results.get(id(weights))) is not None:
            return softmax.is_square or (num_queries > 1 and not is_learned)
        T = self.num_frames
        is_between_frames = weights.shape[-2:] == (T, T) and values.shape[-2:] != (T, T)
        return is_between_frames and storage_id(weights) not in self.learned and not is_learned

    def _follow(self, name: str, func: Any, args: Sequence[Any], result: Tensor) -> None:
        """Note the result if it comes from a softmax."""
        if name in SOFTMAXES:
            axis = args[1] % args[0].ndim if args[0].ndim else 0
            keys, others = result.shape[axis], result.shape[:axis] + result.shape[axis + 1 :]
            self.results[id(result)] = SoftmaxResult(result, keys > 1 and keys in others)
        elif name in EXPONENTS and result.ndim >= 3 and result.shape[-2:] == (self.num_frames, self.num_frames):
            self.results[id(result)] = SoftmaxResult(result, True)
        elif name not in MATRIX_PRODUCTS and name not in CONVOLUTIONS:
            origin = next((part for part in self._results_of(args) if part.tensor.numel() == result.numel()), None)
            if origin is not None:
                self.results[id(result)] = SoftmaxResult(result, origin.is_square)

    def _results_of(self, values: Any) -> Iterator[SoftmaxResult]:
        for tensor in tensors_in(values):
            if (softmax := self.results.get(id(tensor))) is not None:
                yield softmax


def count_attention_products(model: nn.Module, run: Callable[[], object], num_frames: int) -> Mapping[str, int]:
    """Return how many products of attention weights and values each module computes in a run, by its name.

    Args:
        model: the model.
        run: runs it once.
        num_frames: number of frames between which it attends.
    """
    products = AttentionProducts([*model.parameters(), *model.buffers()], num_frames)
    with torch.inference_mode(), without_fast_path(), _running_names(model, products.running), products:
        run()
    return products.counts


@contextmanager
def _running_names(model: nn.Module, running: list[str]) -> Iterator[None]:
    """Keep the names of the modules that run in `running` within the block, outermost first."""

    def on_enter(name: str, *_: object) -> None:
        running.append(name)

    def on_exit(*_: object) -> None:
        running.pop()

    hooks = [
        hook
        for name, module in model.named_modules()
        for hook in (
            module.register_forward_pre_hook(partial(on_enter, name)),
            module.register_forward_hook(on_exit, always_call=True),
        )
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
