"""Claims about pruning curves, on synthetic models that are built to support them, to refute them, or to be noise."""

import pytest
from tests.helpers import example_importance as drawn_importance

from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.pruning_curves import curve_claims, format_claims, max_removable
from otoscope.results.verdict import Verdict

RANKINGS = ["diagonality", "verticality", "globalness", "weight"]
PROBES = ["phone", "speaker-utterance"]


def verdicts_of(monkeypatch, harm, **options):
    """Return the verdict of each claim by phones, or by the only probe that decides it, and the dataset.

    `harm` is the effect of interventions.
    """
    monkeypatch.setattr(drawn_importance, "_harm", harm)
    dataset = drawn_importance.curves_dataset(RANKINGS, PROBES, **options)
    claims = curve_claims(dataset)
    assert format_claims(claims).count("\n") == 2 + sum(len(claim.differences) for claim in claims)
    decided = [claim for claim in claims if claim.evaluated_on == "phone" or claim.id == ClaimId.SPAN_LIMIT_IS_CHEAP]
    return {claim.id: claim.verdict for claim in decided}, dataset


def of_first_ranking(change, score):
    """Heads high in the first ranking, diagonality, matter; a narrow span does good."""
    if change.radius is not None:
        return -0.1 if change.radius > 5 else 0.3
    return sum(max(score[head], 0) for head in change.removed) / sum(score[score > 0])


def test_a_model_that_needs_its_diagonal_heads_supports_the_claims(monkeypatch):
    verdicts, _ = verdicts_of(monkeypatch, of_first_ranking)
    assert verdicts[ClaimId.DIAGONAL_MOST] == Verdict.HOLDS
    assert verdicts[ClaimId.SPAN_LIMIT_HELPS] == Verdict.HOLDS
    assert verdicts[ClaimId.SPAN_LIMIT_IS_CHEAP] == Verdict.HOLDS


def test_a_model_that_is_better_without_them_refutes_the_claim(monkeypatch):
    verdicts, _ = verdicts_of(monkeypatch, lambda change, score: -of_first_ranking(change, score))
    assert verdicts[ClaimId.DIAGONAL_MOST] == Verdict.DOES_NOT_HOLD
    assert verdicts[ClaimId.GLOBAL_REMOVAL_HELPS] == Verdict.HOLDS


def test_one_good_radius_is_enough(monkeypatch):
    """The claim does not hold only if every radius does harm."""
    worse, _ = verdicts_of(monkeypatch, lambda change, score: 0.3 if change.radius is not None else 0.0)
    assert worse[ClaimId.SPAN_LIMIT_HELPS] == Verdict.DOES_NOT_HOLD
    one_good, _ = verdicts_of(monkeypatch, lambda change, score: -0.3 if change.radius == 5 else 0.3)
    assert one_good[ClaimId.SPAN_LIMIT_HELPS] == Verdict.HOLDS


def test_noise_supports_no_claim(monkeypatch):
    verdicts, dataset = verdicts_of(monkeypatch, lambda change, score: 0.0)
    assert verdicts[ClaimId.DIAGONAL_MOST] != Verdict.HOLDS
    assert "heads (" in max_removable(dataset)


@pytest.mark.parametrize(
    ("bearable", "expected"), [(18, "18 heads (50%)"), (0, "none can go: phone is worse from the first 6")]
)
def test_heads_are_removable_until_the_loss_is_significant(monkeypatch, bearable, expected):
    def harm(change, score):
        return 0.3 if len(change.removed) > bearable else 0.0

    _, dataset = verdicts_of(monkeypatch, harm, seed=1)
    assert max_removable(dataset).startswith(expected)
