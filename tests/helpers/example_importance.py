"""Rankings and curves made of drawn numbers, so that their figures are tested without any model."""

from types import SimpleNamespace

import numpy as np

from otoscope.importance import RANKINGS as RANKING_REGISTRY
from otoscope.importance.dataset import ranking_dataset as dataset_of
from otoscope.importance.ranking import get_rankings, make_scores
from otoscope.probing import PROBES as REGISTRY
from otoscope.pruning.dataset import curve_dataset
from otoscope.pruning.schedule import make_schedule
from otoscope.statistics.clusters import make_clusters

PROBES = REGISTRY.select()
EVERY = list(get_rankings(RANKING_REGISTRY))
# Rankings, probes, layers, heads and utterances that are drawn; the smallest has the name of the smallest run of heads.
RANKINGS = {
    "every ranking": {"rankings": EVERY, "layers": 6, "heads": 6},
    "2x2": {"rankings": ["globalness", "weight"], "layers": 2, "heads": 2},
    "one ranking, one utterance": {"rankings": ["leave-one-out"], "layers": 24, "heads": 16, "utterances": 1},
    "twenty draws": {"rankings": [f"random-{seed}" for seed in range(20)], "layers": 12, "heads": 12},
}
KINDS = ("zero", "mean")
CURVES = {
    "every probe and ranking": {"rankings": EVERY, "probes": list(PROBES), "layers": 12, "heads": 12, "kinds": KINDS},
    "2x2": {
        "rankings": ["globalness", "weight"],
        "probes": ["phone"],
        "layers": 2,
        "heads": 2,
        "kinds": KINDS,
    },
    "one utterance": {"rankings": ["random-0"], "probes": ["hidden-error", "phone"], "utterances": 1, "kinds": KINDS},
    "small steps": {
        "rankings": ["diagonality"],
        "probes": ["phone"],
        "step": 1 / 40,
        "spans": range(40),
        "heads": 16,
        "kinds": KINDS,
    },
}


def ranking_dataset(rankings, layers=6, heads=6, utterances=4, seed=0):
    rng = np.random.default_rng(seed)
    scores = _draw_scores(rng, rankings, layers, heads, utterances)
    dataset = dataset_of(scores, get_rankings(rankings), _clusters(utterances), "hidden")
    return add_run_coordinates(dataset, "ranking", layers, heads, utterances)


def curves_dataset(
    rankings, probes, layers=6, heads=6, utterances=20, step=1 / 6, spans=(50, 20, 5, 1, 0), kinds=("zero",), seed=0
):
    rng = np.random.default_rng(seed)
    scores = _draw_scores(rng, rankings, layers, heads)
    schedule = make_schedule([score.values for score in scores.values()], step, spans, kinds)
    wanted = {name: PROBES[name] for name in probes}
    count = np.full(utterances, 50.0)
    harm = np.array([_harm(change, scores[rankings[0]].values) for change in schedule.interventions])
    scorers, sums = {}, {}
    for name, probe in wanted.items():
        right = 0.7 - 0.5 * harm if probe.higher_is_better else 0.3 + harm
        noise = rng.normal(0, 0.05, (1, 2, utterances))
        sums[name] = (right[:, None, None] + noise) * count
        guessed = np.full((2, utterances), 5.0 if probe.trained else np.nan)
        scorers[name] = SimpleNamespace(count=count, majority=guessed)
    dataset = curve_dataset(
        schedule,
        scores,
        wanted,
        scorers,
        sums,
        _clusters(utterances),
    )
    return add_run_coordinates(dataset, "curves", layers, heads, utterances)


def _clusters(utterances):
    return make_clusters([f"voice-{u}" for u in range(utterances)], range(utterances))


def _draw_scores(rng, labels, layers, heads, utterances=1):
    """Scores that the model decides are means over utterances."""
    scores = {}
    for label, seeded in get_rankings(labels).items():
        score = rng.normal(size=(layers, heads))
        noise = rng.normal(size=(utterances, layers, heads)) if utterances > 1 else np.zeros((1, layers, heads))
        scores[label] = make_scores(score if seeded.ranking.is_control else score + noise - noise.mean(0), seeded)
    return scores


def _harm(change, score):
    """Of removing heads by their scores, and of a narrow span by the score of the first head."""
    weight = np.exp(score)
    if change.radius is not None:
        return weight[0, 0] / weight.max() / (1 + change.radius)
    return sum(weight[head] for head in change.removed) / weight.sum()


def add_run_coordinates(dataset, kind, layers, heads, utterances):
    speakers = np.array([f"voice-{u}" for u in range(utterances)], object)
    named = dataset.assign_coords(
        layer=np.arange(layers), head=np.arange(heads), utterance=np.arange(utterances), speaker=("utterance", speakers)
    )
    return named.assign_attrs(kind=kind, model="drawn", corpus="made up", synthetic=True)
