"""Claims about relations: operations of some head, and concentration of vertical heads."""

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.relations import evaluate_relation_claims
from otoscope.relations.operations import operations
from otoscope.results.verdict import Verdict

PHONES = ["a", "b"]
ELSEWHERE = "the same phone elsewhere"


def related(effects, categories):
    """Return heads of one layer with the interval (low, high) of their effect on `ELSEWHERE`, and their categories."""
    targets = [one.target for one in operations(PHONES)]
    ends = np.ones((1, len(effects), len(targets), 2))
    ends[0, :, targets.index(ELSEWHERE)] = effects
    dims = ("layer", "head", "operation")
    spread = np.linspace(0.1, 0.9, 2 * len(effects)).reshape(1, len(effects), 2)
    return xr.Dataset(
        {
            "operation_effect": (dims, ends.mean(axis=-1)),
            "operation_effect_interval": ((*dims, "bound"), ends),
            "category": (("layer", "head"), np.array([categories], object)),
            "verticality": (("layer", "head"), spread[..., 0]),
            "concentration": (("layer", "head", "key_phone"), spread),
        },
        {"operation": targets, "key_phone": PHONES},
    ).assign_attrs(labelled_utterances=1, labelled_clusters="1 utterance")


def claims_of(*seeds):
    """Return the claims about relations by id, evaluated on one or more trainings of M3."""
    evaluated = evaluate_relation_claims({f"m3-{seed}": dataset for seed, dataset in enumerate(seeds)})
    return {evaluation.claim.id: evaluation for evaluation in evaluated}


def test_a_local_head_neither_attends_to_its_phone_nor_avoids_it():
    """It attends within its own phone, and the neighbours are other phones."""
    claims = claims_of(related([(0.1, 0.1)], ["diagonal"]))
    assert claims[ClaimId.ATTENDS_SAME_PHONE].claim.verdict == Verdict.DOES_NOT_HOLD
    assert claims[ClaimId.AVOIDS_SAME_PHONE].claim.verdict == Verdict.UNDECIDED
    claims = claims_of(related([(0.1, 0.1)], ["global"]))
    assert claims[ClaimId.AVOIDS_SAME_PHONE].claim.verdict == Verdict.HOLDS


def test_some_head_does_not_hold_by_every_head_and_not_by_one():
    """The head of the highest lower end may fail where another, of a wide interval, may yet do it."""
    attends = ClaimId.ATTENDS_SAME_PHONE
    both = claims_of(related([(1.5, 1.8), (0.5, 3.0)], ["global", "global"]))[attends].claim
    assert both.verdict == Verdict.UNDECIDED
    assert both.differences[0].label == "head 0.1, beyond its bound"
    assert claims_of(related([(1.5, 1.8), (0.5, 1.9)], ["global"] * 2))[attends].claim.verdict == Verdict.DOES_NOT_HOLD
    assert claims_of(related([(2.5, 2.8), (0.5, 3.0)], ["global"] * 2))[attends].claim.verdict == Verdict.HOLDS


def test_relations_are_evaluated_on_every_training_which_is_named():
    attends = ClaimId.ATTENDS_SAME_PHONE
    does, does_not = related([(2.5, 2.8)] * 3, ["global"] * 3), related([(0.5, 0.8)] * 3, ["diagonal"] * 3)
    claim = claims_of(does, does_not)[attends].claim
    assert claim.verdict == Verdict.UNDECIDED
    assert [one.label for one in claim.differences] == [
        "M3-0: head 0.0, beyond its bound",
        "M3-1: head 0.0, beyond its bound",
    ]
    alone = claims_of(does)[attends].claim
    assert (alone.verdict, alone.differences[0].label) == (Verdict.HOLDS, "head 0.0, beyond its bound")


def test_the_label_of_a_correlation_names_the_number_of_heads():
    claims = claims_of(related([(1, 1)] * 4, ["diagonal", "global", "vertical", "vertical"]))
    labels = [claims[id].claim.differences[0].label for id in (ClaimId.VERTICAL_FOCUS, ClaimId.VERTICAL_NEGLECT)]
    assert labels == ["Spearman over 4 of 4 heads", "Spearman over 3 of 4 heads"]
