"""The heads of a model at one step of its training, as arrays.

Axes: L layer, H head, 2 the bounds of an interval, B blocks of frames of an overview.
"""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from lhotse import CutSet
from numpy.typing import NDArray

from otoscope.analysis.analyze import analyze
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.options import SpeechOptions

STATISTICS = ("globalness", "verticality", "diagonality", "weight", "normalised_entropy")
TEXTS = ("category", "shape")
OVERVIEW = "overview"


def measure_snapshot(
    model: str | Path | Encoder, corpus: str | Path | CutSet, options: SpeechOptions
) -> dict[str, NDArray[Any]]:
    """Return statistics with intervals, categories and shapes `[L, H]` of all heads, and an overview of their maps.

    Args:
        model: what `load` takes.
        corpus: what `read_corpus` takes.
        options: how to load the model and read the corpus.

    Raises:
        InputError: an error of `analyze`.
    """
    with TemporaryDirectory(prefix="otoscope-") as folder:
        run = analyze(model, corpus, Path(folder) / "run", options=replace(options, resume=False))
        dataset, overview = run.dataset.load(), run.map(run.maps[0])[OVERVIEW].values
        arrays: dict[str, NDArray[Any]] = {OVERVIEW: overview.astype(np.float16)}
        for name in STATISTICS:
            arrays |= {name: dataset[name].values, f"{name}_interval": dataset[f"{name}_interval"].values}
        texts = {name: _text_of_heads(run, name) for name in TEXTS}
        skipped = json.dumps(run.skipped.values.tolist())
        described = {"utterance": run.maps[0], "clusters": dataset.attrs["clusters"], "skipped": skipped}
    return arrays | texts | {name: np.array(text) for name, text in described.items()}


def _text_of_heads(run: Run, column: str) -> NDArray[Any]:
    """Return a column of the table of heads, `[L, H]`; empty where there is no head."""
    sizes = run.dataset.sizes
    texts = np.full((sizes["layer"], sizes["head"]), "", dtype=object)
    texts[run.heads["layer"], run.heads["head"]] = run.heads[column]
    return texts.astype(str)
