"""Word errors against the number of labelled utterances, and whether the same heads move in every seed.

    python experiments/gates/curve.py MODEL --adapt CORPUS --adapt-test CORPUS --guard CORPUS --encoder-outputs FOLDER

Each size and seed is one run of `otoscope refine MODEL --adapt CORPUS --gate-utterances SIZE --gate-seed SEED`. The
last lines are Spearman correlations of scales and of temperatures over heads, between seeds at the largest size; a seed
whose best step is the original has no gates to compare. `--figure` draws the curve.
"""

import argparse
import tempfile
from itertools import combinations
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import spearmanr

from otoscope.adaptation.adapt import adapt
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import AdaptationReport

NOT_OPTIONS = ("model", "sizes", "seeds", "figure")


def read_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    for name in ("adapt", "adapt-test", "guard", "guard-test", "encoder-outputs"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--sizes", default="10,25,50,100,200,400")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--test-utterances", type=int, default=1000)
    parser.add_argument("--figure", type=Path)
    return parser.parse_args()


def run(arguments: argparse.Namespace, size: int, seed: int) -> AdaptationReport:
    """Return the report of one adaptation."""
    same = {name: value for name, value in vars(arguments).items() if name not in NOT_OPTIONS}
    options = AdaptationOptions(**same, gate_utterances=size, gate_seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        return adapt(arguments.model, Path(folder) / "out", options).report


def print_agreement(reports: list[AdaptationReport]) -> None:
    """Print the correlation of what each head has learned between seeds."""
    for gate in ("scale", "temperature"):
        learned = [[head[gate] for head in report.tables["gates"]] for report in reports if report.step]
        pairs = [float(spearmanr(*pair).statistic) for pair in combinations(learned, 2)]
        if pairs:
            print(f"{gate}: mean correlation {np.mean(pairs):.2f}, lowest {min(pairs):.2f}, of {len(pairs)} pairs")


def print_size(size: int, reports: list[AdaptationReport]) -> None:
    """Print errors of a size: what was learned from, and the control if there is one."""
    before = np.mean([report.gains[0].before for report in reports])
    after = [report.gains[0].after for report in reports]
    harm = [guard.after - guard.before for report in reports for guard in report.guards]
    written = sum(report.is_better for report in reports)
    spread = f"{np.mean(after):.3f} ({min(after):.3f} to {max(after):.3f})"
    control = f"{np.mean(harm):+.4f}" if harm else ""
    print(f"{size:10d}  {len(reports):5d}  {before:8.3f}  {spread:34s} {control:8s} {written}", flush=True)


def draw(reports: dict[int, list[AdaptationReport]], path: Path) -> None:
    """Draw the errors of each seed, their mean, and the original."""
    matplotlib.use("agg")
    figure, axis = plt.subplots(figsize=(4.6, 3.2), layout="constrained")
    errors = {size: [report.gains[0].after for report in each] for size, each in reports.items()}
    for size, values in errors.items():
        axis.plot([size] * len(values), values, "o", color="0.6", markersize=4)
    axis.plot(list(errors), [np.mean(values) for values in errors.values()], "k-o", label="adapted: mean of seeds")
    before = [np.mean([report.gains[0].before for report in each]) for each in reports.values()]
    axis.plot(list(errors), before, "s--", color="tab:red", label="original: same test speech")
    axis.set(xscale="log", xlabel="labelled utterances (number)", ylabel="word error rate (errors per word)")
    axis.set_xticks(list(errors), [str(size) for size in errors])
    axis.minorticks_off()
    axis.legend()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Print one line for each size, and the agreement of seeds."""
    arguments = read_arguments()
    print("utterances  seeds  original  adapted (mean, lowest to highest)  control  written")
    reports: dict[int, list[AdaptationReport]] = {}
    for size in map(int, arguments.sizes.split(",")):
        reports[size] = [run(arguments, size, seed) for seed in range(arguments.seeds)]
        print_size(size, reports[size])
    print_agreement(reports[max(reports)])
    if arguments.figure:
        draw(reports, arguments.figure)


if __name__ == "__main__":
    main()
