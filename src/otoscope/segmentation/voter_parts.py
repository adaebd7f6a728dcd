"""Parameters and scores of voters on the validation part, which any executor computes: the model runs several times.

The tasks of an array do not share this: candidates follow from all layers, so the task that finishes computes it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.part_map import Items, PartMap
from otoscope.segmentation.job import SegmentJob
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voter_tuning import VoterScores, best_voters, grid_counts, voter_scores
from otoscope.segmentation.voters import Voter

UTTERANCES = 4
"""Utterances of a part, each of which is stored."""


def tune_voters(job: SegmentJob, candidates: Sequence[Voter], parts: PartMap) -> list[Voter]:
    """Return the candidates with the parameters of the highest R-value, the best first; without those that are flat."""
    items = _items(job, "voters", "tuning heads with shifts", candidates)
    counts = [arrays["counts"] for arrays in parts.whole.map(_count_part, items)]
    return best_voters(candidates, np.sum(counts, axis=0))


def score_voters(job: SegmentJob, voters: Sequence[Voter], parts: PartMap) -> list[VoterScores]:
    """Return the scores `[factor, t]` of each voter, by head or source, for each utterance."""
    items = _items(job, "voter-scores", "tuning ensembles with shifts", voters)
    keys = [voter.key for voter in voters]
    return [
        dict(zip(keys, scores_vft, strict=True))
        for arrays in parts.whole.map(_score_part, items)
        for scores_vft in arrays.values()
    ]


def _items(job: SegmentJob, name: str, text: str, voters: Sequence[Voter]) -> Items:
    starts = range(0, len(job.parts.validation), UTTERANCES)
    seconds = [sum(utterance.cut.duration for utterance in _utterances(job, start)) for start in starts]
    return Items(name, text, [(tuple(voters), start) for start in starts], seconds)


def _utterances(job: SegmentJob, start: int) -> Sequence[LabelledUtterance]:
    return job.parts.validation[start : start + UTTERANCES]


def _count_part(job: SegmentJob, item: tuple[tuple[Voter, ...], int], on_progress: OnProgress) -> dict[str, Any]:
    """Return the counts of the candidates, summed over a few utterances, the first of which has a number."""
    candidates, start = item
    counts = []
    for utterance in _utterances(job, start):
        counts.append(grid_counts(job.runs, utterance, candidates))
        on_progress(utterance.cut.duration)
    return {"counts": np.sum(counts, axis=0)}


def _score_part(job: SegmentJob, item: tuple[tuple[Voter, ...], int], on_progress: OnProgress) -> dict[str, Any]:
    """Return the scores `[voter, factor, t]` of a few utterances: the last use of what the model gave for them."""
    voters, start = item
    arrays: dict[str, Any] = {}
    for place, utterance in enumerate(_utterances(job, start)):
        scores = voter_scores(job.runs, utterance, voters)
        arrays[str(place)] = np.stack([scores[voter.key] for voter in voters])
        job.runs.forget(utterance)
        on_progress(utterance.cut.duration)
    return arrays
