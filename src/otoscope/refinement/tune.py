"""A short recovery: the refined model is trained towards the original, on unlabelled speech.

Each layer should give what it gives in the original, or the decoder or head its logits (`tuning_target.py`). A held-out
part of the speech chooses the step, and stops the training early. No dropout, and all draws are seeded, so that the
same call gives the same weights. Several processes that torchrun started share each batch: the weights are those of one
process to float tolerance.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope._io.atomic import atomic_write, make_folder
from otoscope._io.ranks import is_first_process, process_count, process_rank
from otoscope._io.saved_work import as_json, check_resume_requested, check_same_plan, write_json
from otoscope.errors import InputError
from otoscope.refinement.adapters import add_adapters, merge_adapters
from otoscope.refinement.layouts import parts_of
from otoscope.refinement.request import RefinementRequest
from otoscope.refinement.surgery import layer_names
from otoscope.refinement.tuning_speech import TuningSpeech
from otoscope.refinement.tuning_target import Distance, TuneTarget
from otoscope.runs.process_group import sum_over_processes
from otoscope.runs.progress import progress

RATE, ADAPTER_RATE = 1e-4, 1e-3
EVERY = 25  # steps from one validation to the next
PATIENCE = 4  # validations without a gain that stop the training
CHECKPOINT, PLAN = "tuning.pt", "plan.json"


@dataclass
class TuningState:
    """Where a tuning is; stored at each validation.

    Attributes:
        step: steps that were made.
        best_step: the step whose weights are used; 0 is the model before.
        best: weights at that step.
        history: held-out distance at each validation.
        waited: validations since the best one.
        target: where the distance is measured.
    """

    step: int = 0
    best_step: int = 0
    best: list[Tensor] = field(default_factory=list)
    history: list[float] = field(default_factory=list)
    waited: int = 0
    target: str = TuneTarget.states.value

    @property
    def text(self) -> str:
        """The steps and the held-out distance before and after, in a line."""
        what = "hidden states" if self.target == TuneTarget.states else "logits"
        return (
            f"tuned {self.step} steps, of which {self.best_step} are used; distance of the {what} on held-out "
            f"speech {self.history[0]:.3f} before, {min(self.history):.3f} after"
        )


def claim_tuning(folder: Path, model: str, request: RefinementRequest) -> None:
    """Store the plan of a tuning in the folder of its state.

    Raises:
        InputError: it holds another tuning, or one that was not asked to be resumed.
    """
    plan = as_json({"model": model, "corpora": list(map(str, request.corpora)), **request.settings})
    if (folder / PLAN).exists():
        check_same_plan(folder, json.loads((folder / PLAN).read_text(encoding="utf-8")), plan)
        check_resume_requested(folder, "an unfinished tuning", "continue it", resume=request.options.resume)
    write_json(folder / PLAN, plan)


@dataclass(eq=False)
class Tuner:
    """A training of a refined encoder; only `run` changes weights and state.

    Attributes:
        distance: how far the refined model is from the original on some waves.
        refined: the encoder within the refined model.
        speech: unlabelled speech.
        steps: most steps.
        folder: where the state is stored; a state there is continued.
        state: where the training is.
        rank: rank of adapters that are trained; None trains all weights of the layers.
    """

    distance: Distance
    refined: Any
    speech: TuningSpeech
    steps: int
    folder: Path
    state: TuningState = field(default_factory=TuningState)
    rank: int | None = None

    def __post_init__(self) -> None:
        """Make the optimizer of all weights of the layers.

        Raises:
            InputError: the processes do not divide a batch.
        """
        size, count = self.speech.batch_size, process_count()
        if size % count:
            raise InputError(f"expected processes that share batches of {size}, found {count}; start fewer")
        self.weights = _trainable(self.refined, self.rank)
        self.optimizer = torch.optim.AdamW(self.weights, lr=RATE if self.rank is None else ADAPTER_RATE)
        self.decay = torch.optim.lr_scheduler.LinearLR(self.optimizer, 1.0, 0.0, self.steps)

    def run(self) -> TuningState:
        """Train, and leave the weights of the best step in `refined`."""
        self._resume()
        with progress("tuning", self.steps * self.speech.seconds) as on_progress:
            on_progress(self.state.step * self.speech.seconds)
            if not self.state.history:
                self._validate()
            while self.state.step < self.steps and self.state.waited < PATIENCE:
                self._step()
                on_progress(self.speech.seconds)
                if self.state.step % EVERY == 0 or self.state.step == self.steps:
                    self._validate()
                    self._save()
        _restore(self.weights, self.state.best)
        merge_adapters(_layers(self.refined))
        self.refined.requires_grad_(True)
        return self.state

    def _step(self) -> None:
        batch = self.speech.draw(np.random.default_rng((0, self.state.step)))
        loss = self.distance(batch[process_rank() :: process_count()])
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for weight in self.weights:
            if weight.grad is not None:
                sum_over_processes(weight.grad).div_(process_count())
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.decay.step()
        self.state.step += 1

    @torch.no_grad()
    def _validate(self) -> None:
        """Add the held-out distance to the history, and keep the weights if they are the best so far."""
        state, batches = self.state, self.speech.held_out
        error = float(np.mean([float(self.distance(batch)) for batch in batches]))
        state.waited += 1
        if not state.history or error < min(state.history):
            state.best, state.best_step, state.waited = [each.detach().clone() for each in self.weights], state.step, 0
        state.history.append(error)

    def _save(self) -> None:
        if not is_first_process():
            return
        content = {
            "weights": [weight.detach() for weight in self.weights],
            "optimizer": self.optimizer.state_dict(),
            "decay": self.decay.state_dict(),
            "state": vars(self.state),
        }
        make_folder(self.folder)
        with atomic_write(self.folder / CHECKPOINT) as partial:
            torch.save(content, partial)

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return
        content = torch.load(path, weights_only=True)
        _restore(self.weights, content["weights"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.decay.load_state_dict(content["decay"])
        self.state = TuningState(**content["state"])


@torch.no_grad()
def _restore(weights: Sequence[Tensor], stored: Sequence[Tensor]) -> None:
    for weight, value in zip(weights, stored, strict=True):
        weight.copy_(value)


def _trainable(refined: Any, rank: int | None) -> list[torch.nn.Parameter]:
    """Return the weights of the layers, or those of their adapters of a rank; the others stay as they are."""
    refined.requires_grad_(False)
    layers = _layers(refined)
    if rank is not None:
        return add_adapters(layers, rank)
    for layer in layers:
        layer.requires_grad_(True)
    return [weight for weight in refined.parameters() if weight.requires_grad]


def _layers(refined: Any) -> list[torch.nn.Module]:
    names = layer_names(refined, parts_of(refined.config.model_type, "refined"))
    return [refined.get_submodule(name) for name in dict.fromkeys(names)]
