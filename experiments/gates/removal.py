"""Word errors after each number of heads that are removed, in the order of what the loss loses without one of them.

    python experiments/gates/removal.py MODEL --adapt CORPUS --guard CORPUS --control CORPUS --encoder-outputs FOLDER

The loss is that of `refine --adapt --guard` on its validation groups; heads that cost it least go first. The word error
rates are those of 300 utterances of `--adapt` that the search does not use, with at most 64 tokens for a text, and of
all of `--control`. `--gates` are those of a report of `refine`; `--out` writes the gates with 0 for `--remove` heads,
which `otoscope refine MODEL --gates FILE --drop-zero-heads` takes.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from settings import TOKENS, read_drawn, word_error_rate

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.agreement import AgreementTask
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import LEARNING, Material, Role, read_speech_material
from otoscope.adaptation.search import WeightedTask, validation_loss
from otoscope.adaptation.tasks import TEXTS
from otoscope.refinement.gates import GateSite, head_gates
from otoscope.refinement.source_model import read_source

GUARD_WEIGHT, UTTERANCES, CONTROL = 10.0, 400, 400

Head = tuple[GateSite, int]


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    for name in ("adapt", "guard", "control", "encoder-outputs"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--gates", type=Path)
    parser.add_argument("--counts", default="2,4,6,8,10")
    parser.add_argument("--remove", type=int, default=6)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


@torch.no_grad()
def set_gates(model: GatedModel, report: Path) -> None:
    """Set the gates of a model to those of a report."""
    gates = {
        (gate["part"], gate["layer"], gate["head"]): gate for gate in json.loads(report.read_text())["tables"]["gates"]
    }
    for site, offset in model.offsets.items():
        for head in range(site.heads):
            gate = gates[site.part.value, site.layer, head]
            offset[0, head] = gate["scale"] - 1
            offset[1, head] = -torch.tensor(gate["temperature"]).log()


def loss_of(model: GatedModel, tasks: Sequence[WeightedTask]) -> float:
    """Return the loss on the validation groups."""
    return sum(each.weight * validation_loss(model, each, seed=0) for each in tasks)


@torch.no_grad()
def costs(model: GatedModel, tasks: Sequence[WeightedTask]) -> dict[Head, float]:
    """Return what the loss rises by without each head."""
    whole, rises = loss_of(model, tasks), {}
    for site, offset in model.offsets.items():
        for head in range(site.heads):
            before = offset[0, head].item()
            offset[0, head] = -1
            rises[site, head] = loss_of(model, tasks) - whole
            offset[0, head] = before
    return rises


@torch.no_grad()
def remove(model: GatedModel, heads: Sequence[Head]) -> None:
    """Set the scale of heads to 0."""
    for site, head in heads:
        model.offsets[site][0, head] = -1


def print_errors(name: str, model: GatedModel, tests: Sequence[tuple[Material, int | None]]) -> None:
    """Print the word error rates with the gates as they are."""
    print(name, *(f"{word_error_rate(model, *test):.3f}" for test in tests), flush=True)


def main() -> None:
    """Print one line for each number of heads."""
    arguments = read_arguments()
    model = make_gated_model(read_source(arguments.model), "decoder")
    model.outputs = make_encoder_outputs(arguments.encoder_outputs, model.transcriber)
    speech, guard = (read_speech_material(each, UTTERANCES, 0, LEARNING) for each in (arguments.adapt, arguments.guard))
    agreement = AgreementTask(model, guard)
    agreement.remember(guard.indices(Role.validation).tolist())
    tasks = [
        WeightedTask("adapt", OBJECTIVES.get("text").make(model, speech), 1.0, TEXTS),
        WeightedTask("guard", agreement, GUARD_WEIGHT, TEXTS, is_guard=True),
    ]
    control = read_speech_material(arguments.control, CONTROL, 0, (Role.test,))
    tests = [(read_drawn(arguments.adapt, 5, set(speech.ids)), TOKENS), (control, None)]
    print("heads  others  control")
    print_errors("original", model, tests)
    if arguments.gates:
        set_gates(model, arguments.gates)
        print_errors("gates", model, tests)
    rises = costs(model, tasks)
    order = sorted(rises, key=lambda head: rises[head])
    for count in sorted({arguments.remove, *map(int, arguments.counts.split(","))}):
        remove(model, order[:count])
        print_errors(f"without {count}", model, tests)
        if count == arguments.remove and arguments.out:
            gates = [vars(gate) for gate in head_gates(model.values)]
            arguments.out.write_text(json.dumps(gates, default=str), encoding="utf-8")
    for site, head in order[: arguments.remove]:
        print(f"{site.part.value} {site.layer}.{head}: loss {rises[site, head]:+.4f}")


if __name__ == "__main__":
    main()
