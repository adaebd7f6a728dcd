"""Rows of claims: one for each difference, joined by id; a claim without differences has a row with the reason."""

import numpy as np

from otoscope.papers.stage import StageRecord
from otoscope.papers.yang2020.claim_rows import NOT_EVALUATED, claim_rows
from otoscope.papers.yang2020.claims.claim import evaluate_claim
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference
from otoscope.results.verdict import Verdict

DONE = {"m3/heads": StageRecord(1.0), "m3/segmentation": StageRecord(1.0)}
POSITIVE, NEGATIVE = Difference("a", 1.0, 0.5, 1.5), Difference("b", -1.0, -1.5, -0.5)


def rows_of(id, evaluated, records):
    return [row for row in claim_rows(evaluated, records) if row.claim == id]


def test_every_published_claim_has_a_row():
    assert {row.claim for row in claim_rows([], DONE)} == set(ClaimId)


def test_a_claim_of_a_skipped_stage_is_undecided_for_the_reason_of_the_stage():
    records = DONE | {"m3/segmentation": StageRecord(1.0, "none of 4 utterances has phones")}
    (row,) = rows_of(ClaimId.BEATS_MFCC, [], records)
    assert (row.verdict, row.evaluated_on) == (Verdict.UNDECIDED, "")
    assert row.test == "none of 4 utterances has phones"
    assert np.isnan(row.value)


def test_a_claim_without_differences_is_undecided_for_its_own_reason():
    without = evaluate_claim(ClaimId.SHIFT_GROWS, "speech", [], "no sharp heads")
    (row,) = rows_of(ClaimId.SHIFT_GROWS, [without], DONE)
    assert (row.verdict, row.test) == (Verdict.UNDECIDED, "no sharp heads")
    (row,) = rows_of(ClaimId.MORE_GLOBAL, [without], DONE)
    assert row.test == NOT_EVALUATED


def test_each_evaluation_has_its_own_index_and_verdict():
    first = evaluate_claim(ClaimId.BEATS_MFCC, "same speech", [POSITIVE, POSITIVE], "test")
    second = evaluate_claim(ClaimId.BEATS_MFCC, "same speech", [NEGATIVE], "test")
    rows = rows_of(ClaimId.BEATS_MFCC, [first, second], DONE)
    assert [row.verdict for row in rows] == [Verdict.HOLDS] * 2 + [Verdict.DOES_NOT_HOLD]
    assert rows[0].evaluation == rows[1].evaluation != rows[2].evaluation
