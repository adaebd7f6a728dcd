"""Claims are answered as drawn models have it: where they are built to hold, to fail, and to be too noisy to tell."""

import pytest
from tests.helpers import example_importance as drawn_importance

from otoscope.papers.yang2020.pruning_claims import claims, claims_table, removable

RANKINGS = ["diagonality", "verticality", "globalness", "weight"]
PROBES = ["phone", "speaker-utterance"]


def answers(monkeypatch, harm, **options):
    """Answer of each claim asked of phones, or of the only probe it is for; `harm` is what interventions do."""
    monkeypatch.setattr(drawn_importance, "_harm", harm)
    dataset = drawn_importance.curves_dataset(RANKINGS, PROBES, **options)
    found = claims(dataset)
    assert claims_table(found).count("\n") == 2 + sum(len(claim.differences) for claim in found)
    return {claim.text: claim.answer for claim in found if claim.probe == "phone" or "costs" in claim.text}, dataset


def of_first_ranking(change, score):
    """Heads high in the first ranking, diagonality, matter; a narrow span does good."""
    if change.radius is not None:
        return -0.1 if change.radius > 5 else 0.3
    return sum(max(score[head], 0) for head in change.removed) / sum(score[score > 0])


def test_a_model_that_lives_by_its_diagonal_heads(monkeypatch):
    found, _ = answers(monkeypatch, of_first_ranking)
    assert found["diagonal heads matter most"] == "holds"
    assert found["limiting the span raises it"] == "holds"
    assert found["limiting the span costs less than 0.05"] == "holds"


def test_a_model_that_is_better_without_them(monkeypatch):
    found, _ = answers(monkeypatch, lambda change, score: -of_first_ranking(change, score))
    assert found["diagonal heads matter most"] == "does not hold"
    assert found["removing global heads raises it"] == "holds"


def test_a_span_that_may_do_good_is_not_refuted_by_one_that_does_not(monkeypatch):
    """Every radius has to fail before limiting the span is said to."""
    worse, _ = answers(monkeypatch, lambda change, score: 0.3 if change.radius is not None else 0.0)
    assert worse["limiting the span raises it"] == "does not hold"
    one_good, _ = answers(monkeypatch, lambda change, score: -0.3 if change.radius == 5 else 0.3)
    assert one_good["limiting the span raises it"] == "holds"


def test_nothing_can_be_told_of_noise(monkeypatch):
    found, dataset = answers(monkeypatch, lambda change, score: 0.0)
    assert found["diagonal heads matter most"] != "holds"
    assert set(found.values()) <= {"cannot tell", "holds", "does not hold"}
    assert "heads (" in removable(dataset)


@pytest.mark.parametrize(
    ("bearable", "expected"), [(18, "18 heads (50%)"), (0, "none can go: phone is worse from the first 6")]
)
def test_heads_go_as_long_as_no_loss_is_significant(monkeypatch, bearable, expected):
    def harm(change, score):
        return 0.3 if len(change.removed) > bearable else 0.0

    _, dataset = answers(monkeypatch, harm, seed=1)
    assert removable(dataset).startswith(expected)
