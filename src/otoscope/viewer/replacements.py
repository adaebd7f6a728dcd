"""The replacements of heads that the live ablation offers."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from otoscope.attention.ablation import Ablation
from otoscope.attention.ablation_kinds import AblationKind, check_kinds
from otoscope.attention.interventions import HeadFactors
from otoscope.attention.output_changes import OutputChange
from otoscope.attention.pattern_changes import PatternChange, pattern_of
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import make_ablation
from otoscope.viewer.ablation_kinds import GATE_PREFIX, HEAD_PREFIX, head_percents

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
        self._ablations: dict[AblationKind, Ablation] = {}

    def changes(self, kind: str, heads: Heads) -> Sequence[OutputChange | PatternChange | HeadFactors]:
        """Return the change of some heads by a kind: one that replaces them, or a gate of each.

        Raises:
            InputError: the gates are not those of these heads.
        """
        if kind.startswith(GATE_PREFIX):
            percents = head_percents(kind, heads)
            return [HeadFactors(*head, *(number / 100 for number in pair)) for head, pair in percents.items()]
        return [self._replacement(kind, heads)] if heads else []

    def _replacement(self, kind: str, heads: Heads) -> OutputChange | PatternChange:
        """Return the replacement of some heads by a kind of ablation, or by the pattern of another head."""
        if kind.startswith(HEAD_PREFIX):
            return pattern_of(heads, int(kind.removeprefix(HEAD_PREFIX)))
        (name,) = check_kinds([kind])
        if name not in self._ablations:
            self._ablations[name] = make_ablation(self._encoder, self._waves(MAX_UTTERANCES), name)
        return self._ablations[name].change(heads)
