"""Claims about heads: shares of categories and shifts of diagonals, from datasets with known answers."""

import numpy as np
import pytest
import xarray as xr

from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.heads import diagonal_shifts, evaluate_head_claims, unevenness
from otoscope.results.verdict import Verdict

PERIOD = 0.03
SHIFT_CLAIMS = (ClaimId.DIAGONALS_SHIFTED, ClaimId.SHIFT_GROWS)


def heads(shift, categories, utterances=30, seed=0):
    """Return a run of heads of these categories [layer, head]; diagonal ones peak at `shift` frames."""
    rng, category = np.random.default_rng(seed), np.array(categories, dtype=object)
    offsets, shape = np.arange(-12, 13), category.shape
    profile = np.full((*shape, len(offsets)), 0.01)
    profile[..., np.flatnonzero(offsets == shift)[0]] = 0.7
    rows = {
        name: rng.normal(5.0 * (category == of), 0.01, (utterances, *shape))
        for name, of in (("globalness", "global"), ("verticality", "vertical"), ("diagonality", "diagonal"))
    }
    dims = ("layer", "head")
    values = {f"{name}_rows": (("utterance", *dims), of) for name, of in rows.items()}
    values |= {"category": (dims, category), "offset_profile": ((*dims, "offset"), profile)}
    values["offset_profile_interval"] = ((*dims, "offset", "bound"), np.stack([profile, profile], axis=-1))
    ids = [f"u{u}" for u in range(utterances)]
    coords = {"offset": offsets, "utterance": ids, "speaker": ("utterance", ids)}
    return xr.Dataset(values, coords).assign_attrs(frame_period=PERIOD)


EVEN = [["global", "vertical", "diagonal", "diagonal"]] * 6
MORE_GLOBAL = [["global", "global", "vertical", "diagonal"]] * 6


def verdicts_of(runs, seeds):
    """Return the verdict of each claim by id."""
    return {evaluated.claim.id: evaluated.claim.verdict for evaluated in evaluate_head_claims(runs, seeds)}


def test_shifts_and_shares_that_grow_with_the_span_are_supported():
    runs = {"m3": heads(2, EVEN), "m6": heads(3, EVEN), "m9": heads(6, MORE_GLOBAL)}
    runs |= {"m3-1": heads(2, EVEN, seed=1)}
    verdicts = verdicts_of(runs, ["m3", "m3-1"])
    assert verdicts == {
        ClaimId.CATEGORIES_EVEN: Verdict.UNDECIDED,
        ClaimId.DIAGONALS_SHIFTED: Verdict.HOLDS,
        ClaimId.SHIFT_GROWS: Verdict.HOLDS,
        ClaimId.MORE_GLOBAL: Verdict.HOLDS,
        ClaimId.MORE_DIAGONAL: Verdict.HOLDS,
    }
    turned = {"m3": runs["m9"], "m6": runs["m6"], "m9": heads(0, EVEN)}
    turned |= {"m3-1": turned["m3"]}
    verdicts = verdicts_of(turned, ["m3", "m3-1"])
    assert verdicts[ClaimId.SHIFT_GROWS] == Verdict.DOES_NOT_HOLD
    assert verdicts[ClaimId.MORE_GLOBAL] == Verdict.DOES_NOT_HOLD
    on_it = verdicts_of({"m3": heads(0, EVEN)}, ["m3"])
    assert on_it[ClaimId.DIAGONALS_SHIFTED] == Verdict.DOES_NOT_HOLD


def test_claims_about_heads_are_evaluated_on_every_training():
    """Trainings on and off the main diagonal contradict each other; one without sharp heads does not count."""
    shifted = ClaimId.DIAGONALS_SHIFTED
    blunt = heads(2, EVEN)
    blunt["offset_profile"][:] = 1 / blunt.sizes["offset"]
    found = {"m3": heads(0, EVEN), "m3-1": heads(2, EVEN), "m3-2": blunt}
    claims = {one.claim.id: one for one in evaluate_head_claims(found, list(found))}
    assert claims[shifted].claim.verdict == Verdict.UNDECIDED
    assert [one.label.partition(":")[0] for one in claims[shifted].claim.differences] == ["M3", "M3-1"]
    assert "no diagonal head of M3-2 has 30%" in claims[shifted].test
    assert len(claims[ClaimId.CATEGORIES_EVEN].claim.differences) == 3


def test_every_sharp_head_has_to_be_off_the_main_diagonal():
    """The paper claims that none is exactly on it."""
    one = heads(2, EVEN)
    one["offset_profile_interval"].loc[{"layer": 0, "head": 0, "offset": 0}] = np.array([0.0, 0.5])
    verdicts = verdicts_of({"m3": one}, ["m3"])
    assert verdicts[ClaimId.DIAGONALS_SHIFTED] == Verdict.UNDECIDED


def test_without_sharp_diagonals_claims_about_shifts_are_undecided():
    blunt = heads(2, EVEN)
    blunt["offset_profile"][:] = 1 / blunt.sizes["offset"]
    assert np.isnan(diagonal_shifts(blunt)).all()
    of_shifts = [
        one for one in evaluate_head_claims({"m3": blunt, "m9": heads(2, EVEN)}, ["m3"]) if one.claim.id in SHIFT_CLAIMS
    ]
    assert [evaluation.claim.verdict for evaluation in of_shifts] == [Verdict.UNDECIDED] * 2
    assert {evaluation.test for evaluation in of_shifts} == {
        "no diagonal head of M3 has 30% of its attention at one offset"
    }


def test_one_utterance_is_too_little_speech():
    found = {name: heads(2, EVEN, utterances=1) for name in ("m3", "m6", "m9")}
    verdicts = verdicts_of(found, ["m3"])
    assert verdicts[ClaimId.MORE_GLOBAL] == Verdict.UNDECIDED
    assert verdicts[ClaimId.CATEGORIES_EVEN] == Verdict.UNDECIDED


def test_categories_layer_by_layer_are_not_spread_evenly():
    sorted_by_layer = [["diagonal"] * 4] * 2 + [["vertical"] * 4] * 2 + [["global"] * 4] * 2
    verdicts = {
        evaluated.claim.id: evaluated.claim.verdict
        for evaluated in evaluate_head_claims({"m3": heads(2, sorted_by_layer)}, ["m3"])
    }
    assert verdicts[ClaimId.CATEGORIES_EVEN] == Verdict.DOES_NOT_HOLD


def test_unevenness_and_shifts_by_hand():
    """Two layers of two heads: alike, chi-squared is 0; apart, it is the number of heads."""
    assert unevenness(np.array([["global", "diagonal"]] * 2)) == 0
    assert unevenness(np.array([["global"] * 2, ["diagonal"] * 2])) == pytest.approx(4)
    shift = diagonal_shifts(heads(-3, [["diagonal", "global"]]))
    np.testing.assert_allclose(shift, [[-90, np.nan]])
