"""An example for a figure: the segmentation of one utterance by the best head."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from otoscope.models.encoder import Encoder
from otoscope.phones import LabelFrames
from otoscope.results.schema import Variable, labelled
from otoscope.segmentation.boundaries import inner_boundaries
from otoscope.segmentation.feature_methods import Head, label_frames
from otoscope.segmentation.kernel_gram import DistanceFrames
from otoscope.segmentation.kernel_gram_detector import boundary_scores_per_frame, label_rows, local_minima
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import TunedParameters
from otoscope.typing import AnyFloats

EXAMPLE_SECONDS = 3.0
"""Duration of the ideal example."""
VARIABLES = {
    "attention": Variable(("query", "key"), "1", "attention of the best head on the example, in half precision"),
    "kernel_gram": Variable(("query", "key"), "1", "similarity of its rows, in half precision"),
    "score": Variable(("label_frame",), "1", "number of similar pairs of frames around each label frame"),
    "found_boundary": Variable(("found",), "s", "local minima of the score"),
    "true_boundary": Variable(("true",), "s", "boundaries between phones"),
    "phone_symbol": Variable(("phone",), "1", "symbol on the phone tier"),
    "phone_start": Variable(("phone",), "s", "start of the phone"),
    "phone_end": Variable(("phone",), "s", "end of the phone"),
}


def build_example(
    encoder: Encoder, head: Head, tuned: TunedParameters, test: Sequence[LabelledUtterance]
) -> xr.Dataset:
    """Return the segmentation of the test utterance whose duration is nearest to 3 s, by the best head."""
    place = min(range(len(test)), key=lambda place: abs(test[place].cut.duration - EXAMPLE_SECONDS))
    utterance = test[place]
    attn_qk = encoder.attention(utterance.cut, *head)
    example = segment_map(attn_qk, label_frames(encoder), tuned, utterance.units)
    return example.assign_attrs(utterance=utterance.cut.id, shown_head=list(head), example=place)


def segment_map(
    attn_qk: AnyFloats,
    frames: LabelFrames,
    tuned: TunedParameters,
    phones: Sequence[tuple[str, float, float]],
) -> xr.Dataset:
    """Return a head's map `[T, T]`, its kernel-gram matrix, its score, and its predicted and true boundaries."""
    rows = label_rows(attn_qk, frames.repeat)
    [score] = boundary_scores_per_frame(rows, tuned.alpha, [tuned.beta], frames.repeat)
    kernel = DistanceFrames.of(rows).kernel(tuned.alpha, slice(None), slice(None))
    symbols, starts, ends = zip(*phones, strict=True)
    values = {
        "attention": attn_qk.astype(np.float16),
        "kernel_gram": kernel.astype(np.float16),
        "score": score,
        "found_boundary": frames.seconds(local_minima(score)),
        "true_boundary": inner_boundaries((start, end) for _, start, end in phones),
        "phone_symbol": np.array(symbols, dtype=object),
        "phone_start": np.array(starts),
        "phone_end": np.array(ends),
    }
    return xr.Dataset(
        labelled(VARIABLES, values),
        coords={"label_frame": frames.seconds(np.arange(len(score), dtype=np.float64))},
        attrs={
            "frame_period": frames.repeat * frames.period,
            "first_centre": frames.origin + (frames.repeat - 1) / 2 * frames.period,
        },
    )
