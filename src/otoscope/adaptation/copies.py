"""Copies of the guard that a calm model must not lose, and the utterance whose text each has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otoscope.adaptation.builtin.agreement import Source
from otoscope.adaptation.material import LEARNING, Material, Role, join
from otoscope.adaptation.variations import SHORTENED, VARIATIONS, vary
from otoscope.typing import Ints

COPIES = 2  # of each utterance
MAX_COPIED = {Role.train: 80, Role.validation: 20}  # utterances of the guard


@dataclass(frozen=True)
class Copies:
    """Copies of utterances of a guard.

    Attributes:
        material: the copies.
        guard: what they are copies of.
        indices: the utterance of each.
        variations: the name of the variation of each.
    """

    material: Material
    guard: Material
    indices: Sequence[int]
    variations: Sequence[str]

    def sources(self, *, of_same_length: bool) -> list[Source]:
        """Return what the original gets for each: the utterance without noise, or the copy where words are missing.

        Args:
            of_same_length: whether the utterance must be as long as the copy, as for outputs of each frame.
        """
        return [self._source(place, of_same_length) for place in range(len(self.indices))]

    def _source(self, place: int, of_same_length: bool) -> Source:
        index, wave = self.indices[place], self.material.waves[place]
        is_other = of_same_length and len(wave) != len(self.guard.waves[index])
        if is_other or self.variations[place] in SHORTENED:
            return self.material, place
        return self.guard, index


def reporting_copies(guard: Material, calm: Material, name: str, indices: Ints) -> Copies:
    """Return copies of some utterances of the guard by one variation, with sounds of test kinds."""
    sounds = [calm.waves[index] for index in calm.indices(Role.test)]
    waves = vary([guard.waves[index] for index in indices], sounds, VARIATIONS[name], 0)
    material = _of(guard, indices.tolist(), waves, f"{guard.name} ({name})", Role.test)
    return Copies(material, guard, indices.tolist(), [name] * len(indices))


def learning_copies(guard: Material, calm: Material) -> Copies:
    """Return copies for training and validation, with sounds of the same part: each by the next variation."""
    parts = [_part(guard, calm, role) for role in LEARNING]
    material = join(f"{guard.name} (hard copies)", [part.material for part in parts])
    indices = [index for part in parts for index in part.indices]
    return Copies(material, guard, indices, [name for part in parts for name in part.variations])


def _part(guard: Material, calm: Material, role: Role) -> Copies:
    sounds = [calm.waves[index] for index in calm.indices(role)]
    indices = guard.spread(role, MAX_COPIED[role]).repeat(COPIES).tolist()
    names = [list(VARIATIONS)[place % len(VARIATIONS)] for place in range(len(indices))]
    waves: list[np.ndarray] = [
        vary([guard.waves[index]], sounds, VARIATIONS[name], place)[0]
        for place, (index, name) in enumerate(zip(indices, names, strict=True))
    ]
    return Copies(_of(guard, indices, waves, guard.name, role), guard, indices, names)


def _of(guard: Material, indices: Sequence[int], waves: Sequence[np.ndarray], name: str, role: Role) -> Material:
    return replace(
        guard,
        name=name,
        ids=[guard.ids[index] for index in indices],
        waves=waves,
        texts=[guard.texts[index] for index in indices],
        groups=[guard.groups[index] for index in indices],
        roles=[role] * len(indices),
        phones=[],
    )
