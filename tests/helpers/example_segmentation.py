"""Segmentations made of drawn counts and one drawn map, so that their figures are tested without any model."""

from types import SimpleNamespace

import numpy as np
from tests.helpers.synthetic_run import FRAME_PERIOD, head_map, utterance

from otoscope.phones import LabelFrames
from otoscope.segmentation.boundaries import BoundaryScores
from otoscope.segmentation.compared_methods import MODES, ComparedMethod, UtteranceScores
from otoscope.segmentation.dataset import CURVE, build_dataset
from otoscope.segmentation.example import segment_map
from otoscope.segmentation.marks import build_marks
from otoscope.segmentation.score_sum import Boundaries
from otoscope.segmentation.search import SearchResult
from otoscope.segmentation.tokens import TOKEN_COUNTS
from otoscope.segmentation.transitions import ScoredUtterance, build_transitions
from otoscope.segmentation.tuning import TunedParameters
from otoscope.segmentation.voters import BEST_HEAD, ENSEMBLE, WEIGHTED, WEIGHTED_LOG_MEL, WEIGHTED_STATES

NAMES = ("MFCC", "log-mel", "representation", "best head", "ensemble")
SUMS = ("MFCC, shifted", "log-mel, shifted", BEST_HEAD, ENSEMBLE, WEIGHTED, WEIGHTED_STATES, WEIGHTED_LOG_MEL)
BLIND = ("uniform", "random")
# Heads, test utterances and frames that are drawn; the smallest has the name of the smallest run of heads.
SEGMENTATIONS = {
    "6x8": {"layers": 6, "heads": 8, "utterances": 9, "frames": 150, "against": True},
    "all methods": {"layers": 2, "heads": 2, "frames": 150, "sums": True},
    "2x2": {"layers": 2, "heads": 2},
    "24x16, one utterance": {"layers": 24, "heads": 16, "utterances": 1, "frames": 900},
    "one head": {"layers": 1, "heads": 1, "frames": 30},
}


def segmentation_dataset(layers=2, heads=2, utterances=4, frames=80, against=False, sums=False, seed=0):
    rng = np.random.default_rng(seed)
    compared = [ComparedMethod(name, find=None, tuned=_tuned(rng), is_against=True) for name in NAMES[2:] if against]
    names = (*NAMES, *SUMS) if sums else NAMES
    tuned = [ComparedMethod(name, find=None, tuned=_tuned(rng)) for name in names]
    segmenters = [*tuned, *compared, *(ComparedMethod(name, find=None) for name in BLIND)]
    names = [segmenter.label for segmenter in segmenters]
    test = [_said(f"voice-{u % 2}", u) for u in range(utterances)]
    dataset = build_dataset(segmenters, _counts(rng, names, utterances), test, [_found("drawn", layers, heads, rng)])
    spoken = [_scored(rng, u, len(names)) for u in range(utterances)]
    dataset = dataset.merge(build_transitions(names, spoken, tolerance=0.02))
    speech = utterance(frames, seed)
    shown = segment_map(
        head_map("global", speech, rng),
        LabelFrames.for_model(FRAME_PERIOD, 0.005),
        TunedParameters(0.01, 1.2, None, 1.0),
        speech.phones,
    )
    about = {
        "model": "drawn",
        "synthetic": 1,
        "tolerance": 0.02,
        "validation_utterances": 30,
        "shown_head": [0, 0],
        "example": 0,
        "utterance": test[-1].cut.id,
    }
    marks = build_marks([[_marks(rng, speech.phones) for _ in names]], [speech.phones], 0.02)
    return dataset.merge(shown).merge(marks).assign_attrs(shown.attrs | about)


def _marks(rng, phones):
    """Boundaries near most ends of phones, with confidences."""
    times = np.unique([end + rng.choice([-0.005, 0.005, 0.05]) for _, _, end in phones[:-1] if rng.random() < 0.8])
    return Boundaries(times, rng.random(len(times)))


def _scored(rng, place, methods):
    phones = utterance(1500, place).phones
    times = [_marks(rng, phones).times for _ in range(methods)]
    return ScoredUtterance(f"voice-{place % 2}/{place:03d}", f"voice-{place % 2}", phones, times)


def _said(speaker, place):
    return SimpleNamespace(cut=SimpleNamespace(id=f"{speaker}/{place:03d}", duration=2.0), speaker=speaker)


def _tuned(rng, r_value=None):
    r_value = rng.uniform(0.5, 0.8) if r_value is None else r_value
    return TunedParameters(0.1, 1.5, BoundaryScores(0.7, 0.7, 0.7, 0.0, r_value), 1.0)


def _found(model, layers, heads, rng):
    tuned = {(layer, head): _tuned(rng) for layer in range(layers) for head in range(heads)}
    ordered = dict(sorted(tuned.items(), key=lambda item: -item[1].scores.r_value))
    ensembles = {min(size, len(ordered)): _tuned(rng, size / 10) for size in (2, 4, 6)}
    return SearchResult(model, ordered, {layer: _tuned(rng) for layer in range(layers)}, ensembles, ())


def _counts(rng, names, utterances):
    """Scores of each utterance and method: more boundaries at larger betas, better methods first."""
    betas = np.array([1.5, *CURVE])
    counts = np.zeros((utterances, len(names), len(MODES), len(betas), 4), dtype=int)
    for place, name in enumerate(names):
        skill = 0.5 if name in BLIND else rng.uniform(0.7, 0.95)
        predicted = 30 * (np.full(len(betas), 1.0) if name in BLIND else betas / (1 + betas) * 1.6)
        found = 30 * skill * (1 - np.exp(-1.6 * predicted / 30))
        rows = [np.full(len(betas), 30), predicted, np.minimum(found, predicted), np.minimum(found, predicted)]
        counts[:, place] = np.stack(rows, axis=-1).astype(int)
    counts += rng.integers(0, 2, size=(utterances, 1, 1, 1, 1))
    return [
        [UtteranceScores(own, own[0, 0, : len(TOKEN_COUNTS)], 0.2, 0.9, None) for own in utterance]
        for utterance in counts
    ]
