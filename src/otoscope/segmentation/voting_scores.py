"""Scores of the methods with shifts on the test part, which any executor computes: they run the model several times."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.part_map import Items, PartMap
from otoscope.segmentation.compared_methods import UtteranceScores, voting_method
from otoscope.segmentation.dataset import CURVE
from otoscope.segmentation.job import SegmentJob
from otoscope.segmentation.score_sum import Boundaries
from otoscope.segmentation.voter_parts import UTTERANCES
from otoscope.segmentation.voters import Voting
from otoscope.segmentation.voting_reader import VotingReader


def score_votings(job: SegmentJob, votings: Sequence[Voting], parts: PartMap) -> list[dict[str, UtteranceScores]]:
    """Return the scores of each test utterance by the name of each method with shifts.

    The tasks of an array do not share this: the methods follow from all layers, so the task that finishes computes it.
    """
    test = job.parts.test
    if not votings:
        return [{} for _ in test]
    starts = range(0, len(test), UTTERANCES)
    seconds = [sum(utterance.cut.duration for utterance in test[start : start + UTTERANCES]) for start in starts]
    items = Items("scores", "segmenting with shifts", [(tuple(votings), start) for start in starts], seconds)
    return [
        {voting.name: _from_arrays(arrays, f"{place}/{voting.name}") for voting in votings}
        for start, arrays in zip(starts, parts.whole.map(_score_part, items), strict=True)
        for place in range(len(test[start : start + UTTERANCES]))
    ]


def _score_part(job: SegmentJob, item: tuple[tuple[Voting, ...], int], on_progress: OnProgress) -> dict[str, Any]:
    """Return the scores of a few test utterances, the first of which has a number, as arrays."""
    votings, start = item
    reader, arrays = VotingReader(job.encoder, votings), dict[str, Any]()
    methods = [voting_method(reader, voting) for voting in votings]
    for place, utterance in enumerate(job.parts.test[start : start + UTTERANCES]):
        for method in methods:
            arrays |= _to_arrays(method.score(utterance, CURVE, job.options.seconds), f"{place}/{method.label}")
        on_progress(utterance.cut.duration)
    return arrays


def _to_arrays(scores: UtteranceScores, name: str) -> dict[str, Any]:
    return {
        f"{name}/counts": scores.counts,
        f"{name}/tokens": scores.tokens,
        f"{name}/distances": np.array([scores.distance, scores.nearest_distance]),
        f"{name}/times": scores.boundaries.times,
        f"{name}/confidences": scores.boundaries.confidences,
    }


def _from_arrays(arrays: Mapping[str, Any], name: str) -> UtteranceScores:
    distance, nearest = arrays[f"{name}/distances"].tolist()
    boundaries = Boundaries(arrays[f"{name}/times"], arrays[f"{name}/confidences"])
    return UtteranceScores(arrays[f"{name}/counts"], arrays[f"{name}/tokens"], distance, nearest, boundaries)
