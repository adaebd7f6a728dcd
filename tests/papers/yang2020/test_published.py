"""Every claim has an id, in the published file and in the evaluations: no claim is undecided because of a typo."""

import tomllib
from pathlib import Path

import pytest

from otoscope.papers.yang2020 import published
from otoscope.papers.yang2020.claims.claim_id import ClaimId, Experiment
from otoscope.papers.yang2020.published import ANY_MODEL, published_claims, published_r_values

FILE = Path(published.__file__).with_name("published.toml")


def test_the_published_file_has_each_claim_id_once():
    ids = [row["id"] for row in tomllib.loads(FILE.read_text())["claim"]]
    assert sorted(ids) == sorted(id.value for id in ClaimId)
    assert list(published_claims()) == [ClaimId(id) for id in ids]


def test_texts_are_different_so_that_readers_can_distinguish_claims():
    texts = [claim.text for claim in published_claims().values()]
    assert len(set(texts)) == len(texts)


def test_every_experiment_has_claims():
    assert {claim.experiment for claim in published_claims().values()} == set(Experiment)


@pytest.mark.parametrize(("field", "value"), [("id", "no-such-claim"), ("experiment", "no-such-experiment")])
def test_an_unknown_id_is_an_error(monkeypatch, field, value):
    rows = tomllib.loads(FILE.read_text())["claim"]
    monkeypatch.setattr(published, "_table", lambda: {"claim": [rows[0] | {field: value}]})
    with pytest.raises(ValueError, match=value):
        published_claims()


def test_r_values_are_those_of_the_paper():
    values = published_r_values()
    assert values[ANY_MODEL, "MFCC"] == 0.7668
    assert values["m3", "best head"] == 0.7999
    assert len(values) == 5


def test_an_r_value_of_an_unknown_model_is_an_error(monkeypatch):
    monkeypatch.setattr(published, "_table", lambda: {"r_value": [{"model": "m4", "method": "MFCC", "value": 1.0}]})
    with pytest.raises(ValueError, match="expected models m3, m6, m9, found m4"):
        published_r_values()
