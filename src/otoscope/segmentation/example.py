"""One utterance as the best head segments it, kept to be drawn."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from otoscope.models.encoder import Encoder
from otoscope.phones import Tuned, label_rows, scores
from otoscope.phones.kernel_gram import Frames
from otoscope.phones.segmentation import local_minima
from otoscope.segmentation.methods import Head, label_frames
from otoscope.segmentation.speech import Utterance

SECONDS = 3.0


def example(encoder: Encoder, head: Head, tuned: Tuned, test: Sequence[Utterance]) -> xr.Dataset:
    """The head's map of the test utterance nearest to 3 s, its kernel-gram matrix, its score, and boundaries."""
    utterance = min(test, key=lambda one: abs(one.cut.duration - SECONDS))
    frames, attn_qk = label_frames(encoder), encoder.attention(utterance.cut, *head)
    rows = label_rows(attn_qk, frames.repeat)
    [score] = scores(rows, tuned.alpha, [tuned.beta], frames.repeat)
    every = slice(None)
    kernel = Frames.of(rows).kernel(tuned.alpha, every, every)
    half = ("query", "key")
    values = {
        "attention": (half, attn_qk.astype(np.float16), "1", "best head's attention on one test utterance"),
        "kernel_gram": (half, kernel.astype(np.float16), "1", "likeness of its rows"),
        "score": ("label_frame", score, "frames", "kept pairs of frames around each label frame"),
        "found_boundary": ("found", frames.seconds(local_minima(score)), "s", "local minima of the score"),
        "true_boundary": ("true", utterance.boundaries, "s", "reference boundaries"),
    }
    return xr.Dataset(
        {
            name: xr.Variable(dims, of, {"units": units, "description": doc})
            for name, (dims, of, units, doc) in values.items()
        },
        coords={"label_frame": frames.seconds(np.arange(len(score), dtype=np.float64))},
        attrs={
            "utterance": utterance.cut.id,
            "frame_period": encoder.frame_period,
            "first_centre": encoder.first_centre,
            "shown_head": list(head),
        },
    )
