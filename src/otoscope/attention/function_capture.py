"""Capture where a family bypasses the registry: torch's attention functions are taken over in its attention modules.

Hooks on the attention modules open and shut the gate, so that nothing else in the model is touched.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from otoscope.attention.call import AttentionCall, AttentionHandler, parse_mask
from otoscope.errors import InputError


class AttentionFunctionMode(TorchFunctionMode):
    """While a gated module runs, its attention function is answered by `answer`."""

    def __init__(self, answer: AttentionHandler) -> None:
        """See the class."""
        super().__init__()
        self.answer = answer
        self.running: list[tuple[nn.Module, int]] = []  # and the batch that it was called with
        self.softened: tuple[Tensor, Tensor] | None = None  # scores and weights that wait for their values
        self.thread = get_ident()

    @property
    def module(self) -> nn.Module:
        """The gated module that runs."""
        return self.running[-1][0]

    @property
    def batch(self) -> int:
        """Utterances that it runs on."""
        return self.running[-1][1]

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Called by torch for each of its functions."""
        if self.running and func in REPLACED:
            return REPLACED[func](self, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def opened(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Forward pre-hook of a gated module."""
        if get_ident() == self.thread:
            given = (value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
            self.running.append((module, next((value.shape[0] for value in given if value.ndim), 1)))

    def shut(self, *_: object) -> None:
        """Forward hook of a gated module, called also when it fails."""
        if get_ident() == self.thread:
            self.running.pop()
            self.softened = None


@contextmanager
def capture_functions(modules: Iterable[nn.Module], answer: AttentionHandler) -> Iterator[None]:
    """Within the block the attention of `modules` is given to `answer`."""
    mode = AttentionFunctionMode(answer)
    hooks = [
        hook
        for module in modules
        for hook in (
            module.register_forward_pre_hook(mode.opened, with_kwargs=True),
            module.register_forward_hook(mode.shut, always_call=True),
        )
    ]
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # it would run nn.TransformerEncoder in one native function
    try:
        with mode:
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        for hook in hooks:
            hook.remove()


def multi_head_attention_forward(
    mode: AttentionFunctionMode,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    **_: object,
) -> tuple[Tensor, None]:
    """torch's function of this name, `[T, B, E]` in and out, with its attention given to the answer."""
    T, B, E = query.shape
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight.chunk(3)
    biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
    q, k, v = (
        F.linear(x, w, b).view(T, B, num_heads, -1).permute(1, 2, 0, 3)
        for x, w, b in zip((query, key, value), weights, biases, strict=True)
    )
    if bias_k is not None or add_zero_attn or key.shape != query.shape:
        raise InputError("expected self-attention between frames; the model adds keys of its own or attends to others")
    bias = None if attn_mask is None else _added(attn_mask, q).view(-1, num_heads if attn_mask.ndim == 3 else 1, T, T)
    padding = None if key_padding_mask is None else _added(key_padding_mask, q)[:, None, None]
    lengths, bias = parse_mask(bias, None, q) if padding is None else parse_mask(padding, bias, q)
    call = AttentionCall(mode.module, q, k, v, q.shape[-1] ** -0.5, bias, lengths, output=out_proj_weight)
    context = mode.answer(call).reshape(B, T, E).transpose(0, 1)
    return F.linear(context, out_proj_weight, out_proj_bias), None


def _added(mask: Tensor, like: Tensor) -> Tensor:
    """A mask as torch's multi-head attention takes it (true where forbidden, or added) as what is added to scores."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill(mask, -torch.inf)


def softmax(
    function: Callable[..., Tensor], mode: AttentionFunctionMode, scores: Tensor, *args: Any, **kwargs: Any
) -> Tensor:
    """A softmax over keys: its weights are given, and their product with the values awaited."""
    weights = function(scores, *args, **kwargs)
    if scores.ndim >= 3 and scores.shape[-1] == scores.shape[-2]:
        mode.softened = scores, weights
    return weights


def product(
    function: Callable[..., Tensor], mode: AttentionFunctionMode, weights: Tensor, value: Tensor, *args: Any
) -> Tensor:
    """A matrix product: of weights and values it is the context, in the weights' shape."""
    if mode.softened is None or _place(weights) != _place(mode.softened[1]):
        return function(weights, value, *args)
    scores_bhqk, value_bhtd = (_by_utterance(states, mode.batch) for states in (mode.softened[0], value))
    mode.softened = None
    nothing = value_bhtd[..., :0]
    lengths, bias = parse_mask(scores_bhqk, None, value_bhtd)
    call = AttentionCall(mode.module, nothing, nothing, value_bhtd, 1.0, bias, lengths)
    return mode.answer(call).transpose(1, 2).reshape(value.shape)


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
    """torch's function of this name, `[..., T, d]` in and out, with its attention given to the answer."""
    if is_causal or enable_gqa or key.shape != query.shape:
        raise InputError("expected self-attention between all frames; the model attends in another way")
    q, k, v = (_by_utterance(states, mode.batch) for states in (query, key, value))
    mask = None if attn_mask is None else attn_mask.view((1,) * (4 - attn_mask.ndim) + attn_mask.shape)
    lengths, bias = parse_mask(mask, None, q)
    call = AttentionCall(mode.module, q, k, v, q.shape[-1] ** -0.5 if scale is None else scale, bias, lengths)
    return mode.answer(call).transpose(1, 2).reshape(value.shape)


def _by_utterance(states: Tensor, batch: int) -> Tensor:
    """`[B * H, T, d]` or `[B, H, T, d]` as the latter."""
    return states if states.ndim == 4 else states.view(batch, -1, *states.shape[-2:])


REPLACED: dict[Callable[..., Any], Callable[..., Any]] = {
    F.multi_head_attention_forward: multi_head_attention_forward,
    F.scaled_dot_product_attention: scaled_dot_product_attention,
    **{function: partial(softmax, function) for function in (F.softmax, torch.softmax, Tensor.softmax)},
    **{
        function: partial(product, function) for function in (torch.bmm, torch.matmul, Tensor.matmul, Tensor.__matmul__)
    },
}


def _place(tensor: Tensor) -> tuple[int, int]:
    """Where a tensor lies, also one without data."""
    return tensor.untyped_storage()._cdata, int(tensor.storage_offset())
