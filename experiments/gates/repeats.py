"""Texts with many words that were not said, by gates learned with and without the unlikelihood of repeats.

    python experiments/gates/repeats.py MODEL --adapt CORPUS --guard CORPUS --control CORPUS --encoder-outputs FOLDER

Prints for the original, and for each weight of the unlikelihood, the word error rate of the 400 utterances of `--adapt`
that `refine` draws, which all train; of 300 others that Python's `random.Random(5)` draws; and of `--control`. Texts
have at most 64 tokens. In brackets: how many texts have ten words or more that were not said, and the error rate of
the others. Repeated digits are one word in the spelling that is compared, so that they are not counted.
"""

import argparse

import numpy as np
import torch
from settings import TOKENS, corpora_parser, learn, read_drawn, read_training

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.builtin.text import TextTask
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role, read_speech_material
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import WeightedTask
from otoscope.adaptation.tasks import BATCH, TEXTS, remember_targets
from otoscope.decoders.transcription import transcribe_waves
from otoscope.refinement.source_model import read_source

MANY = 10  # insertions


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = corpora_parser(__doc__, ("adapt", "guard", "control", "encoder-outputs"))
    parser.add_argument("--weights", default="0,1")
    parser.add_argument("--steps", type=int, default=25)
    return parser.parse_args()


def errors(model: GatedModel, material: Material) -> str:
    """Return word errors with the gates as they are, in all texts, and without those of many insertions."""
    with torch.no_grad(), model.gates():
        states = model.states(material, range(len(material.ids)))
        texts = transcribe_waves(model.transcriber, material.waves, states, TOKENS)
    counts = model.count_word_errors([text or "" for text in material.texts], texts)
    has_many = counts[:, 3] >= MANY
    every, others = (float(np.divide(*rows[:, :2].sum(axis=0))) for rows in (counts, counts[~has_many]))
    return f"{every:.3f} ({has_many.sum()}; {others:.3f})"


def main() -> None:
    """Print one line for the original, and one for each weight."""
    arguments = read_arguments()
    model = make_gated_model(read_source(arguments.model), "decoder")
    model.outputs = make_encoder_outputs(arguments.encoder_outputs, model.transcriber)
    speech, guard = read_training(arguments.adapt), read_training(arguments.guard)
    control = read_speech_material(arguments.control, 400, 0, (Role.test,))
    tests = [speech, read_drawn(arguments.adapt, 5, set(speech.ids)), control]
    agreement = OBJECTIVES.get("agreement").make(model, guard)
    guards = [WeightedTask("guard", agreement, AdaptationOptions().guard_weight, BATCH // 2, is_guard=True)]
    remember_targets(guards)
    print("weight | those that train | others | control")
    print("original", *(errors(model, each) for each in tests), sep=" | ", flush=True)
    for weight in map(float, arguments.weights.split(",")):
        task = TextTask(model, speech, weight)
        for _ in learn(model, [WeightedTask("adapt", task, 1.0, TEXTS), *guards], arguments.steps):
            pass
        print(f"{weight:g}", *(errors(model, each) for each in tests), sep=" | ", flush=True)


if __name__ == "__main__":
    main()
