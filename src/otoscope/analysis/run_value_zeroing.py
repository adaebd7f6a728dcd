"""Value zeroing of one utterance of a run, by phones, words or the labels of a tier, by the model that made it."""

from itertools import pairwise

import numpy as np
import xarray as xr
from lhotse import MonoCut

from otoscope.analysis.phone_labels import PHONE, labels_of
from otoscope.analysis.stored_maps import MAX_LISTED, load_run_cuts
from otoscope.errors import InputError, join_truncated
from otoscope.maps.value_zeroing import value_zeroing
from otoscope.models.encoder import Encoder
from otoscope.models.frame_times import frame_centres
from otoscope.models.load import load
from otoscope.results import Run
from otoscope.runs.run_config import require_same_model

PARTS = 40  # equal parts of an utterance without labels
Spans = list[tuple[int, int]]


def compute_value_zeroing(run: Run, utterance: str | None = None, model: Encoder | None = None) -> xr.Dataset:
    """Return the change of each layer's output in an utterance when the values of one label are zero.

    Labels are those of the run's relations: phones, words, or the labels of a tier (`analyze --unit`).

    Args:
        run: a run that analyze wrote.
        utterance: id of an utterance of the run; None for the run's example.
        model: the encoder that made the run, if no name loads it.

    Returns:
        `value_zeroing` (layer, query, span), and each span's `span_start` and `span_stop` in frames.

    Raises:
        InputError: the run has no such utterance, its model or audio is missing or has changed, or value zeroing does
            not support the model.
    """
    utterance = utterance or next(iter(run.maps), None)
    cut = next((cut for cut in load_run_cuts(run) if cut.id == utterance), None)
    if cut is None:
        choices = join_truncated(list(run.utterances.index), MAX_LISTED)
        raise InputError(f"{run.path} holds no utterance '{utterance}'; choose one of {choices}")
    encoder = model or load(run.plan["model"]["name"], dtype=run.plan["model"]["dtype"])
    require_same_model(run, encoder)
    wave = encoder.load_wave(cut)
    spans = spans_of(cut, encoder, encoder.num_frames(wave), str(run.dataset.attrs.get("unit", PHONE)))
    starts, stops = np.array(spans).T
    doc = "cosine distance of a layer's output where the values of a span are zero, its attention kept"
    bound = {"units": "frames", "description": "first frame of the span, and the one after its last"}
    scores = value_zeroing(encoder, wave, spans)
    return xr.Dataset(
        {
            "value_zeroing": (("layer", "query", "span"), scores, {"units": "1", "description": doc}),
            "span_start": ("span", starts, bound),
            "span_stop": ("span", stops, bound),
        }
    )


def spans_of(cut: MonoCut, encoder: Encoder, frames: int, unit: str = PHONE) -> Spans:
    """Return the frames of each label of a cut, or of 40 equal parts if the cut has no labels of the unit."""
    centres = frame_centres(encoder, frames)
    labels = labels_of(cut, unit)
    bounds = [tuple(np.searchsorted(centres, (start, end)).tolist()) for _, start, end in labels]
    edges = np.linspace(0, frames, min(frames, PARTS) + 1).astype(int).tolist()
    every = bounds or list(pairwise(edges))
    return [(start, stop) for start, stop in every if start < stop]
