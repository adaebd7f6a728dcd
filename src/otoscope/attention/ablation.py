"""The removal of heads by a kind: their outputs or their attention patterns are replaced."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from otoscope.attention.ablation_kinds import AblationKind, OutputKind
from otoscope.attention.output_changes import OutputChange, OutputSource, Unit, replace_outputs
from otoscope.attention.pattern_changes import (
    OffsetProfiles,
    PatternChange,
    identity,
    offset_profile,
    uniform,
    without_keys,
)

Heads = Iterable[Unit]
PATTERNS: dict[AblationKind, Callable[[Heads], PatternChange]] = {
    "uniform": uniform,
    "identity": identity,
    "without-sinks": lambda heads: without_keys(heads, "sinks"),
    "without-silence": lambda heads: without_keys(heads, "silence"),
    "without-padding": lambda heads: without_keys(heads, "padding"),
}
"""Replacements of patterns that need nothing of a corpus."""


@dataclass(frozen=True, eq=False)
class Ablation:
    """How heads are removed: a kind, and the outputs or the offset profiles on a corpus that the kind requires."""

    kind: AblationKind = "zero"
    source: OutputSource | None = None
    profiles: OffsetProfiles | None = None

    def change(self, heads: Heads) -> OutputChange | PatternChange:
        """Return the removal of some heads."""
        if self.profiles is not None:
            return offset_profile(heads, self.profiles)
        if self.kind in PATTERNS:
            return PATTERNS[self.kind](heads)
        return replace_outputs(cast("OutputKind", self.kind), heads, self.source)
