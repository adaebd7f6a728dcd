"""The tasks of an adaptation: what is learned, and the guard, widened by copies of itself where a model is calmed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import LOST_WEIGHT, AgreementTask
from otoscope.adaptation.copies import Copies, learning_copies
from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import LEARNING, Material, Role, join, read_sounds, read_speech_material, shared_ids
from otoscope.adaptation.objective import Objective
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import Change, measure_change
from otoscope.adaptation.search import WeightedTask
from otoscope.errors import InputError
from otoscope.refinement.gates import has_decoder
from otoscope.refinement.source_model import SourceModel

LEARNED, SOUNDS, GUARD, HARD = "adapt", "calm", "guard", "hard copies of the guard"
BATCH = 8
TEST_SEED = 0  # other seeds learn from other utterances, and are tested on the same
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
    def hard(self) -> Copies | None:
        """The guard's copies for training and validation, with sounds of the same part."""
        return None if self.calm is None or self.guard is None else learning_copies(self.guard, self.calm)


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
        learned = "--adapt and --adapt-test" if options.adapt_test else "--adapt"
        _check_apart(materials.guard, "--guard", materials.adapt, learned)
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
    return join(f"{corpus}, tested on {test}", (learned, reported))


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
        objective = _objective_of_adapt(model.source, options)
        learned = objective.make(model, materials.adapt)
        tasks.append(WeightedTask(LEARNED, learned, 1.0, TEXTS, by_error=objective.chosen_by_error))
    if materials.calm is not None:
        tasks.append(WeightedTask(SOUNDS, OBJECTIVES.get("empty").make(model, materials.calm), 1.0, BATCH))
    if materials.guard is not None:
        model.check_transcribes()
        task = AgreementTask(model, materials.guard, with_times=materials.calm is not None)
        tasks.append(WeightedTask(GUARD, task, weight, BATCH // 2, is_guard=True))
    if (hard := materials.hard) is not None:
        tasks.append(WeightedTask(HARD, hard_task(model, hard), weight, BATCH, is_guard=True))
    return tasks


def _objective_of_adapt(source: SourceModel, options: AdaptationOptions) -> Objective:
    own = "text" if has_decoder(source.whole) else "ctc"
    return OBJECTIVES.get(own if options.objective == "auto" else options.objective)


def with_steps(options: AdaptationOptions, source: SourceModel) -> AdaptationOptions:
    """Return options with a number of steps: the user's, or the most of the objectives of this model."""
    if options.steps is not None:
        return options
    objectives = [_objective_of_adapt(source, options)] if options.adapt else []
    objectives += [OBJECTIVES.get("empty")] if options.calm else []
    return replace(options, steps=max(each.steps for each in objectives))


def hard_task(model: GatedModel, copies: Copies) -> AgreementTask:
    """Return the task of copies: the text that the original gives without noise."""
    sources = copies.sources(of_same_length=model.is_ctc)
    return AgreementTask(model, copies.material, LOST_WEIGHT, sources, with_times=True)


def slack_of(guard: Material) -> float:
    """Return how many tolerances the error on the test part of a guard may rise.

    Without texts, an error is a word that differs from the original's own transcript, be it better or worse.
    """
    return 1.0 if guard.part_has_texts(Role.test) else UNLABELLED_SLACK


def remember_targets(tasks: Sequence[WeightedTask]) -> None:
    """Compute once what the original gives for the parts of guards that the search reads."""
    for each in tasks:
        if isinstance(each.task, AgreementTask):
            for role in LEARNING:
                each.task.remember([int(index) for index in each.task.material.indices(role)])


def measure_changes(tasks: Sequence[WeightedTask]) -> tuple[list[Change], list[Change]]:
    """Return the changes on test groups of what is learned, and of the guards that have such groups."""
    changes: tuple[list[Change], list[Change]] = [], []
    for each in tasks:
        material = each.task.material
        indices = material.indices(Role.test)
        if len(indices):
            rows = [each.task.errors(indices.tolist(), original=original) for original in (True, False)]
            change = measure_change(each.name, material, indices, *rows)
            slack = slack_of(material) if each.is_guard else 1.0
            changes[each.is_guard].append(replace(change, slack=slack))
    return changes
