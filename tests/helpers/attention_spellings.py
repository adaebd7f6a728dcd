"""Ways in which people write self-attention in PyTorch; all of them compute the same numbers."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

HEADS, WIDTH = 2, 16
HOP = 160

Spelling = Callable[["SpelledAttention", Tensor, Tensor, Tensor], Tensor]
"""Computes the context `[B, H, T, d]` of scaled scores `[B, H, T, T]`, a padding mask `[B, 1, 1, T]` and values."""


class SpelledAttention(nn.Module):
    """A layer of self-attention whose core is one of the spellings."""

    def __init__(self, spelling: Spelling) -> None:
        """See the class."""
        super().__init__()
        self.spelling = spelling
        self.inputs, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.dropout, self.softmax = nn.Dropout(0.1), nn.Softmax(dim=-1)

    def forward(self, states: Tensor, is_padding_bt: Tensor) -> Tensor:
        """Return hidden states `[B, T, d]`."""
        query, key, value = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.inputs(states).chunk(3, -1)
        )
        scores = query @ key.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        context = self.spelling(self, scores, is_padding_bt[:, None, None], value)
        return states + self.output(context.transpose(1, 2).flatten(2))


class SpelledEncoder(nn.Module):
    """Layers of one spelling; frames of zeros are padding."""

    def __init__(self, *spellings: Spelling) -> None:
        """See the class."""
        super().__init__()
        self.layers = nn.ModuleList(SpelledAttention(spelling) for spelling in spellings)

    def forward(self, states: Tensor) -> Tensor:
        """Return hidden states `[B, T, d]`."""
        is_padding_bt = (states == 0).all(-1)
        for layer in self.layers:
            states = layer(states, is_padding_bt)
        return states


def espnet(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Spell attention as ESPnet does: both scores and weights are masked, then dropout."""
    scores = scores.masked_fill(mask, float(torch.finfo(scores.dtype).min))
    weights = torch.softmax(scores, dim=-1).masked_fill(mask, 0.0)
    return torch.matmul(layer.dropout(weights), value)


def wenet(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Spell attention as WeNet does: the mask is cast, scores become minus infinity."""
    scores = scores.masked_fill(mask.eq(1), -float("inf"))
    weights = torch.softmax(scores.float(), dim=-1).type_as(value).masked_fill(mask.eq(1), 0.0)
    return torch.matmul(layer.dropout(weights), value)


def plain(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Use nothing but a softmax and a product."""
    return scores.masked_fill(mask, -torch.inf).softmax(-1) @ value


def softmax_module(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Use modules for the softmax and the dropout."""
    return torch.matmul(layer.dropout(layer.softmax(scores.masked_fill(mask, -1e30))), value)


def functional_dropout(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Use functions of torch for the softmax and the dropout."""
    weights = F.softmax(scores + torch.zeros_like(scores).masked_fill(mask, -torch.inf), dim=-1)
    return F.dropout(weights, 0.1, layer.training) @ value


def cast(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Compute the softmax in float64, also for values in float32."""
    weights = scores.masked_fill(mask, -torch.inf).softmax(-1, dtype=torch.float64)
    return weights.to(value.dtype) @ value


def einsum(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Use einsum, with the axes of the context in another order."""
    weights = scores.masked_fill(mask, -torch.inf).softmax(-1)
    return torch.einsum("bhqk,bhkd->bqhd", layer.dropout(weights), value).transpose(1, 2)


def einsum_ellipsis(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Use einsum with an ellipsis."""
    return torch.einsum("...qk,...kd->...qd", scores.masked_fill(mask, -torch.inf).softmax(-1), value)


def batched_product(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Join the axes of utterances and heads, as fairseq does."""
    weights = scores.masked_fill(mask, -torch.inf).flatten(0, 1).softmax(-1)
    return torch.bmm(layer.dropout(weights), value.flatten(0, 1)).unflatten(0, (-1, HEADS))


def transposed(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Multiply the transposed values by the transposed weights."""
    weights = scores.masked_fill(mask, -torch.inf).softmax(-1)
    return (value.transpose(-1, -2) @ weights.transpose(-1, -2)).transpose(-1, -2)


def exponents(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Spell the softmax itself, with a mask between exponent and sum."""
    weights = (scores - scores.amax(-1, keepdim=True)).exp().masked_fill(mask, 0.0)
    return torch.matmul(weights / weights.sum(-1, keepdim=True), value)


def masked_in_place(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Change the weights in place."""
    weights = scores.masked_fill(mask, -1e9).softmax(-1)
    weights.masked_fill_(mask, 0.0)
    return weights.contiguous() @ value


def fused(layer: SpelledAttention, scores: Tensor, mask: Tensor, value: Tensor) -> Tensor:
    """Let torch compute softmax and product; the scores are its mask."""
    empty = torch.zeros_like(value)
    return F.scaled_dot_product_attention(empty, empty, value, attn_mask=scores.masked_fill(mask, -torch.inf))


SPELLINGS: dict[str, Spelling] = {
    spelling.__name__: spelling
    for spelling in (
        *(plain, espnet, wenet, softmax_module, functional_dropout, cast, einsum, einsum_ellipsis),
        *(batched_product, transposed, exponents, masked_in_place, fused),
    )
}


def frames_of(wave: np.ndarray) -> Tensor:
    """Return frames `[T, 16]` of 16 samples, one every 160."""
    return torch.from_numpy(wave).unfold(0, WIDTH, HOP)[: len(wave) // HOP] * 10


def with_random_weights(module: nn.Module) -> nn.Module:
    """Return the module in float64, with weights that make its attention far from uniform."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.4)
    return module.double().eval()


def reference_maps(encoder: SpelledEncoder, states_td: Tensor) -> list[np.ndarray]:
    """Return the maps `[H, T, T]` of each layer, head by head and query by query."""
    maps = []
    for layer in encoder.layers:
        query, key, _ = layer.inputs(states_td).chunk(3, -1)
        rows = [
            [torch.softmax(key[:, part] @ row[part] / math.sqrt(WIDTH // HEADS), -1) for row in query]
            for part in (slice(0, WIDTH // HEADS), slice(WIDTH // HEADS, WIDTH))
        ]
        maps.append(torch.stack([torch.stack(head) for head in rows]).detach().numpy())
        states_td = layer(states_td[None], torch.zeros(1, len(states_td), dtype=torch.bool))[0]
    return maps
