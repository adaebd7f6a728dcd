"""What figures are drawn of, from the smallest to the largest that fits a page: runs of each kind."""

from tests.helpers.example_comparison import COMPARISONS, comparison_dataset
from tests.helpers.example_decoder import DECODER_RUNS, drawn_decoder
from tests.helpers.example_dynamics import DYNAMICS, drawn_dynamics
from tests.helpers.example_faithfulness import FAITHFULNESS_RUNS, faithfulness_run
from tests.helpers.example_importance import CURVES, RANKINGS, curves_dataset, ranking_dataset
from tests.helpers.example_layers import LAYER_RUNS, layers_dataset
from tests.helpers.example_patching import PATCH_RUNS, patching_dataset
from tests.helpers.example_probes import PROBE_RUNS, probes_dataset
from tests.helpers.example_reproduction import REPRODUCTIONS, reproduction_dataset
from tests.helpers.example_segmentation import SEGMENTATIONS, segmentation_dataset
from tests.helpers.example_sinks import SINK_RUNS, drawn_sinks
from tests.helpers.example_weights import WEIGHTS, weights_dataset

from otoscope.figures import FIGURES

SIZES = {
    "6x6": {"layers": 6, "heads": 6, "utterances": 4, "frames": 300},
    "12x12": {"layers": 12, "heads": 12, "utterances": 2, "frames": 120},
    "2x2": {"layers": 2, "heads": 2, "utterances": 3, "frames": 80},
    "24x16": {"layers": 24, "heads": 16, "utterances": 1, "frames": 40},
    "uneven, one utterance, no labels": {"layers": 3, "n_heads": [4, 1, 3], "utterances": 1, "labelled": False},
    "one head": {"layers": 1, "heads": 1, "utterances": 2},
}

# kind of run: its sizes (each has a "2x2"), and what makes a Dataset of one; runs of heads are made in conftest.py
DRAWN = {
    "ranking": (RANKINGS, ranking_dataset),
    "curves": (CURVES, curves_dataset),
    "comparison": (COMPARISONS, comparison_dataset),
    "probes": (PROBE_RUNS, probes_dataset),
    "layers": (LAYER_RUNS, layers_dataset),
    "patching": (PATCH_RUNS, patching_dataset),
    "sinks": (SINK_RUNS, drawn_sinks),
    "faithfulness": (FAITHFULNESS_RUNS, faithfulness_run),
    "segmentation": (SEGMENTATIONS, segmentation_dataset),
    "reproduction": (REPRODUCTIONS, reproduction_dataset),
    "weights": (WEIGHTS, weights_dataset),
    "dynamics": (DYNAMICS, drawn_dynamics),
    "decoder": (DECODER_RUNS, drawn_decoder),
}
SIZES_OF = {"heads": SIZES, **{kind: sizes for kind, (sizes, _) in DRAWN.items()}}
WIDTHS_MM = (85, 175)
"""Widths of one and of two columns of a journal."""
SMALL = {"2x2", "one head", "6x6", "12x12"}
"""Sizes that are drawn at the first width alone: a wider page only spreads them."""
CASES = [
    (name, size, width)
    for name, spec in FIGURES.select().items()
    for size in SIZES_OF.get(spec.kind, ["2x2"])
    for width in WIDTHS_MM
    if width == WIDTHS_MM[0] or size not in SMALL
]
