"""Phones: symbols and their classes, boundaries found in any sequence of frames, and the scores of boundaries."""

from otoscope.phones.baselines import boundary_rate, random_boundaries, uniform_boundaries
from otoscope.phones.boundaries import (
    BoundaryCounts,
    BoundaryScores,
    count_boundaries,
    inner_boundaries,
    score_boundaries,
)
from otoscope.phones.segmentation import LabelFrames, label_rows, scores, segment
from otoscope.phones.sets import Folded, Phone, fold, order, phone, recognise
from otoscope.phones.spectral import log_mel, mfcc
from otoscope.phones.tuning import Labelled, Tuned, pooled_counts, tune, utterance_counts
from otoscope.phones.voting import voted_boundaries, voted_scores

__all__ = [
    "BoundaryCounts",
    "BoundaryScores",
    "Folded",
    "LabelFrames",
    "Labelled",
    "Phone",
    "Tuned",
    "boundary_rate",
    "count_boundaries",
    "fold",
    "inner_boundaries",
    "label_rows",
    "log_mel",
    "mfcc",
    "order",
    "phone",
    "pooled_counts",
    "random_boundaries",
    "recognise",
    "score_boundaries",
    "scores",
    "segment",
    "tune",
    "uniform_boundaries",
    "utterance_counts",
    "voted_boundaries",
    "voted_scores",
]
