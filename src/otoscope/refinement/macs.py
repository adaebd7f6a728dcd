"""Multiplications of one forward pass, by the part of the model that makes them."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn

from otoscope.models.blocked import computed_pairs
from otoscope.models.encoder import Encoder
from otoscope.refinement.parts import PARTS
from otoscope.refinement.surgery import blocks
from otoscope.refinement.timing import noise

FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD = "front end", "attention projections", "attention", "feed-forward"
MAC_PARTS = (FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD)


def count_macs(encoder: Encoder, seconds: float, span: int | None = None) -> dict[str, int]:
    """Multiplications with additions on some seconds of audio, by part; `attention` is its scores and contexts.

    Counted as they are computed, so that blocks of a span (the model's own, or a narrower `span`) count whole. The
    front end is all that lies outside of the layers; what else a layer holds counts as feed-forward.

    Examples:
        >>> from otoscope import load
        >>> count_macs(load("embedded"), 1.0)["attention"] == 6 * 2 * 256 * 50**2
        True
    """
    done: Counter[str] = Counter(dict.fromkeys(MAC_PARTS, 0))
    frames: list[int] = []

    def counting(part: str) -> Callable[..., None]:
        def hook(module: Any, args: tuple[Tensor, ...], output: Tensor) -> None:
            done[part] += output.numel() * module.weight[0].numel()
            if part == PROJECTIONS:
                frames.append(output.shape[-2])

        return hook

    hooks = [module.register_forward_hook(counting(part)) for module, part in _multiplying(encoder)]
    try:
        encoder.plain([noise(encoder, seconds)])
    finally:
        for one in hooks:
            one.remove()
    limits = [one for one in (span, getattr(encoder.model.config, "attention_span", None)) if one is not None]
    pairs = computed_pairs(min(frames), min(limits, default=None))
    done[ATTENTION] = 2 * sum(encoder.n_heads) * _head_size(encoder) * pairs
    return dict(done)


def _multiplying(encoder: Encoder) -> Iterator[tuple[nn.Module, str]]:
    """Linear maps and convolutions, each with its part of the model."""
    names = _blocks(encoder)
    layers, within = (tuple(f"{name}." for name in of) for of in ([n.rpartition(".")[0] for n in names], names))
    for name, module in encoder.model.named_modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            yield module, PROJECTIONS if name.startswith(within) else FEED_FORWARD if name.startswith(layers) else FRONT


def _blocks(encoder: Encoder) -> list[str]:
    if encoder.family.model_type in PARTS:
        return blocks(encoder.model, PARTS[encoder.family.model_type])
    return [name for name, module in encoder.model.named_modules() if any(module is one for one in encoder.layers)]


def _head_size(encoder: Encoder) -> int:
    config = encoder.model.config
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
