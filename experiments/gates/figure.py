"""Draw gates of reports of `otoscope refine --adapt|--calm` by layer and head, under what a decoder run has of heads.

    python experiments/gates/figure.py adapted/report.json calm/report.json --decoder RUN -o gates.png

RUN is a run of `otoscope decoder MODEL CORPUS --effects`: its categories and the change of word errors without each
head. Each row is a gate of one report; each column is one kind of attention. Rank correlations over heads are printed.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy.stats import spearmanr

import otoscope

PARTS = {"encoder": "encoder", "self": "decoder, self", "cross": "decoder, cross"}
MAX_CHANGE = 0.2  # of the word error rate; the colours end there


@dataclass(frozen=True)
class Row:
    """Values of all heads `[layer, head]` of each part, and how they are drawn.

    Attributes:
        title: of the panels.
        maps: values by part.
        limits: values of the first and last colour.
        labels: text of each head by part; none where empty.
    """

    title: str
    maps: dict[str, np.ndarray]
    limits: tuple[float, float]
    labels: dict[str, np.ndarray]


def report_rows(path: Path) -> list[Row]:
    """Return the scales and the temperatures of a report."""
    heads: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["tables"]["gates"]
    return [Row(f"{path.parent.name}: {gate}", _maps(heads, gate), (0, 2), {}) for gate in ("scale", "temperature")]


def _maps(heads: list[dict[str, Any]], gate: str) -> dict[str, np.ndarray]:
    maps = {}
    for part in dict.fromkeys(head["part"] for head in heads):
        own = [head for head in heads if head["part"] == part]
        values = np.full((1 + max(head["layer"] for head in own), 1 + max(head["head"] for head in own)), np.nan)
        for head in own:
            values[head["layer"], head["head"]] = head[gate]
        maps[part] = values
    return maps


def decoder_row(run: Path) -> Row:
    """Return the change of word errors without each head of a decoder run, labelled by the categories of heads."""
    dataset = otoscope.open_run(run).dataset
    change = dict(zip(dataset["removed"].values.tolist(), dataset["word_error_change"].values, strict=True))
    maps, labels = {}, {}
    for part in dataset["attention"].values.tolist():
        categories = dataset["category"].sel(attention=part).values
        cells = [change[f"{part} {layer}.{head}"] for layer, head in np.ndindex(categories.shape)]
        maps[part], labels[part] = np.reshape(cells, categories.shape), categories
    return Row("without the head", maps, (-MAX_CHANGE, MAX_CHANGE), labels)


def draw(rows: list[Row]) -> Any:
    """Return a figure with one row for each row of values, and one column for each part."""
    parts = [part for part in PARTS if any(part in row.maps for row in rows)]
    size = (1 + 3.4 * len(parts), 0.6 + 1.9 * len(rows))
    figure, axes = plt.subplots(len(rows), len(parts), squeeze=False, layout="constrained", figsize=size)
    for panels, row in zip(axes, rows, strict=True):
        for axis, part in zip(panels, parts, strict=True):
            _draw_map(axis, row, part)
        colours = plt.cm.ScalarMappable(matplotlib.colors.Normalize(*row.limits), "RdBu_r")
        figure.colorbar(colours, ax=panels, label="change of WER" if row.labels else "1 changes nothing")
    return figure


def _draw_map(axis: Axes, row: Row, part: str) -> None:
    if part not in row.maps:
        axis.set_axis_off()
        return
    axis.imshow(row.maps[part], cmap="RdBu_r", vmin=row.limits[0], vmax=row.limits[1])
    axis.set(xlabel="head", ylabel="layer", title=f"{row.title} ({PARTS[part]})")
    axis.title.set_fontsize(9)
    axis.set_xticks(range(row.maps[part].shape[1]))
    axis.set_yticks(range(row.maps[part].shape[0]))
    for place, label in np.ndenumerate(row.labels.get(part, np.empty((0, 0)))):
        colour = "white" if abs(row.maps[part][place]) > row.limits[1] / 2 else "black"
        axis.text(place[1], place[0], label, ha="center", va="center", fontsize=5, color=colour)


def print_correlations(rows: list[Row]) -> None:
    """Print rank correlations over the heads of two rows, of how far each is from what changes nothing."""
    for first, second in combinations(rows, 2):
        shared = [part for part in PARTS if part in first.maps and part in second.maps]
        distances = [np.concatenate([_distance(row, part) for part in shared]) for row in (first, second)]
        print(f"{first.title} | {second.title}: {spearmanr(*distances).statistic:+.2f} of {len(distances[0])} heads")


def _distance(row: Row, part: str) -> np.ndarray:
    return np.abs(row.maps[part] - np.mean(row.limits)).ravel()


def main() -> None:
    """Draw the reports of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=Path)
    parser.add_argument("--decoder", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("gates.png"))
    arguments = parser.parse_args()
    matplotlib.use("agg")
    rows = [decoder_row(arguments.decoder)] if arguments.decoder else []
    rows += [row for report in arguments.reports for row in report_rows(report)]
    draw(rows).savefig(arguments.out, dpi=150)
    print_correlations(rows)


if __name__ == "__main__":
    main()
