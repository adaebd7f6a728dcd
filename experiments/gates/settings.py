"""What the guard costs: gates learned with several weights of the guard, each tested at its last step.

    python experiments/gates/settings.py MODEL --adapt CORPUS --test CORPUS --guard CORPUS --control CORPUS

CORPUS is a Kaldi folder. The first column is the word error rate of 300 utterances of `--test` that Python's
`random.Random(1)` draws, with at most 64 tokens for a text; the second is that of the 300 that `refine` draws. All
of 400 utterances of `--adapt`, and all of `--guard`, train; no validation chooses the step.
"""

import argparse
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import LEARNING, Material, Role, read_speech_material
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import RATE, WeightedTask, set_gradients
from otoscope.adaptation.tasks import BATCH, TEXTS, remember_targets
from otoscope.decoders.transcription import transcribe_waves
from otoscope.refinement.source_model import read_source

TESTED, TOKENS = 300, 64


def read_training(corpus: Path) -> Material:
    """Return the 400 utterances that `refine` draws with seed 0, all for training."""
    material = read_speech_material(corpus, 400, 0, LEARNING)
    return replace(material, roles=[Role.train] * len(material.ids))


def read_drawn(corpus: Path, seed: int, used: Collection[str] = ()) -> Material:
    """Return 300 utterances that Python draws with a seed from those that are not used, to test."""
    names = [line.split(None, 1)[0] for line in (corpus / "text").read_text(encoding="utf-8").splitlines()]
    rest = [name for name in names if name not in used]
    random.Random(seed).shuffle(rest)
    drawn = set(rest[:TESTED])
    material = read_speech_material(corpus, len(names), 0, (Role.test,))
    chosen = [index for index, name in enumerate(material.ids) if name in drawn]
    fields: dict[str, Any] = {
        name: [getattr(material, name)[index] for index in chosen]
        for name in ("ids", "waves", "texts", "groups", "roles")
    }
    return replace(material, name=f"drawn from {corpus}", **fields, phones=[])


def learn(model: GatedModel, tasks: list[WeightedTask], steps: int) -> Iterator[int]:
    """Learn gates from ones, and yield the number of each step after it."""
    with torch.no_grad():
        for offset in model.offsets.values():
            offset.zero_()
    optimizer = torch.optim.Adam(model.parameters, lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1)
    for step in range(1, steps + 1):
        set_gradients(model, tasks, AdaptationOptions(), step - 1)
        optimizer.step()
        schedule.step()
        yield step


def word_error_rate(model: GatedModel, material: Material, tokens: int | None) -> float:
    """Return the word error rate with the gates as they are."""
    with torch.no_grad(), model.gates():
        states = model.states(material, range(len(material.ids)))
        texts = transcribe_waves(model.transcriber, material.waves, states, tokens)
    errors, words = np.sum(model.count_word_errors([text or "" for text in material.texts], texts), axis=0)[:2]
    return float(errors / words)


def corpora_parser(text: str | None, folders: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of a model and of folders that must be named."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    for name in folders:
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = corpora_parser(__doc__, ("adapt", "test", "guard", "control", "encoder-outputs"))
    parser.add_argument("--weights", default="0,1,10")
    parser.add_argument("--steps", type=int, default=200)
    return parser.parse_args()


def main() -> None:
    """Print one line for the original, and one for each weight of the guard."""
    arguments = read_arguments()
    model = make_gated_model(read_source(arguments.model), "decoder")
    model.outputs = make_encoder_outputs(arguments.encoder_outputs, model.transcriber)
    learned = WeightedTask("adapt", OBJECTIVES.get("text").make(model, read_training(arguments.adapt)), 1.0, TEXTS)
    agreement = OBJECTIVES.get("agreement").make(model, read_training(arguments.guard))
    of_refine = read_speech_material(arguments.test, TESTED, 0, (Role.test,))
    tests: list[tuple[Material, int | None]] = [(read_drawn(arguments.test, 1), TOKENS)]
    tests += [(replace(of_refine, name="of refine"), None)]
    tests += [(read_speech_material(arguments.control, 400, 0, (Role.test,)), None)]
    print("guard  test  test of refine  control")
    print("original", *(f"{word_error_rate(model, *each):.3f}" for each in tests), flush=True)
    for weight in map(float, arguments.weights.split(",")):
        guards = [WeightedTask("guard", agreement, weight, BATCH // 2, is_guard=True)] if weight else []
        remember_targets(guards)
        for _ in learn(model, [learned, *guards], arguments.steps):
            pass
        print(f"{weight:g}", *(f"{word_error_rate(model, *each):.3f}" for each in tests), flush=True)


if __name__ == "__main__":
    main()
