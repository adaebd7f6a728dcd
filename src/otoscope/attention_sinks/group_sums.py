"""Sums over the utterances of each group of clusters, so that the memory does not grow with the corpus.

Axes: g group of clusters, l layer, h head, p place, c class of tokens.
"""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from lhotse import MonoCut

from otoscope.attention_sinks import SINK_MEASURES
from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.attention_sinks.observation import Observation
from otoscope.attention_sinks.token_classes import PLACES, Descriptors, places
from otoscope.importance.head_grid import HeadGrid
from otoscope.typing import AnyFloats, Floats

COUNT, TOKENS, SINKS = "utterances", "share of tokens in a place", "attention on sinks in a place"


class Drawn(StrEnum):
    """What of the attention on frames is described by their classes: all of it, or that on sinks."""

    ALL = "attention"
    SINKS = "attention on sinks"


class GroupSums:
    """The sums of everything that a run reports. `add` and `add_utterance` change them; nothing else does.

    Args:
        groups: number of groups of clusters.
        grid: the heads of the model.
        descriptors: classes of tokens.
    """

    def __init__(self, groups: int, grid: HeadGrid, descriptors: Descriptors) -> None:
        """Begin without an utterance."""
        self._groups, self._grid, self._descriptors = groups, grid, descriptors
        self._measures: dict[str, SinkMeasure] = SINK_MEASURES.select()
        self._sums: dict[str, Floats] = {}

    def __contains__(self, name: str) -> bool:
        """Return whether any utterance has added to a sum."""
        return name in self._sums

    def __getitem__(self, name: str) -> Floats:
        """Return a sum of each group that has utterances, `[g, ...]`."""
        return self._sums[name][self._sums[COUNT] > 0]

    def add(self, name: str, group: int, values: AnyFloats | float) -> None:
        """Add values to a sum of a group."""
        shape = (self._groups, *np.shape(values))
        self._sums.setdefault(name, np.zeros(shape))[group] += values

    def add_utterance(self, observation: Observation, cut: MonoCut, group: int) -> None:
        """Add all numbers of an utterance."""
        self.add(COUNT, group, 1.0)
        for name, measure in self._measures.items():
            self._add_measure(name, measure, observation.layers, group)
        self._add_places(observation, group)
        self._add_descriptors(observation, cut, group)

    def _add_measure(self, name: str, measure: SinkMeasure, layers: Sequence[LayerTokens], group: int) -> None:
        if not all(measure.is_defined(tokens) for tokens in layers if len(tokens.mass_hk)):
            return
        values = [measure.value(tokens) for tokens in layers]
        value = self._grid.pad(values) if measure.scope is SinkScope.head else np.stack(values)
        self.add(name, group, np.nan_to_num(value))
        self.add(count_of(name), group, (~np.isnan(value)).astype(np.float64))

    def _add_places(self, observation: Observation, group: int) -> None:
        place_k = places(observation, observation.layers[0].mass_hk.shape[1])
        member_kp = np.eye(len(PLACES))[place_k]
        self.add(TOKENS, group, member_kp.mean(0))
        shares_hp = [(tokens.mass_hk * tokens.is_sink_hk) @ member_kp for tokens in observation.layers]
        self.add(SINKS, group, np.stack([share_hp.sum(0) / max(1, len(share_hp)) for share_hp in shares_hp]))

    def _add_descriptors(self, observation: Observation, cut: MonoCut, group: int) -> None:
        tokens = observation.layers[0].mass_hk.shape[1]
        classes = self._descriptors.describe(observation, cut, tokens)
        members = {name: np.eye(len(self._descriptors.classes[name]))[class_k] for name, class_k in classes.items()}
        for name, member_kc in members.items():
            self.add(frames_of(name), group, member_kc.sum(0))
        for drawn in Drawn:
            layers = [_over_uniform(layer, drawn) for layer in observation.layers]
            self.add(squares_of(drawn), group, self._pad([np.square(each).sum(-1) for each in layers]))
            for name, member_kc in members.items():
                self.add(drawn_by(name, drawn), group, self._pad([(each @ member_kc).T for each in layers]))

    def _pad(self, layers: Sequence[Floats]) -> Floats:
        """Return one array `[..., h]` per layer as one `[..., l, h]`, 0 for heads that a layer lacks."""
        return np.nan_to_num(self._grid.pad(layers))


def count_of(measure: str) -> str:
    """Return the name of the sum that counts the utterances in which a measure is defined."""
    return f"{measure}: utterances"


def frames_of(descriptor: str) -> str:
    """Return the name of the number `[g, c]` of frames of each class of a descriptor."""
    return f"{descriptor}: frames"


def drawn_by(descriptor: str, drawn: Drawn) -> str:
    """Return the name of what frames of each class draw, over uniform attention, `[g, c, l, h]`."""
    return f"{descriptor}: {drawn}"


def squares_of(drawn: Drawn) -> str:
    """Return the name of the sum over frames of the square of what they draw, `[g, l, h]`."""
    return f"squares: {drawn}"


def _over_uniform(tokens: LayerTokens, drawn: Drawn) -> Floats:
    """Return what each frame of the utterance draws over uniform attention on them, `[h, k]`."""
    mass_hk = tokens.mass_hk if drawn is Drawn.ALL else tokens.mass_hk * tokens.is_sink_hk
    return mass_hk[:, tokens.is_inside_k] * tokens.is_inside_k.sum()
