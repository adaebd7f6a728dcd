"""The replacements of heads that the live ablation offers."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from otoscope.attention.interventions import HeadFactors
from otoscope.attention.output_changes import OutputChange, OutputSource, replace_outputs
from otoscope.attention.output_kinds import OUTPUT_KINDS
from otoscope.attention.pattern_changes import (
    KEY_GROUPS,
    OffsetProfiles,
    PatternChange,
    identity,
    offset_profile,
    pattern_of,
    uniform,
    without_keys,
)
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import measure_profiles
from otoscope.viewer.ablation_kinds import GATE_PREFIX, HEAD_PREFIX

MAX_UTTERANCES = 16
"""Utterances on which outputs and offset profiles are measured."""

Heads = Collection[tuple[int, int]]


class HeadReplacements:
    """Replacements of the heads of a model; what they need of other speech is measured at its first use.

    The caller lets one thread at a time run the model.
    """

    def __init__(self, encoder: Encoder, waves: Callable[[int], list[np.ndarray]]) -> None:
        """Measure nothing yet.

        Args:
            encoder: the model.
            waves: returns at most so many waves `[samples]` of the corpus.
        """
        self._encoder, self._waves = encoder, waves
        self._sources: dict[str, OutputSource] = {}
        self._profiles: OffsetProfiles | None = None

    def changes(self, kind: str, heads: Heads) -> Sequence[OutputChange | PatternChange | HeadFactors]:
        """Return the change of some heads by a kind: one that replaces them, or gates of each."""
        if kind.startswith(GATE_PREFIX):
            scale, temperature = (int(part) / 100 for part in kind.removeprefix(GATE_PREFIX).split("-"))
            return [HeadFactors(*head, scale=scale, temperature=temperature) for head in heads]
        return [self._replacement(kind, heads)] if heads else []

    def _replacement(self, kind: str, heads: Heads) -> OutputChange | PatternChange:
        """Return the replacement of some heads by a kind of `ABLATION_KINDS`, or by the pattern of another head."""
        if kind in OUTPUT_KINDS:
            return replace_outputs(kind, heads, self._source(kind))
        if kind == "profile":
            return offset_profile(heads, self._offset_profiles())
        if kind.startswith(HEAD_PREFIX):
            return pattern_of(heads, int(kind.removeprefix(HEAD_PREFIX)))
        patterns = {"uniform": uniform, "identity": identity}
        if kind in patterns:
            return patterns[kind](heads)
        group = next(group for group in KEY_GROUPS if kind == f"without-{group}")
        return without_keys(heads, group)

    def _source(self, kind: str) -> OutputSource | None:
        if kind != "zero" and kind not in self._sources:
            self._sources[kind] = self._encoder.measure_outputs(self._waves(MAX_UTTERANCES), kinds=(kind,))
        return self._sources.get(kind)

    def _offset_profiles(self) -> OffsetProfiles:
        if self._profiles is None:
            self._profiles = measure_profiles(self._encoder, self._waves(MAX_UTTERANCES))
        return self._profiles
