"""The number of steps of a search: what the user says, or else the most of what is learned."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import WeightedTask, search
from otoscope.errors import InputError


@dataclass(frozen=True)
class QuadraticTask:
    """A task whose loss is the square of a number: each step makes it less."""

    number: torch.Tensor
    material: Material

    def loss(self, indices: Any) -> torch.Tensor:
        return self.number.square().sum()

    def errors(self, indices: Any, *, original: bool = False) -> Any:
        return np.ones((len(indices), 2))


@pytest.mark.parametrize(("given", "expected"), [(None, 4), (3, 3)])
def test_steps_are_those_of_the_user_or_the_most_of_the_tasks(tmp_path: Path, given: int | None, expected: int) -> None:
    number = torch.ones(1, requires_grad=True)
    model: Any = SimpleNamespace(name="m", parameters=[number], values={}, gates=nullcontext, forget_keys=lambda: None)
    roles = [Role.train, Role.validation]
    task = QuadraticTask(number, Material("m", ["a", "b"], [], [None, None], ["x", "y"], roles))
    tasks = [WeightedTask(str(steps), task, 1.0, 1, steps=steps) for steps in (2, 4, 0)]
    state = search(model, tasks, AdaptationOptions(steps=given), tmp_path)
    assert max(row["step"] for row in state.validations) == expected
    assert 0 < state.best_step <= expected


def test_a_search_for_texts_is_short_and_one_for_silence_is_longer() -> None:
    steps = {name: OBJECTIVES.get(name).steps for name in OBJECTIVES.names()}
    assert steps["text"] < steps["empty"] < steps["phones"]


@pytest.mark.parametrize(("numbers", "problem"), [({"steps": 0}, "1 step"), ({"gate_utterances": 3}, "4 utterances")])
def test_too_few_steps_or_utterances_are_refused(numbers: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=f"expected at least {problem}"):
        AdaptationOptions(**numbers)
