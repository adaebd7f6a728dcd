"""What a refinement wrote, and a summary of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otoscope.refinement.builder import Span
from otoscope.refinement.head_selection import Head
from otoscope.refinement.refinement_effect import RefinementEffect
from otoscope.refinement.surgery import LayerSpan
from otoscope.refinement.tune import TuningState
from otoscope.refinement.zero_heads import DecoderHead


@dataclass(frozen=True)
class Refinement:
    """A refined model that was written.

    Attributes:
        path: its folder; `portable` is the one that loads without otoscope, if it was asked for.
        removed: heads `(layer, head)` of the original that are gone; `heads` counts those that stay in each layer.
        span: frames within which queries attend, of all layers, of each, or of its heads; None for all frames.
        units: feed-forward units of each layer; empty if none are gone.
        sizes: features of a head of each layer; empty if none are gone.
        patterns: heads with fixed patterns of each layer, which `removed` names too; empty if there are none.
        decoder_removed: heads (part, layer, head) of the decoder that are gone, as part `self` or `cross`.
        latency: what a budget of latency measured (`LatencyTable.record`); None without one.
        parameters: number of weights of the whole model, before and after.
        effect: what changed of its output on a few utterances; None without a corpus.
        tuning: how it was tuned; None if it was not.
    """

    path: Path
    portable: Path | None
    removed: tuple[Head, ...]
    heads: tuple[int, ...]
    span: Span
    parameters: tuple[int, int]
    effect: RefinementEffect | None = None
    tuning: TuningState | None = None
    units: tuple[int, ...] = ()
    patterns: tuple[int, ...] = ()
    decoder_removed: tuple[DecoderHead, ...] = ()
    latency: Mapping[str, Any] | None = None
    sizes: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """What was done, in a few lines."""
        before, after = self.parameters
        spans = self.span if isinstance(self.span, list) else [self.span]
        span = ", ".join(map(_span_text, spans))
        lines = [
            f"{len(self.removed)} of {sum(self.heads) + len(self.removed)} heads removed; span: {span}",
            f"heads of each layer: {', '.join(map(str, self.heads))}",
            *self._further_changes,
            f"{after} of {before} parameters ({after / before:.0%}) of the whole model",
            f"written to {self.path}",
        ]
        if self.portable:
            limit = "; its span is not limited, plain transformers cannot do that" if self.span else ""
            lines.append(f"written to {self.portable} for use without otoscope, heads zeroed, no faster{limit}")
        if self.tuning:
            lines.append(self.tuning.text)
        if self.effect:
            lines.append(self.effect.text)
        return "\n".join(lines)

    @property
    def _further_changes(self) -> list[str]:
        """What was done beyond heads and spans of the encoder, a line each."""
        lines = []
        if self.latency:
            share, seconds = list(self.latency["shares"].values())[-1], self.latency["seconds"]
            threads = self.latency["threads"]
            lines.append(f"latency {share:.2f} of the original's, measured on {seconds:g} s with {threads} threads")
        if self.patterns:
            lines.append(f"heads with fixed patterns instead: {', '.join(map(str, self.patterns))}")
        if self.decoder_removed:
            heads = ", ".join(f"{part} {layer}.{head}" for part, layer, head in self.decoder_removed)
            lines.append(f"heads of the decoder removed: {heads}")
        if self.sizes:
            lines.append(f"features of a head of each layer: {', '.join(map(str, self.sizes))}")
        if self.units:
            lines.append(f"feed-forward units of each layer: {', '.join(map(str, self.units))}")
        return lines


def _span_text(span: LayerSpan) -> str:
    if isinstance(span, list):
        return "/".join(str(each or "all") for each in span) + " frames"
    return f"{span} frames" if span else "all frames"
