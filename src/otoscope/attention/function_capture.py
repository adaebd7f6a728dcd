"""Capture the attention of models that bypass transformers' registry, by replacing torch functions.

Forward hooks mark when an attention module runs. While one runs, a torch function mode replaces the attention
functions that it calls. The rest of the model is not affected.

Two of torch's functions compute attention in one call, so their replacement builds the `AttentionCall` at once. Other
modules compute it in two steps: a softmax over the keys, then a product of the weights and the values. The mode sees
the steps separately:

    scores ---> softmax -----------------------> weights ---> (the module: dropout, reshape)
                  |                                                        |
                  | stores PendingSoftmax(scores, weights)                 v
                  |                                        values ---> product --> context
                  |                                                        |
                  +---- matches(weights)? by the memory of the weights ----+
                                   |                             |
                                  yes                            no
                                   v                             v
                 AttentionCall(bias=scores, values)     torch's own product,
                 --> handler --> context                the softmax stays pending

The scores contain every mask and bias, so the call has them as its bias, and empty queries and keys. A module that
finishes without a product of its weights leaves nothing pending.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from inspect import signature
from threading import get_ident
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from otoscope.attention.call import AttentionCall, AttentionHandler, parse_mask
from otoscope.attention.torch_private import storage_id
from otoscope.errors import InputError

MULTI_HEAD_ATTENTION = signature(F.multi_head_attention_forward)


@dataclass(frozen=True)
class PendingSoftmax:
    """The scores and the weights of a softmax whose product with the values has not come yet.

    It refers to the weights, so that no other tensor can have their memory.
    """

    scores: Tensor
    weights: Tensor

    def matches(self, weights: Tensor) -> bool:
        """Return whether a tensor is these weights, possibly in another shape."""
        return _storage_key(weights) == _storage_key(self.weights)


def _storage_key(tensor: Tensor) -> tuple[int, int]:
    return storage_id(tensor), int(tensor.storage_offset())


class AttentionFunctionMode(TorchFunctionMode):
    """Passes the attention of modules to a handler while they run; the hooks and the replacements change its state."""

    def __init__(self, handler: AttentionHandler) -> None:
        """Pass attention to `handler`."""
        super().__init__()
        self.handler = handler
        self.running: list[tuple[nn.Module, int]] = []  # modules, outermost first, with the size of their batch
        self.pending_softmax: PendingSoftmax | None = None
        self.thread = get_ident()

    @property
    def module(self) -> nn.Module:
        """The innermost attention module that runs."""
        return self.running[-1][0]

    @property
    def batch_size(self) -> int:
        """The number of utterances that it runs on."""
        return self.running[-1][1]

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run a torch function, or its replacement while an attention module runs."""
        if self.running and func in REPLACEMENTS:
            return REPLACEMENTS[func](self, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def on_enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note that a module runs: a forward pre-hook."""
        if get_ident() == self.thread:
            inputs = (value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
            self.running.append((module, next((value.shape[0] for value in inputs if value.ndim), 1)))

    def on_exit(self, *_: object) -> None:
        """Note that a module has finished or failed: a forward hook."""
        if get_ident() == self.thread:
            self.running.pop()
            self.pending_softmax = None


@contextmanager
def capture_functions(modules: Iterable[nn.Module], handler: AttentionHandler) -> Iterator[None]:
    """Pass the attention of `modules` to `handler` within the block.

    Args:
        modules: attention modules that call torch's functions.
        handler: receives each call and returns its context.
    """
    mode = AttentionFunctionMode(handler)
    hooks = [
        hook
        for module in modules
        for hook in (
            module.register_forward_pre_hook(mode.on_enter, with_kwargs=True),
            module.register_forward_hook(mode.on_exit, always_call=True),
        )
    ]
    is_fast_path_enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # it would run nn.TransformerEncoder in one native function
    try:
        with mode:
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(is_fast_path_enabled)
        for hook in hooks:
            hook.remove()


def multi_head_attention_forward(mode: AttentionFunctionMode, *args: Any, **kwargs: Any) -> tuple[Tensor, None]:
    """Replace torch's function of this name, `[T, B, E]` in and out; the handler computes the attention.

    Raises:
        InputError: it is not self-attention between the frames.
    """
    arguments = _bind(*args, **kwargs)
    _check_self_attention(
        arguments.bias_k is None and not arguments.add_zero_attn and arguments.key.shape == arguments.query.shape
    )
    T, B, E = arguments.query.shape
    query, key, value = _project_in(arguments)
    lengths, bias = _parse_masks(arguments, query)
    scaling = query.shape[-1] ** -0.5
    output = arguments.out_proj_weight
    call = AttentionCall(mode.module, query, key, value, scaling, bias, lengths, output=output)
    context = mode.handler(call).reshape(B, T, E).transpose(0, 1)
    return F.linear(context, output, arguments.out_proj_bias), None


def _bind(*args: Any, **kwargs: Any) -> SimpleNamespace:
    """Return the arguments of torch's multi-head attention by their names."""
    bound = MULTI_HEAD_ATTENTION.bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


def _project_in(arguments: SimpleNamespace) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries, keys and values `[B, H, T, d]` from the arguments of multi-head attention."""
    T, B, _ = arguments.query.shape
    if arguments.use_separate_proj_weight:
        weights = (arguments.q_proj_weight, arguments.k_proj_weight, arguments.v_proj_weight)
    else:
        weights = arguments.in_proj_weight.chunk(3)
    biases = (None,) * 3 if arguments.in_proj_bias is None else arguments.in_proj_bias.chunk(3)
    inputs = (arguments.query, arguments.key, arguments.value)
    query, key, value = (
        F.linear(states, weight, bias).view(T, B, arguments.num_heads, -1).permute(1, 2, 0, 3)
        for states, weight, bias in zip(inputs, weights, biases, strict=True)
    )
    return query, key, value


def _parse_masks(arguments: SimpleNamespace, query_bhtd: Tensor) -> tuple[tuple[int, ...], Tensor | None]:
    """Return lengths and bias (see `parse_mask`) from the two masks of multi-head attention."""
    mask, padding, bias_bhqk = arguments.attn_mask, arguments.key_padding_mask, None
    T = query_bhtd.shape[2]
    if mask is not None:
        bias_bhqk = _to_added_mask(mask, query_bhtd).view(-1, arguments.num_heads if mask.ndim == 3 else 1, T, T)
    if padding is None:
        return parse_mask(bias_bhqk, None, query_bhtd)
    return parse_mask(_to_added_mask(padding, query_bhtd)[:, None, None], bias_bhqk, query_bhtd)


def _to_added_mask(mask: Tensor, template: Tensor) -> Tensor:
    """Return a mask of torch's multi-head attention, true for forbidden keys or added to the scores, as the latter."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=template.dtype).masked_fill(mask, -torch.inf)


def softmax(
    function: Callable[..., Tensor], mode: AttentionFunctionMode, scores: Tensor, *args: Any, **kwargs: Any
) -> Tensor:
    """Compute a softmax; one over as many keys as queries is stored until its product with the values comes."""
    weights = function(scores, *args, **kwargs)
    if scores.ndim >= 3 and scores.shape[-1] == scores.shape[-2]:
        mode.pending_softmax = PendingSoftmax(scores, weights)
    return weights


def product(
    function: Callable[..., Tensor], mode: AttentionFunctionMode, weights: Tensor, value: Tensor, *args: Any
) -> Tensor:
    """Compute a matrix product; the handler computes that of pending weights and values, the context."""
    pending = mode.pending_softmax
    if pending is None or not pending.matches(weights):
        return function(weights, value, *args)
    mode.pending_softmax = None
    scores_bhqk, value_bhtd = (_split_batch(states, mode.batch_size) for states in (pending.scores, value))
    empty = value_bhtd[..., :0]
    lengths, bias = parse_mask(scores_bhqk, None, value_bhtd)
    call = AttentionCall(mode.module, empty, empty, value_bhtd, 1.0, bias, lengths)
    return mode.handler(call).transpose(1, 2).reshape(value.shape)


def scaled_dot_product_attention(
    mode: AttentionFunctionMode,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Replace torch's function of this name, `[..., T, d]` in and out; the handler computes the attention.

    Raises:
        InputError: it is not self-attention between all frames.
    """
    _check_self_attention(not is_causal and not enable_gqa and key.shape == query.shape)
    query_bhtd, key_bhtd, value_bhtd = (_split_batch(states, mode.batch_size) for states in (query, key, value))
    mask = None if attn_mask is None else attn_mask.view((1,) * (4 - attn_mask.ndim) + attn_mask.shape)
    lengths, bias = parse_mask(mask, None, query_bhtd)
    scaling = query.shape[-1] ** -0.5 if scale is None else scale
    call = AttentionCall(mode.module, query_bhtd, key_bhtd, value_bhtd, scaling, bias, lengths)
    return mode.handler(call).transpose(1, 2).reshape(value.shape)


def _check_self_attention(is_self_attention: bool) -> None:
    if not is_self_attention:
        raise InputError(
            "expected self-attention between all frames of the audio, found another kind (causal, grouped, or with "
            "keys that are no frames); otoscope cannot measure this model"
        )


def _split_batch(states: Tensor, batch_size: int) -> Tensor:
    """Return `[B, H, T, d]` from `[B * H, T, d]`, or from itself."""
    return states if states.ndim == 4 else states.view(batch_size, -1, *states.shape[-2:])


SOFTMAX_FUNCTIONS = (F.softmax, torch.softmax, Tensor.softmax)
PRODUCT_FUNCTIONS = (torch.bmm, torch.matmul, Tensor.matmul, Tensor.__matmul__)
REPLACEMENTS: dict[Callable[..., Any], Callable[..., Any]] = {
    F.multi_head_attention_forward: multi_head_attention_forward,
    F.scaled_dot_product_attention: scaled_dot_product_attention,
    **{function: partial(softmax, function) for function in SOFTMAX_FUNCTIONS},
    **{function: partial(product, function) for function in PRODUCT_FUNCTIONS},
}
