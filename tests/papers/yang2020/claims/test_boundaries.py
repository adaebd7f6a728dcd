"""Claims about boundaries: a method that finds more holds, models alike are undecided."""

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.boundaries import evaluate_boundary_claims
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.results.schema import run_clusters
from otoscope.results.verdict import Verdict
from otoscope.segmentation.comparison import compare

METHODS = ["MFCC", "representation", "best head", "ensemble"]


def segmented(share_found, utterances=40):
    """A run of segmentation in which each method finds a share of the 20 boundaries of an utterance, and no others."""
    rng = np.random.default_rng(0)
    found = np.array([rng.binomial(20, share_found[name], utterances) for name in METHODS]).T
    counts = np.stack([np.full_like(found, 20), found, found, found], axis=-1)[:, :, None]
    values = (("utterance", "segmenter", "mode", "count"), counts)
    ids = [f"u{u}" for u in range(utterances)]
    coords = {"segmenter": METHODS, "mode": ["strict"], "utterance": ids, "speaker": ("utterance", ids)}
    dataset = xr.Dataset({"counts": values}, coords)
    gains = [boundary_gain(dataset, name) for name in METHODS]
    scores = np.array([[[of[0]]] for of in gains])
    return dataset.assign(
        gain=("segmenter", [of[1] for of in gains]),
        gain_interval=(("segmenter", "bound"), [of[2] for of in gains]),
        scores=(("segmenter", "mode", "measure"), scores),
    ).assign_coords(measure=["r_value"])


def boundary_gain(dataset, method):
    compared = compare(dataset["counts"].sel(segmenter=["MFCC", method]).values, run_clusters(dataset))
    return compared.scores[1, 0, -1], compared.gain[1], compared.gain_interval[1]


def test_attention_that_finds_far_more_than_mfcc_is_supported_and_models_alike_are_not_ordered():
    share_found = {"MFCC": 0.6, "representation": 0.6, "best head": 0.9, "ensemble": 0.5}
    runs = {name: segmented(share_found) for name in ("m3", "m6", "m9")}
    verdicts = [(evaluated.claim.id, evaluated.claim.verdict) for evaluated in evaluate_boundary_claims(runs, ["m3"])]
    assert verdicts == [
        (ClaimId.BEATS_MFCC, Verdict.HOLDS),
        (ClaimId.BEATS_MFCC, Verdict.DOES_NOT_HOLD),
        (ClaimId.BEATS_REPRESENTATION, Verdict.HOLDS),
        (ClaimId.BEATS_REPRESENTATION, Verdict.DOES_NOT_HOLD),
        (ClaimId.SHORTER_IS_BETTER, Verdict.UNDECIDED),
    ]
