"""The number of steps of a search, and which options need one."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from otoscope.adaptation import tasks
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


@pytest.mark.parametrize("steps", [2, 3])
def test_a_search_has_its_steps_and_validates_the_last(tmp_path: Path, steps: int) -> None:
    number = torch.ones(1, requires_grad=True)
    model: Any = SimpleNamespace(name="m", parameters=[number], values={}, gates=nullcontext, forget_keys=lambda: None)
    roles = [Role.train, Role.validation]
    task = QuadraticTask(number, Material("m", ["a", "b"], [], [None, None], ["x", "y"], roles))
    learned = [WeightedTask("adapt", task, 1.0, 1)]
    with pytest.raises(ValueError, match="number of steps"):
        search(model, learned, AdaptationOptions(), tmp_path)
    state = search(model, learned, AdaptationOptions(steps=steps), tmp_path)
    assert max(row["step"] for row in state.validations) == steps
    assert 0 < state.best_step <= steps


@pytest.mark.parametrize(
    ("asked", "has_decoder", "expected"),
    [
        ({"adapt": "speech"}, True, 25),
        ({"adapt": "speech"}, False, 100),
        ({"adapt": "speech", "objective": "phones"}, True, 100),
        ({"calm": "sounds"}, True, 50),
        ({"adapt": "speech", "calm": "sounds"}, True, 50),
        ({"calm": "sounds", "steps": 3}, True, 3),
    ],
)
def test_without_steps_the_objectives_of_the_model_say_how_many(
    asked: dict[str, Any], has_decoder: bool, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers are those of the help text and of the page on adaptation."""
    monkeypatch.setattr(tasks, "has_decoder", lambda _: has_decoder)
    source: Any = SimpleNamespace(whole=None)
    assert tasks.with_steps(AdaptationOptions(**asked), source).steps == expected


def test_objectives_without_labels_are_not_those_of_adapt() -> None:
    for name in ("empty", "agreement"):
        with pytest.raises(InputError, match="expected --objective auto, ctc, phones"):
            AdaptationOptions(objective=name)


@pytest.mark.parametrize("given", [{"steps": 5}, {"encoder_outputs": Path("x")}, {"gated": "all"}, {"rivals": True}])
def test_options_of_a_search_need_one(given: dict[str, Any]) -> None:
    name = next(iter(given)).replace("_", "-")
    with pytest.raises(InputError, match=f"--{name} belongs to --adapt or --calm"):
        AdaptationOptions(**given).check()


@pytest.mark.parametrize(("numbers", "problem"), [({"steps": 0}, "1 step"), ({"gate_utterances": 3}, "4 utterances")])
def test_too_few_steps_or_utterances_are_refused(numbers: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=f"expected at least {problem}"):
        AdaptationOptions(**numbers)
