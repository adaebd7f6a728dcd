"""Word errors after each 50 steps, of the gates and of their mean over steps, on speech that chose nothing.

    python experiments/gates/means.py MODEL --adapt CORPUS --guard CORPUS --control CORPUS --encoder-outputs FOLDER

The 400 utterances of `--adapt` that `refine` draws with seed 0 train, all of them; 300 others of `--adapt`, which
Python's `random.Random(5)` draws, are transcribed with at most 64 tokens, and all of `--control`. `--signs` counts a
sign that ends a sentence as the end of a text.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from settings import TOKENS, corpora_parser, learn, read_drawn, read_training, word_error_rate

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role, read_speech_material
from otoscope.adaptation.objective import Task
from otoscope.adaptation.search import WeightedTask
from otoscope.adaptation.tasks import TEXTS, remember_targets
from otoscope.refinement.source_model import read_source
from otoscope.typing import Floats

CONTROL, EVERY = 400, 50


@dataclass(frozen=True)
class SignedTextTask:
    """Labelled text, where the probability of the end is that of the end token and of signs together."""

    model: GatedModel
    task: Any

    @property
    def material(self) -> Material:
        """What is learned from."""
        material: Material = self.task.material
        return material

    def loss(self, indices: Sequence[int]) -> torch.Tensor:
        """Return the mean cross-entropy of a token."""
        tokenizer, first = self.model.tokenizer, len(self.model.transcriber.prompt) - 1
        ends = [tokenizer(sign, add_special_tokens=False).input_ids[0] for sign in ".!?"] + [self.model.transcriber.end]
        chosen = [self.task.sequences[index] for index in indices]
        rows = self.model.token_log_probabilities(self.material, indices, chosen)
        picked = []
        for row, sequence in zip(rows, chosen, strict=True):
            tokens = row[first:].gather(1, torch.tensor(sequence[first + 1 :])[:, None])[:-1, 0]
            picked += [tokens, row[-1][ends].logsumexp(0)[None]]
        return -torch.cat(picked).mean()

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance."""
        errors: Floats = self.task.errors(indices, original=original)
        return errors


def print_errors(name: str, model: GatedModel, tests: Sequence[tuple[Material, int | None]]) -> None:
    """Print the word error rates with the gates as they are."""
    rates = [word_error_rate(model, *test) for test in tests]
    print(name, *(f"{rate:.3f}" for rate in rates), flush=True)


@torch.no_grad()
def set_values(model: GatedModel, values: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Set the gates, and return what they were."""
    before = [parameter.clone() for parameter in model.parameters]
    for parameter, value in zip(model.parameters, values, strict=True):
        parameter.copy_(value)
    return before


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = corpora_parser(__doc__, ("adapt", "guard", "control", "encoder-outputs"))
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--guard-batch", type=int, default=4)
    parser.add_argument("--weight", type=float, default=10.0)
    parser.add_argument("--memory", type=float, default=0.95)
    parser.add_argument("--signs", action="store_true")
    return parser.parse_args()


def make_tasks(arguments: argparse.Namespace, model: GatedModel) -> list[WeightedTask]:
    """Return what is learned, and the guard."""
    text: Task = OBJECTIVES.get("text").make(model, read_training(arguments.adapt))
    learned = SignedTextTask(model, text) if arguments.signs else text
    agreement = OBJECTIVES.get("agreement").make(model, read_training(arguments.guard))
    guard = WeightedTask("guard", agreement, arguments.weight, arguments.guard_batch, is_guard=True)
    remember_targets([guard])
    return [WeightedTask("adapt", learned, 1.0, TEXTS), guard]


def main() -> None:
    """Print one line for the original, and two for each 50 steps."""
    arguments = read_arguments()
    model = make_gated_model(read_source(arguments.model), "decoder")
    model.outputs = make_encoder_outputs(arguments.encoder_outputs, model.transcriber)
    tasks = make_tasks(arguments, model)
    control = read_speech_material(arguments.control, CONTROL, 0, (Role.test,))
    tests = [(read_drawn(arguments.adapt, 5, set(tasks[0].task.material.ids)), TOKENS), (control, None)]
    print("step  others  control")
    print_errors("0", model, tests)
    mean = [parameter.detach().clone() for parameter in model.parameters]
    for step in learn(model, tasks, arguments.steps):
        mean = [
            each.lerp(last.detach(), 1 - arguments.memory) for each, last in zip(mean, model.parameters, strict=True)
        ]
        if step % EVERY == 0:
            print_errors(f"{step}", model, tests)
            last = set_values(model, mean)
            print_errors(f"mean to {step}", model, tests)
            set_values(model, last)


if __name__ == "__main__":
    main()
