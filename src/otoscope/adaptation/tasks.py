"""The tasks of an adaptation: what is learned, and the guard, widened by copies of itself where a model is calmed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import LEARNING, Material, Role, join, read_sounds, read_speech_material, shared_ids
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import Change, measure_change
from otoscope.adaptation.search import WeightedTask
from otoscope.adaptation.variations import VARIATIONS, vary
from otoscope.errors import InputError
from otoscope.refinement.gates import has_decoder
from otoscope.typing import Ints

LEARNED, SOUNDS, GUARD, HARD = "adapt", "calm", "guard", "hard copies of the guard"
BATCH = 8
TEST_SEED = 0  # other seeds learn from other utterances, and are tested on the same
COPIES = 2  # hard copies of each utterance of the guard
UNLABELLED_SLACK = 2.0
TEXTS = 12  # labelled utterances of a batch


@dataclass(frozen=True)
class Materials:
    """What is learned from; None where it is not asked for."""

    adapt: Material | None
    calm: Material | None
    guard: Material | None

    @property
    def by_name(self) -> dict[str, Material]:
        """What there is, by what it is for."""
        every = {LEARNED: self.adapt, SOUNDS: self.calm, GUARD: self.guard}
        return {name: material for name, material in every.items() if material is not None}

    @property
    def hard(self) -> Material | None:
        """The guard's copies for training and validation, with sounds of the same part."""
        if self.calm is None or self.guard is None:
            return None
        parts = [_copies(self.guard, self.calm, role) for role in LEARNING]
        return join(f"{self.guard.name} (hard copies)", parts)


def read_materials(options: AdaptationOptions) -> Materials:
    """Return what the options name, in memory.

    Raises:
        InputError: it cannot be read, or the guard has utterances that are also learned from.
    """
    materials = Materials(
        _read(read_speech_material, options.adapt, options.adapt_test, options),
        _read(read_sounds, options.calm, options.calm_test, options),
        _read(read_speech_material, options.guard, options.guard_test, options),
    )
    if materials.guard and materials.adapt:
        _check_apart(materials.guard, "--guard", materials.adapt, "--adapt")
    return materials


def _read(read: Callable[..., Material], corpus: Path | None, test: Path | None, options: AdaptationOptions) -> Any:
    """Return what is learned from, with a test part of its own groups or of another corpus; None without a corpus."""
    if corpus is None:
        return None
    count, seed = options.gate_utterances, options.gate_seed
    if test is None:
        return read(corpus, count, seed)
    learned = read(corpus, count, seed, LEARNING)
    reported = read(test, options.test_utterances, TEST_SEED, (Role.test,))
    _check_apart(reported, f"the test corpus {test}", learned, f"the corpus {corpus}")
    if shared := sorted(set(learned.groups) & set(reported.groups)):
        raise InputError(
            f"expected {test} to have other speakers or kinds than {corpus}, found {shared[0]} in both; take another "
            "corpus that reports, or none"
        )
    return join(str(corpus), (learned, reported))


def _check_apart(material: Material, name: str, other: Material, other_name: str) -> None:
    if shared := shared_ids(material, other):
        raise InputError(
            f"expected {name} to share no utterance with {other_name}, found {shared[0]} and {len(shared) - 1} more "
            "in both; take other speech"
        )


def make_tasks(model: GatedModel, materials: Materials, options: AdaptationOptions) -> list[WeightedTask]:
    """Return the tasks of a search.

    Raises:
        InputError: the model cannot be asked one of them.
    """
    tasks, weight = [], options.guard_weight
    if materials.adapt is not None:
        own = "text" if has_decoder(model.source.whole) else "ctc"
        name = own if options.objective == "auto" else options.objective
        tasks.append(WeightedTask(LEARNED, OBJECTIVES.get(name).make(model, materials.adapt), 1.0, TEXTS))
    if materials.calm is not None:
        tasks.append(WeightedTask(SOUNDS, OBJECTIVES.get("empty").make(model, materials.calm), 1.0, BATCH))
    if materials.guard is not None:
        task = OBJECTIVES.get("agreement").make(model, materials.guard)
        slack = slack_of(materials.guard, Role.validation)
        tasks.append(WeightedTask(GUARD, task, weight, BATCH // 2, is_guard=True, slack=slack))
    if (hard := materials.hard) is not None:
        tasks.append(WeightedTask(HARD, AgreementTask(model, hard, counts_lost=True), weight, BATCH, True))
    return tasks


def slack_of(guard: Material, role: Role) -> float:
    """Return how many tolerances the error on a part of a guard may rise.

    Without texts, an error is a word that differs from the original's own transcript, be it better or worse.
    """
    return 1.0 if guard.part_has_texts(role) else UNLABELLED_SLACK


def remember_targets(tasks: Sequence[WeightedTask]) -> None:
    """Compute once what the original gives for the training parts of guards."""
    for each in tasks:
        if isinstance(each.task, AgreementTask):
            each.task.remember([int(index) for index in each.task.material.indices(Role.train)])


def measure_changes(tasks: Sequence[WeightedTask]) -> tuple[list[Change], list[Change]]:
    """Return the changes on test groups of what is learned, and of the guards that have such groups."""
    changes: tuple[list[Change], list[Change]] = [], []
    for each in tasks:
        material = each.task.material
        indices = material.indices(Role.test)
        if len(indices):
            rows = [each.task.errors(indices.tolist(), original=original) for original in (True, False)]
            change = measure_change(each.name, material, indices, *rows)
            slack = slack_of(material, Role.test) if each.is_guard else 1.0
            changes[each.is_guard].append(replace(change, slack=slack))
    return changes


def hard_copies(guard: Material, calm: Material, name: str, indices: Ints) -> Material:
    """Return copies of some utterances of the guard by one variation, with sounds of test kinds."""
    sounds = [calm.waves[index] for index in calm.indices(Role.test)]
    waves = vary([guard.waves[index] for index in indices], sounds, VARIATIONS[name], 0)
    return _of(guard, indices.tolist(), waves, f"{guard.name} ({name})", Role.test)


def _copies(guard: Material, calm: Material, role: Role) -> Material:
    """Return copies of each utterance of a part, each by the next variation."""
    sounds = [calm.waves[index] for index in calm.indices(role)]
    indices, names = guard.indices(role).repeat(COPIES).tolist(), list(VARIATIONS)
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
        phones=[],
    )
