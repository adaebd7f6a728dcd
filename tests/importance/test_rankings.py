"""Every ranking is a total order; Shapley values and agreement are what their definitions say."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr

from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.agreement import spearman
from otoscope.importance.builtin.shapley import draw_removals, mean_rises
from otoscope.importance.loss import get_loss
from otoscope.importance.ranking import get_rankings, make_scores, order, ordinal_ranks
from otoscope.importance.ranking_context import make_context
from otoscope.importance.sampling_budget import SamplingBudget


@pytest.mark.parametrize("name", RANKINGS.names())
def test_a_ranking_puts_every_head_in_one_place(name, encoder, speech):
    context = make_context(
        encoder, speech, get_loss("hidden", encoder, speech), SamplingBudget(seconds=2, permutations=1)
    )
    (seeded,) = list(get_rankings([name]).values())[:1]
    scores = make_scores(seeded.ranking.score(context, 0), seeded)
    score = scores.values
    assert score.shape == (2, 3)
    assert sorted(ordinal_ranks(score).ravel()) == [1, 2, 3, 4, 5, 6]
    assert score[order(score)[0]] == score.max()
    if not scores.is_control:
        np.testing.assert_allclose(np.nanmean(scores.rows, axis=0), score)


def test_equal_scores_go_by_layer_then_head_and_absent_heads_have_no_place():
    score = np.array([[2.0, 2.0, np.nan], [3.0, 2.0, 2.0]])
    assert order(score) == [(1, 0), (0, 0), (0, 1), (1, 1), (1, 2)]
    np.testing.assert_array_equal(ordinal_ranks(score), [[2, 3, np.nan], [1, 4, 5]])


def test_chance_is_drawn_by_its_seed(encoder, speech):
    context = make_context(encoder, speech)
    first, again, other = (get_rankings([f"random-{seed}"])[f"random-{seed}"] for seed in (4, 4, 5))
    assert first.ranking.is_control
    draws = [seeded.ranking.score(context, seeded.seed) for seeded in (first, again, other)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).all()


@pytest.mark.parametrize("names", [["beauty"], ["globalness-3"], ["random-x"], []])
def test_an_unknown_ranking_is_refused_with_those_there_are(names):
    with pytest.raises(InputError, match=r"ranking.*globalness"):
        get_rankings(names)


GAME = {"a": 1.0, "b": 2.0, "c": 0.5}


def loss_without(removed):
    """Players b and c replace each other."""
    return sum(GAME[p] for p in removed) + (3.0 if {"b", "c"} <= set(removed) else 0.0)


def exact_shapley():
    rises = dict.fromkeys(GAME, 0.0)
    for way in permutations(GAME):
        for place, player in enumerate(way):
            rises[player] += (loss_without(way[: place + 1]) - loss_without(way[:place])) / 6
    return rises


def shapley_values(players, loss, permutations, truncation):
    """Return the values that the ranking computes of a loss."""
    ends, budget = (loss(()), loss(tuple(players))), SamplingBudget(permutations=permutations, truncation=truncation)
    removals = draw_removals(players, ends, budget, np.random.default_rng(0))
    return mean_rises(players, removals, [removal.rises(loss) for removal in removals])


def test_shapley_values_near_their_definition_and_share_out_the_whole_rise():
    values = shapley_values("abc", loss_without, 4000, 0.0)
    assert sum(values.values()) == pytest.approx(loss_without("abc"))
    assert values == pytest.approx(exact_shapley(), abs=0.1)


def test_truncation_stops_where_little_is_left_to_lose():
    asked = []

    def steep(removed):
        asked.append(removed)
        return 1.0 if removed else 0.0

    values = shapley_values("abcdef", steep, 3, 0.05)
    assert len(asked) == 2 + 3
    assert sum(values.values()) == pytest.approx(1.0)


def test_agreement_is_spearmans_and_leaves_absent_heads_out():
    rng = np.random.default_rng(0)
    score = rng.normal(size=(3, 4, 5))
    score[:, 2, 3:] = np.nan
    expected = spearmanr(score.reshape(3, -1)[:, ~np.isnan(score[0]).ravel()], axis=1).statistic
    np.testing.assert_allclose(spearman(np.stack([ordinal_ranks(one) for one in score])), expected)
    assert np.isnan(spearman(np.ones((2, 1, 1)))).all()


def test_a_ranking_that_reads_the_loss_without_saying_so_is_refused(encoder, speech):
    with pytest.raises(InputError, match="set needs_loss=True"):
        RANKINGS.get("fisher").score(make_context(encoder, speech), 0)


@pytest.mark.parametrize("options", [{"seconds": 0}, {"seconds": float("nan")}, {"permutations": 0}, {"truncation": 1}])
def test_a_budget_that_measures_nothing_is_refused(options):
    with pytest.raises(InputError, match="expected"):
        SamplingBudget(**options)
