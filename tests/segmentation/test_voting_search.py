"""The search chooses on the validation part alone; the smallest of the best is within one standard error."""

import numpy as np

import otoscope
from otoscope import bundled
from otoscope.segmentation import shifted_features, voter_tuning, voting_search
from otoscope.segmentation.score_sum import ALPHA_FACTORS, BETA_FACTORS
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.segmenter import read_segmenter
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voter_tuning import ALPHAS, BETAS, RunStore, average_neighbours
from otoscope.segmentation.voters import Voter, Voting
from otoscope.segmentation.voting_search import ScoredVoting, smallest_of_the_best


def scored(r_value, spread):
    """A voting whose counts have a known spread over utterances."""
    hits = np.array([40 - spread, 40 + spread] * 5)
    counts = np.stack([np.full(10, 50), np.full(10, 50), hits, hits], axis=1)
    return ScoredVoting(Voting("sum", (), 2, 0.0, r_value), counts)


def test_the_first_voting_within_one_standard_error_of_the_highest_is_chosen():
    error = scored(0.80, 5).standard_error
    assert 0.005 < error < 0.05
    votings = [scored(0.80 - 1.1 * error, 5), scored(0.80 - 0.9 * error, 5), scored(0.80, 5)]
    assert smallest_of_the_best(votings) is votings[1]
    assert smallest_of_the_best([scored(0.7, 0), scored(0.8, 0)]).voting.r_value == 0.8


def test_where_no_candidate_finds_a_boundary_there_are_no_methods_with_shifts(monkeypatch):
    monkeypatch.setattr(voting_search, "tune_voters", lambda job, candidates, parts: [])
    assert voting_search.search_votings(None, None, [(0, 0)], [0]) == []


def test_neighbours_of_the_grid_are_the_parameters_of_averaged_scores():
    grid = np.add.outer(np.log(ALPHAS), np.log(BETAS))[..., None]
    np.testing.assert_allclose(average_neighbours(grid), grid[1:-1, 2:-2], atol=1e-12)
    np.testing.assert_allclose(np.array(ALPHAS[:3]) / ALPHAS[1], ALPHA_FACTORS)
    np.testing.assert_allclose(np.array(BETAS[0:5:2]) / BETAS[2], BETA_FACTORS)


def test_both_passes_of_a_search_read_the_same_features_from_one_run_of_the_model(tiny_model, monkeypatch):
    voters = [Voter("attention", np.nan, np.nan, 1, 2, power=0.5), Voter("states", np.nan, np.nan, 1)]
    cuts = list(otoscope.read_corpus(bundled.speech()))[:2]
    part = SearchPart(
        otoscope.load(tiny_model),
        [LabelledUtterance(cuts, place, []) for place in range(len(cuts))],
        otoscope.SegmentationOptions(shifts=2),
    )
    stored, runs = RunStore(part), []
    real = shifted_features.maps_and_representations
    monkeypatch.setattr(shifted_features, "maps_and_representations", lambda *own: runs.append(own) or real(*own))
    first, second = ([stored.read(utterance, voters) for utterance in part.utterances] for _ in range(2))
    assert [id(own) for own in first] == [id(own) for own in second]
    assert len(runs) == len(cuts) * part.options.shifts
    stored.forget(part.utterances[0])
    assert stored.read(part.utterances[0], voters) is not first[0]
    assert stored.read(part.utterances[1], voters) is first[1]
    monkeypatch.setattr(voter_tuning, "MAX_STORED_BYTES", first[0].nbytes)
    limited = RunStore(part)
    again = [[limited.read(utterance, voters) for utterance in part.utterances] for _ in range(2)]
    assert again[0][0] is again[1][0]
    assert again[0][1] is not again[1][1]
    for voter in voters:
        for own, other in zip(first[1].shifted(voter), again[1][1].shifted(voter), strict=True):
            np.testing.assert_array_equal(own.features, other.features)


def test_the_segmenter_of_a_run_has_every_method_with_its_scores(shifted):
    content = read_segmenter(shifted.path)
    names = [method["name"] for method in content["methods"]]
    assert names == [
        "MFCC, shifted",
        "log-mel, shifted",
        "best head, shifted",
        "ensemble, shifted",
        "heads, weighted",
        "heads and states, weighted",
        "heads and log-mel, weighted",
    ]
    for method in content["methods"]:
        row = shifted.dataset.sel(segmenter=method["name"])
        assert row["validation_r_value"].item() == method["r_value"]
        assert row["chosen"].item() == Voting.from_json(method).chosen
        for protocol, scores in content["test_scores"][method["name"]].items():
            assert row["scores"].sel(mode=protocol, measure="r_value").item() == scores["r_value"]
    assert content["protocol"] == "strict"
    assert content["validation_speakers"] == ["kal16"]
