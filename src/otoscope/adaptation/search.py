"""Search of gates by Adam: validation groups choose the step, and stop the search early.

The loss is the sum over tasks. The step with the lowest loss on the validation groups is the best. The loss chooses,
not the errors: validation groups are few, and errors of whole texts vary by more than steps differ. Whether an error
on a guard has risen beyond the tolerance is decided by the groups that report. Points between the original and the
best step are tried last, in the same way (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"): part of the
way often has most of the gain and less of the harm.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Role
from otoscope.adaptation.objective import Task
from otoscope.adaptation.options import AdaptationOptions
from otoscope.errors import InputError
from otoscope.runs.progress import steps_progress

RATE = 0.03
EVERY = 25  # steps from one validation to the next
PATIENCE = 4  # validations without a gain that stop the search
FORMAT = 2  # of a saved search: raised when its content, or what its losses mean, changes
SHARES = (0.75, 0.5, 0.25)  # of the way from the original to the best step


@dataclass(frozen=True)
class WeightedTask:
    """A task with its weight in the loss, the utterances of one batch, and whether it only guards.

    Attributes:
        by_error: whether its error on validation groups chooses the step, not its loss; see `Objective`.
    """

    name: str
    task: Task
    weight: float
    batch: int
    is_guard: bool = False
    by_error: bool = False


@dataclass
class SearchState:
    """Where a search is; saved at each validation.

    Attributes:
        step: of the optimiser.
        start, best: parameters of the original, and the best so far.
        best_loss: loss of the best on the validation groups.
        best_step, best_share: the step of the best, and the share of the way from the original to it.
        waited: validations since the best.
        validations: step, share, value of each task, and loss of each validation; see `_validate`.
        seconds: CPU seconds of the search, those of processes that it continues included.
    """

    step: int = 0
    start: dict[int, torch.Tensor] = field(default_factory=dict)
    best: dict[int, torch.Tensor] = field(default_factory=dict)
    best_loss: float = float("inf")
    best_step: int = 0
    best_share: float = 1.0
    waited: int = 0
    validations: list[dict[str, float]] = field(default_factory=list)
    seconds: float = 0.0


def search(
    model: GatedModel,
    tasks: Sequence[WeightedTask],
    options: AdaptationOptions,
    folder: Path,
    *,
    rate: float = RATE,
    since: float = 0.0,
) -> SearchState:
    """Learn the gates of a model, set them to the best step, and return what the search found.

    Args:
        model: its parameters are changed in place; gates of 1 are the step 0 of the search.
        tasks: what is learned, and guards.
        options: number of steps (`with_steps`), seed of the draws of batches, and penalty of scales.
        folder: where the state is saved at each validation; a state there is continued.
        rate: highest learning rate.
        since: CPU time of this process from which the seconds of the search count.

    Raises:
        InputError: another version of otoscope saved the state.
        ValueError: the options have no number of steps.
    """
    if (steps := options.steps) is None:
        raise ValueError("a search needs a number of steps")
    optimizer = torch.optim.Adam(model.parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    state = _resume(folder, model, optimizer, schedule) or SearchState()
    since -= state.seconds
    if not state.validations:
        state.start = state.best = _copy(model.parameters)
        _validate(model, tasks, options, state)
    with steps_progress("learning gates", steps) as on_progress:
        on_progress(state.step)
        while state.step < steps and state.waited < PATIENCE:
            set_gradients(model, tasks, options, state.step)
            optimizer.step()
            schedule.step()
            state.step += 1
            on_progress(1)
            if state.step % EVERY == 0 or state.step == steps:
                _validate(model, tasks, options, state)
                state.seconds = time.process_time() - since
                _save(folder, model, optimizer, schedule, state)
    _try_shares(model, tasks, options, state)
    model.forget_keys()
    _set(model, state.best)
    state.seconds = time.process_time() - since
    return state


def _try_shares(
    model: GatedModel, tasks: Sequence[WeightedTask], options: AdaptationOptions, state: SearchState
) -> None:
    """Validate points between the original and the best step."""
    if not state.best_step:
        return
    way = {index: best - state.start[index] for index, best in state.best.items()}
    state.step = state.best_step
    for share in SHARES:
        _set(model, {index: state.start[index] + share * difference for index, difference in way.items()})
        _validate(model, tasks, options, state, share)


@torch.no_grad()
def _set(model: GatedModel, values: Mapping[int, torch.Tensor]) -> None:
    for index, parameter in enumerate(model.parameters):
        parameter.copy_(values[index])


def _copy(parameters: Sequence[torch.Tensor]) -> dict[int, torch.Tensor]:
    return {index: parameter.detach().clone() for index, parameter in enumerate(parameters)}


def set_gradients(model: GatedModel, tasks: Sequence[WeightedTask], options: AdaptationOptions, step: int) -> None:
    """Set the gradients of one step: tasks one after the other, so that memory is that of one."""
    rng = np.random.default_rng((options.gate_seed, step))
    for parameter in model.parameters:
        parameter.grad = None
    for each in tasks:
        part = each.task.material.indices(Role.train)
        chosen = rng.choice(part, size=min(each.batch, len(part)), replace=False)
        with model.gates():
            loss = each.weight * each.task.loss([int(index) for index in chosen])
        loss.backward()  # type: ignore[no-untyped-call]
    if options.scale_penalty and model.values:
        _penalty(model, options).backward()  # type: ignore[no-untyped-call]


def _penalty(model: GatedModel, options: AdaptationOptions) -> torch.Tensor:
    """Return the penalty of scales; 0 for a rival, which has none."""
    scales = [values.scale_h.abs().sum() for values in model.values.values()]
    return options.scale_penalty * sum(scales, torch.zeros(()))


def _validate(
    model: GatedModel,
    tasks: Sequence[WeightedTask],
    options: AdaptationOptions,
    state: SearchState,
    share: float = 1.0,
) -> None:
    """Validate a point, and keep the gates if they are the best so far.

    The value of a task is its mean loss on validation groups, or its error there if that chooses the step. The loss of
    the point is their weighted sum, with the penalty of scales.
    """
    values = {each.name: _validation_value(model, each, options.gate_seed) for each in tasks}
    loss = sum(each.weight * values[each.name] for each in tasks) + float(_penalty(model, options).detach())
    if not state.validations and not math.isfinite(loss):
        raise InputError(
            f"expected a finite loss of {model.name} on the validation groups, found {loss}; take other speech, or "
            "another --objective"
        )
    state.validations.append({"step": float(state.step), "share": share, **values, "loss": loss})
    state.waited += 1
    if loss < state.best_loss:
        state.best = _copy(model.parameters)
        state.best_loss, state.best_step, state.waited = loss, state.step, 0
        state.best_share = share


@torch.no_grad()
def validation_loss(model: GatedModel, learned: WeightedTask, seed: int) -> float:
    """Return the mean loss of a task on its validation groups, in batches that the seed draws alike for all gates."""
    part = np.random.default_rng(seed).permutation(learned.task.material.indices(Role.validation))
    loss = 0.0
    for batch in np.array_split(part, -(-len(part) // learned.batch)):
        with model.gates():
            loss += float(learned.task.loss(batch.tolist())) * len(batch) / len(part)
    return loss


def _validation_value(model: GatedModel, learned: WeightedTask, seed: int) -> float:
    if not learned.by_error:
        return validation_loss(model, learned, seed)
    errors, possible = learned.task.errors(learned.task.material.indices(Role.validation).tolist()).sum(axis=0)[:2]
    return float(errors / max(possible, 1))


def _save(folder: Path, model: GatedModel, optimizer: Any, schedule: Any, state: SearchState) -> None:
    content = {
        "format": FORMAT,
        "offsets": [offset.detach() for offset in model.parameters],
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
        "state": vars(state),
    }
    make_folder(folder)
    with atomic_write(folder / "search.pt") as partial:
        torch.save(content, partial)


def _resume(folder: Path, model: GatedModel, optimizer: Any, schedule: Any) -> SearchState | None:
    path = folder / "search.pt"
    if not path.exists():
        return None
    content = torch.load(path, weights_only=True)
    if content.get("format") != FORMAT:
        raise InputError(
            f"expected a search of this version of otoscope in {folder}, found one of another; remove the folder"
        )
    with torch.no_grad():
        for offset, stored in zip(model.parameters, content["offsets"], strict=True):
            offset.copy_(stored)
    optimizer.load_state_dict(content["optimizer"])
    schedule.load_state_dict(content["schedule"])
    return SearchState(**content["state"])
