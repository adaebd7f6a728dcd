"""Word errors against the number of labelled utterances, and whether the same heads move in every seed.

    python experiments/gates/curve.py MODEL --adapt CORPUS --adapt-test CORPUS --guard CORPUS --encoder-outputs FOLDER

Each size and seed is one search, as `otoscope refine MODEL --adapt CORPUS --gate-utterances SIZE --gate-seed SEED` runs
it, with the same guard for all; what the original gives is computed once. The last lines are Spearman correlations of
scales and of temperatures over heads, between seeds at the largest size; a seed whose best step is the original has no
gates to compare. `--figure` draws the curve, `--out` keeps the numbers.
"""

import argparse
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr
from settings import corpora_parser

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import OriginalOutputs, make_gated_model
from otoscope.adaptation.material import LEARNING, Material, Role, read_speech_material, split
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.search import WeightedTask, search
from otoscope.adaptation.tasks import TEXTS, Materials, make_tasks, remember_targets, with_steps
from otoscope.refinement.gates import head_gates
from otoscope.refinement.source_model import SourceModel, read_source

GUARD = 400  # most utterances of the guard: the same for all sizes and seeds; a seed divides its speakers


@dataclass(frozen=True)
class Outcome:
    """What one search gives: word error rates of the test speech, and scales and temperatures of heads.

    Attributes:
        before, after: word error rates of the original, and with the gates.
        most_errors: errors of the text with most of them; a text that repeats itself has over a hundred.
        step: the best.
        gates: by name, a value for each head.
    """

    before: float
    after: float
    most_errors: int
    step: int
    gates: dict[str, list[float]]


@dataclass(frozen=True)
class Fixed:
    """What all searches share: the model, the test speech, and what the original gives."""

    source: SourceModel
    test: Material
    original: OriginalOutputs


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = corpora_parser(__doc__, ("adapt", "adapt-test", "guard", "encoder-outputs"))
    parser.add_argument("--sizes", default="10,25,50,100,200,400")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, help="most steps; without it those of `refine`")
    parser.add_argument("--test-utterances", type=int, default=200)
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def run(arguments: argparse.Namespace, fixed: Fixed, size: int, seed: int) -> Outcome:
    """Return the outcome of one search."""
    asked = AdaptationOptions(
        adapt=arguments.adapt, guard=arguments.guard, steps=arguments.steps, gate_utterances=size, gate_seed=seed
    )
    options = with_steps(asked, fixed.source)
    learned = read_speech_material(arguments.adapt, size, seed, LEARNING)
    guard = read_speech_material(arguments.guard, GUARD, 0, LEARNING)
    guard = replace(guard, roles=split(guard.groups, seed, LEARNING))
    model = make_gated_model(fixed.source, "decoder")
    model.outputs, model.original = make_encoder_outputs(arguments.encoder_outputs, model.transcriber), fixed.original
    text = OBJECTIVES.get("text")
    own = WeightedTask("adapt", text.make(model, replace(learned, name=f"{size} of seed {seed}")), 1.0, TEXTS)
    tasks = [own, *make_tasks(model, Materials(None, None, guard), options)]
    remember_targets(tasks)
    with tempfile.TemporaryDirectory() as folder:
        state = search(model, tasks, options, Path(folder))
    test = text.make(model, fixed.test)
    before, after = (test.errors(range(len(fixed.test.ids)), original=original) for original in (True, False))
    old, new = (float(errors[:, 0].sum() / errors[:, 1].sum()) for errors in (before, after))
    gates = head_gates(model.values)
    values = {name: [getattr(gate, name) for gate in gates] for name in ("scale", "temperature")}
    return Outcome(old, new, int(after[:, 0].max()), state.best_step, values)


def print_agreement(outcomes: list[Outcome]) -> None:
    """Print the correlation of what each head has learned between seeds."""
    for gate in ("scale", "temperature"):
        learned = [outcome.gates[gate] for outcome in outcomes if outcome.step]
        pairs = [float(spearmanr(*pair).statistic) for pair in combinations(learned, 2)]
        if pairs:
            print(f"{gate}: mean correlation {np.mean(pairs):.2f}, lowest {min(pairs):.2f}, of {len(pairs)} pairs")


def print_size(size: int, outcomes: list[Outcome]) -> None:
    """Print errors of a size."""
    after = [outcome.after for outcome in outcomes]
    steps = " ".join(str(outcome.step) for outcome in outcomes)
    most = " ".join(str(outcome.most_errors) for outcome in outcomes)
    spread = f"{np.mean(after):.3f} ({min(after):.3f} to {max(after):.3f})"
    print(f"{size:10d}  {len(outcomes):5d}  {outcomes[0].before:8.3f}  {spread:34s} {steps}; {most}", flush=True)


def draw(outcomes: dict[int, list[Outcome]], path: Path) -> None:
    """Draw the errors of each seed, their mean, and the original."""
    matplotlib.use("agg")
    figure, axis = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    errors = {size: [outcome.after for outcome in each] for size, each in outcomes.items()}
    for size, values in errors.items():
        label = "adapted: seeds" if size == min(errors) else None
        axis.plot([size] * len(values), values, "o", color="0.6", markersize=4, label=label)
    axis.plot(list(errors), [np.mean(values) for values in errors.values()], "k-o", label="adapted: mean of seeds")
    before = [np.mean([outcome.before for outcome in each]) for each in outcomes.values()]
    axis.plot(list(errors), before, "--", color="tab:red", label="original: same test speech")
    axis.set(xscale="log", xlabel="labelled utterances (number)", ylabel="word error rate (errors per word)")
    axis.set_xticks(list(errors), [str(size) for size in errors])
    axis.minorticks_off()
    figure.legend(loc="outside upper center", fontsize="small")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print one line for each size, and the agreement of seeds."""
    arguments = read_arguments()
    test = read_speech_material(arguments.adapt_test, arguments.test_utterances, 0, (Role.test,))
    fixed = Fixed(read_source(arguments.model), test, OriginalOutputs())
    print("utterances  seeds  original  adapted (mean, lowest to highest)  chosen steps; most errors of one text")
    outcomes: dict[int, list[Outcome]] = {}
    for size in map(int, arguments.sizes.split(",")):
        outcomes[size] = [run(arguments, fixed, size, seed) for seed in range(arguments.seeds)]
        print_size(size, outcomes[size])
        if arguments.out:
            numbers = {str(size): [asdict(outcome) for outcome in each] for size, each in outcomes.items()}
            arguments.out.write_text(json.dumps(numbers), encoding="utf-8")
    print_agreement(outcomes[max(outcomes)])
    if arguments.figure:
        draw(outcomes, arguments.figure)


if __name__ == "__main__":
    main()
