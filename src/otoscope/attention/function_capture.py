"""Capture the attention of models that bypass transformers' registry, by replacing torch functions.

Forward hooks mark when an attention module runs. While one runs, a torch function mode replaces the attention
functions that it calls. The rest of the model is not affected.

Two of torch's functions compute attention in one call (`fused_functions`). Other modules compute it in several steps:
a softmax over the keys, dropout or a mask, then a product of the weights and the values. The mode follows the weights
from the softmax to the product (`softmax_origins`), and replaces the product:

    scores ---> softmax ---> weights ---> dropout, mask, cast ---> product ---> context
                                                                      |
                                     AttentionCall(bias=scores, values) ---> handler ---> context

The scores contain every mask and bias, so the call has them as its bias, and empty queries and keys.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from otoscope.attention.call import AttentionCall, AttentionHandler, parse_mask
from otoscope.attention.fused_functions import multi_head_attention_forward, scaled_dot_product_attention
from otoscope.attention.product_forms import PRODUCT_FUNCTIONS, Product, parse_product
from otoscope.attention.softmax_origins import Origin, SoftmaxOrigins
from otoscope.errors import InputError


class AttentionFunctionMode(TorchFunctionMode):
    """Passes the attention of modules to a handler while they run; the hooks and the replacements change its state."""

    def __init__(self, handler: AttentionHandler, names: Mapping[nn.Module, str], batch_size: int | None) -> None:
        """Pass attention to `handler`; `names` and `batch_size` as for `capture_functions`."""
        super().__init__()
        self.handler, self.names, self.fixed_batch_size = handler, names, batch_size
        self.running: list[tuple[nn.Module, int]] = []  # modules, outermost first, with the size of their batch
        self.origins = SoftmaxOrigins()
        self.thread = get_ident()

    @property
    def module(self) -> nn.Module:
        """The innermost attention module that runs."""
        return self.running[-1][0]

    @property
    def batch_size(self) -> int:
        """The number of utterances that it runs on."""
        return self.running[-1][1] if self.fixed_batch_size is None else self.fixed_batch_size

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run a torch function, or its replacement while an attention module runs."""
        kwargs = kwargs or {}
        if not self.running:
            return func(*args, **kwargs)
        if func in REPLACEMENTS:
            return REPLACEMENTS[func](self, *args, **kwargs)
        result = func(*args, **kwargs)
        self.origins.follow(func, args, kwargs, result)
        return result

    def on_enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note that a module runs: a forward pre-hook."""
        if get_ident() == self.thread:
            inputs = (value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
            self.running.append((module, next((value.shape[0] for value in inputs if value.ndim), 1)))

    def on_exit(self, *_: object) -> None:
        """Note that a module has finished or failed: a forward hook."""
        if get_ident() == self.thread:
            self.running.pop()

    def require(self, is_measurable: bool, other_kind: str) -> None:
        """Raise InputError with the name of the module that runs, if its attention is of another kind."""
        if not is_measurable:
            name = self.names[self.module] or "the module"
            raise InputError(
                f"expected self-attention between all frames of each utterance, found {other_kind} in {name} "
                f"({type(self.module).__name__}); otoscope cannot measure this model"
            )

    def check_batch(self, size: int) -> None:
        """Raise InputError unless attention runs once for each utterance of the batch."""
        self.require(size == self.batch_size, f"{size} separate rows for {self.batch_size} utterances")

    def split_batch(self, states: Tensor) -> Tensor:
        """Return `[B, H, T, d]` from `[B * H, T, d]`, or from itself.

        Raises:
            InputError: the states have other axes.
        """
        self.require(states.ndim in (3, 4), f"states with {states.ndim} axes")
        if states.ndim == 4:
            self.check_batch(states.shape[0])
            return states
        self.require(states.shape[0] % self.batch_size == 0, f"{states.shape[0]} rows for {self.batch_size} utterances")
        return states.reshape(self.batch_size, -1, *states.shape[-2:])


@contextmanager
def capture_functions(
    modules: Mapping[str, nn.Module], handler: AttentionHandler, batch_size: int | None = None
) -> Iterator[None]:
    """Pass the attention of `modules` to `handler` within the block.

    Args:
        modules: attention modules that call torch's functions, by name.
        handler: receives each call and returns its context.
        batch_size: number of utterances; by default the first axis of the innermost module's input.
    """
    mode = AttentionFunctionMode(handler, {module: name for name, module in modules.items()}, batch_size)
    hooks = [
        hook
        for module in modules.values()
        for hook in (
            module.register_forward_pre_hook(mode.on_enter, with_kwargs=True),
            module.register_forward_hook(mode.on_exit, always_call=True),
        )
    ]
    try:
        with mode, without_fast_path():
            yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def without_fast_path() -> Iterator[None]:
    """Let `nn.TransformerEncoder` call its layers within the block, instead of one native function for all."""
    is_fast_path_enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(is_fast_path_enabled)


def product(function: Callable[..., Any], mode: AttentionFunctionMode, *args: Any, **kwargs: Any) -> Any:
    """Compute a matrix product; the handler computes that of the weights of a softmax and values, the context."""
    form = parse_product(function, args, kwargs)
    if form is not None and (origin := mode.origins.get(form.left)) is None:
        form, origin = form.swap(), mode.origins.get(form.right)
    if form is None or origin is None or not _is_between_frames(form):
        return function(*args, **kwargs)
    return form.from_context(_attend(mode, form, origin))


def _is_between_frames(form: Product) -> bool:
    """Return whether a product has as many queries as keys, and a value for each."""
    weights, value = form.to_left(form.left), form.to_right(form.right)
    return weights.shape[-1] == weights.shape[-2] == value.shape[-2] and weights.ndim >= 3


def _attend(mode: AttentionFunctionMode, form: Product, origin: Origin) -> Tensor:
    """Return the context `[..., T, d]` of weights and values, from the handler."""
    scores = origin.scores_of(form.left)
    mode.require(scores is not None, "weights that no longer sum to one after the softmax")
    assert scores is not None
    scores = form.to_left(scores)
    value = form.to_right(form.right)
    value = value.expand(*scores.shape[:-2], *value.shape[-2:])
    scores_bhqk, value_bhtd = (mode.split_batch(states) for states in (scores, value))
    empty = value_bhtd[..., :0]
    lengths, bias = parse_mask(scores_bhqk, None, value_bhtd)
    call = AttentionCall(mode.module, empty, empty, value_bhtd, 1.0, bias, lengths)
    return mode.handler(call).transpose(1, 2).reshape(value.shape)


REPLACEMENTS: dict[Callable[..., Any], Callable[..., Any]] = {
    F.multi_head_attention_forward: multi_head_attention_forward,
    F.scaled_dot_product_attention: scaled_dot_product_attention,
    **{function: partial(product, function) for function in PRODUCT_FUNCTIONS},
}
