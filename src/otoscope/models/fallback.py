"""Capture where a family bypasses the registry: torch's attention functions are taken over in its attention modules.

Hooks on the attention modules open and shut the gate, so that nothing else in the model is touched.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from otoscope.models.call import Answer, AttentionCall, prefix_lengths


class TakeOver(TorchFunctionMode):
    """While a gated module runs, its attention function is answered by `answer`."""

    def __init__(self, answer: Answer) -> None:
        """See the class."""
        super().__init__()
        self.answer = answer
        self.running: list[nn.Module] = []
        self.thread = get_ident()

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Called by torch for each of its functions."""
        if self.running and func in REPLACED:
            return REPLACED[func](self, *args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))

    def opened(self, module: nn.Module, *_: object) -> None:
        """Forward pre-hook of a gated module."""
        if get_ident() == self.thread:
            self.running.append(module)

    def shut(self, *_: object) -> None:
        """Forward hook of a gated module, called also when it fails."""
        if get_ident() == self.thread:
            self.running.pop()


@contextmanager
def taking_over(modules: Iterable[nn.Module], answer: Answer) -> Iterator[None]:
    """Within the block the attention of `modules` is given to `answer`."""
    mode = TakeOver(answer)
    hooks = [
        hook
        for module in modules
        for hook in (
            module.register_forward_pre_hook(mode.opened),
            module.register_forward_hook(mode.shut, always_call=True),
        )
    ]
    try:
        with mode:
            yield
    finally:
        for hook in hooks:
            hook.remove()


def multi_head_attention_forward(
    mode: TakeOver,
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
    bias = None if attn_mask is None else attn_mask.view(-1, num_heads if attn_mask.ndim == 3 else 1, T, T)
    lengths = (T,) * B if key_padding_mask is None else prefix_lengths(~key_padding_mask)
    call = AttentionCall(mode.running[-1], q, k, v, q.shape[-1] ** -0.5, bias, lengths)
    context = mode.answer(call).reshape(B, T, E).transpose(0, 1)
    return F.linear(context, out_proj_weight, out_proj_bias), None


REPLACED: dict[Callable[..., Any], Callable[..., Any]] = {
    F.multi_head_attention_forward: multi_head_attention_forward,
}
