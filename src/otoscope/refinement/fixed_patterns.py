"""Write a model some of whose heads have fixed patterns."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from otoscope.refinement.builder import build
from otoscope.refinement.head_selection import Head
from otoscope.refinement.modeling import record_patterns, record_shape, refined_encoder, spans_of_layers
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import write_model
from otoscope.refinement.source_model import read_source
from otoscope.refinement.storage_dtype import round_as
from otoscope.refinement.surgery import LayerSpan, fix_patterns


def write_with_patterns(model: str | Path, out: Path, scores: Mapping[Head, Tensor]) -> None:
    """Write a model with fixed patterns in some heads, as a refined one.

    Args:
        model: folder or hub name, also of a refined model without patterns; its heads are numbered as they are there.
        out: the folder to write.
        scores: logarithm of the weight of each offset `[2 * radius + 1]` of each head. Offsets beyond the span of a
            layer get none.
    """
    source = read_source(model)
    refined = build(source)
    encoder, n_layers = refined_encoder(refined), source.encoder.n_layers
    spans = spans_of_layers(getattr(refined.config, "attention_span", None), n_layers)
    record_shape(refined)
    for layer in sorted({layer for layer, _ in scores}):
        own = {
            head: within_span(scores[at, head], _span_of(spans[layer], head))
            for at, head in sorted(scores)
            if at == layer
        }
        fix_patterns(encoder, source.parts, layer, own)
    record_patterns(refined, len(next(iter(scores.values()))) // 2)
    before = getattr(refined.config, "refinement", None) or {"of": source.encoder.name, "removed": [], "tuned": 0}
    refined.config.refinement = before | {"patterns": sorted(map(list, scores))}
    round_as(refined, source.whole.state_dict().values())
    write_model(refined, source, RefinementOptions(), out)


def _span_of(span: LayerSpan, head: int) -> int | None:
    return span[head] if isinstance(span, list) else span


def within_span(scores_r: Tensor, span: int | None) -> Tensor:
    """Return scores of offsets with none beyond a span.

    >>> within_span(torch.zeros(5), 1).exp().tolist()
    [0.0, 1.0, 1.0, 1.0, 0.0]
    """
    radius = len(scores_r) // 2
    if span is None:
        return scores_r
    is_far_r = torch.arange(-radius, radius + 1).abs() > span
    return scores_r.masked_fill(is_far_r, torch.finfo(torch.float32).min / 2)
