"""The tasks of an adaptation: what is learned, and the guard, widened by copies of itself where a model is calmed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material, Role, read_sounds, read_speech_material
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import WeightedTask
from otoscope.adaptation.variations import VARIATIONS, vary
from otoscope.errors import InputError
from otoscope.refinement.gates import has_decoder

LEARNED, SOUNDS, GUARD, HARD = "adapt", "calm", "guard", "hard copies of the guard"
GUARD_WEIGHT, BATCH = 10.0, 8


@dataclass(frozen=True)
class Materials:
    """What is learned from; None where it is not asked for."""

    adapt: Material | None
    calm: Material | None
    guard: Material | None

    @property
    def hard(self) -> Material | None:
        """The guard's copies for training and validation, with sounds of the same part."""
        if self.calm is None or self.guard is None:
            return None
        parts = [_copies(self.guard, self.calm, role) for role in (Role.train, Role.validation)]
        return Material(
            f"{self.guard.name} (hard copies)",
            *(_joined(parts, name) for name in ("ids", "waves", "texts", "groups", "roles")),
        )


def _joined(parts: Sequence[Material], name: str) -> list[Any]:
    return [item for part in parts for item in getattr(part, name)]


def read_materials(options: AdaptationOptions) -> Materials:
    """Return what the options name, in memory.

    Raises:
        InputError: it cannot be read, or the guard has utterances that are also learned from.
    """
    adapt, calm, guard = options.adapt, options.calm, options.guard
    count, seed = options.gate_utterances, options.gate_seed
    materials = Materials(
        read_speech_material(adapt, count, seed) if adapt else None,
        read_sounds(calm, count, seed) if calm else None,
        read_speech_material(guard, count, seed) if guard else None,
    )
    if materials.guard and materials.adapt:
        samples = {wave.tobytes() for wave in materials.adapt.waves}
        shared = [
            id for id, w in zip(materials.guard.ids, materials.guard.waves, strict=True) if w.tobytes() in samples
        ]
        if shared:
            raise InputError(
                f"expected --guard {guard} to share no utterance with --adapt {adapt}, found {shared[0]} and "
                f"{len(shared) - 1} more in both; take other speech as the guard"
            )
    return materials


def make_tasks(model: GatedModel, materials: Materials, objective: str) -> list[WeightedTask]:
    """Return the tasks of a search.

    Raises:
        InputError: the model cannot be asked one of them.
    """
    tasks = []
    if materials.adapt is not None:
        name = objective if objective != "auto" else "text" if has_decoder(model.source.whole) else "ctc"
        tasks.append(WeightedTask(LEARNED, OBJECTIVES.get(name).make(model, materials.adapt), 1.0, BATCH))
    if materials.calm is not None:
        tasks.append(WeightedTask(SOUNDS, OBJECTIVES.get("empty").make(model, materials.calm), 1.0, BATCH))
    if materials.guard is not None:
        task = OBJECTIVES.get("agreement").make(model, materials.guard)
        tasks.append(WeightedTask(GUARD, task, GUARD_WEIGHT, BATCH // 2, is_guard=True))
    if (hard := materials.hard) is not None:
        tasks.append(WeightedTask(HARD, AgreementTask(model, hard, counts_lost=True), GUARD_WEIGHT, BATCH // 2, True))
    return tasks


def remember_targets(tasks: Sequence[WeightedTask]) -> None:
    """Compute once what the original gives for the training parts of guards."""
    for each in tasks:
        if isinstance(each.task, AgreementTask):
            each.task.remember([int(index) for index in each.task.material.indices(Role.train)])


def hard_copies(guard: Material, calm: Material, name: str, count: int) -> Material:
    """Return copies of test utterances of the guard by one variation, with sounds of test kinds."""
    indices = guard.indices(Role.test)[:count]
    sounds = [calm.waves[index] for index in calm.indices(Role.test)]
    waves = vary([guard.waves[index] for index in indices], sounds, VARIATIONS[name], 0)
    return _of(guard, indices.tolist(), waves, f"{guard.name} ({name})", Role.test)


def _copies(guard: Material, calm: Material, role: Role) -> Material:
    """Return one copy of each utterance of a part, each by the next variation."""
    sounds = [calm.waves[index] for index in calm.indices(role)]
    indices, names = guard.indices(role).tolist(), list(VARIATIONS)
    waves: list[np.ndarray] = [
        vary([guard.waves[index]], sounds, VARIATIONS[names[at % len(names)]], at)[0]
        for at, index in enumerate(indices)
    ]
    return _of(guard, indices, waves, guard.name, role)


def _of(guard: Material, indices: Sequence[int], waves: Sequence[np.ndarray], name: str, role: Role) -> Material:
    return replace(
        guard,
        name=name,
        ids=[guard.ids[index] for index in indices],
        waves=waves,
        texts=[guard.texts[index] for index in indices],
        groups=[guard.groups[index] for index in indices],
        roles=[role] * len(indices),
    )
