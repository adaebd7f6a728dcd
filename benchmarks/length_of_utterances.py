"""How much statistics of heads depend on the length of utterances: the forms of the method, and those over uniform.

Prints the median over heads of the absolute correlation with ln T, over the utterances of a run.

    otoscope analyze bundled CORPUS -o RUN
    python benchmarks/length_of_utterances.py RUN
"""

import sys

import numpy as np

from otoscope import open_run
from otoscope.results import Run
from otoscope.results.head_columns import RELATIVE_FORM


def correlations(run: Run, statistic: str) -> list[float]:
    """Return the absolute correlation of a statistic with ln T, of every head."""
    length = np.log(run.dataset["frames"].values)
    rows = run.dataset[f"{statistic}_rows"].stack(place=("layer", "head")).dropna("place").values
    return [abs(float(np.corrcoef(length, values)[0, 1])) for values in rows.T]


def print_table(run: Run) -> None:
    """Print the table of `docs/results/shapes.md`."""
    print("| statistic | median correlation with ln T | form over uniform | median correlation with ln T |")
    print("|---|---|---|---|")
    for statistic, relative in RELATIVE_FORM.items():
        first, second = (np.median(correlations(run, name)) for name in (statistic, relative))
        print(f"| {statistic} | {first:.2f} | {relative} | {second:.2f} |")


if __name__ == "__main__":
    print_table(open_run(sys.argv[1]))
