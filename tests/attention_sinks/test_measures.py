"""Each measure of sinks equals a slow form that follows its definition, on whole maps."""

import numpy as np
import pytest

from otoscope.attention_sinks import SINK_MEASURES
from otoscope.attention_sinks.measure import LayerTokens

H, Q, K, D = 3, 30, 40, 12
INSIDE = range(Q)
"""The last tokens are silence after the utterance: they are keys alone."""


@pytest.fixture(scope="module")
def layer():
    """Maps `[H, Q, K]`, projected values `[H, K, D]` and hidden states `[K, D]`; heads 0 and 1 have a sink."""
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(H, Q, K))
    scores[0, :, 2] += 6
    scores[1, :, [5, 35]] += 4
    weights = np.exp(scores)
    hidden = rng.normal(size=(K, D))
    hidden[2, 3], hidden[:, 7] = 5e3, hidden[:, 7] + 400
    return weights / weights.sum(-1, keepdims=True), rng.normal(size=(H, K, D)), hidden


@pytest.fixture(scope="module")
def tokens(layer):
    A, values, hidden = layer
    outputs = np.linalg.norm(A @ values, axis=-1).mean(-1)
    return LayerTokens(A.mean(1), np.arange(K) < Q, np.linalg.norm(values, axis=-1), outputs, hidden)


def sinks_of(A):
    return [k for k in range(K) if A[:, k].mean() > 10 / Q]


def norm_of(A, values, keys):
    """Sum over queries and some keys of the norms of the terms that a head adds."""
    return sum(np.linalg.norm(A[q, k] * values[k]) for q in range(Q) for k in keys)


def ratio(norms, keys):
    others = [k for k in range(K) if k not in keys]
    return np.mean([norms[k] for k in keys]) / np.mean([norms[k] for k in others]) if keys else np.nan


def head_norm(A, values):
    return np.mean([np.linalg.norm(sum(A[q, k] * values[k] for k in range(K))) for q in range(Q)])


OF_HEADS = {
    "sink_share": lambda A, values, hidden: sum(A[:, k].mean() for k in sinks_of(A)),
    "sink_rate": lambda A, values, hidden: float(any(A[:, k].mean() > 0.3 for k in range(K))),
    "norm_share": lambda A, values, hidden: norm_of(A, values, sinks_of(A)) / norm_of(A, values, range(K)),
    "value_ratio": lambda A, values, hidden: ratio([np.linalg.norm(v) for v in values], sinks_of(A)),
    "hidden_ratio": lambda A, values, hidden: ratio([np.linalg.norm(h) for h in hidden], sinks_of(A)),
    "outside_share": lambda A, values, hidden: 1 - A[:, :Q].sum(1).mean(),
    "outside_norm_share": lambda A, values, hidden: norm_of(A, values, range(Q, K)) / norm_of(A, values, range(K)),
}


def massive(hidden):
    sizes = sorted(abs(x) for row in hidden for x in row)
    median = (sizes[len(sizes) // 2 - 1] + sizes[len(sizes) // 2]) / 2
    return sum(size > 100 and size > 1000 * median for size in sizes), sizes[-1] / median


def outliers(hidden):
    means = [column.mean() for column in hidden.T]
    middle = sum(means) / D
    deviation = np.sqrt(sum((mean - middle) ** 2 for mean in means) / D)
    return sum(abs(mean - middle) > 3 * deviation for mean in means)


@pytest.mark.parametrize("name", OF_HEADS)
def test_a_measure_of_heads_is_its_definition(name, layer, tokens):
    A, values, hidden = layer
    slow = [OF_HEADS[name](A[h], values[h], hidden) for h in range(H)]
    np.testing.assert_allclose(SINK_MEASURES.get(name).value(tokens), slow, rtol=1e-12)


def test_the_output_ratio_compares_a_head_with_those_of_its_layer(layer, tokens):
    A, values, _ = layer
    norms = [head_norm(A[h], values[h]) for h in range(H)]
    slow = [norm / (sum(norms) / H) for norm in norms]
    np.testing.assert_allclose(SINK_MEASURES.get("output_ratio").value(tokens), slow, rtol=1e-12)


def test_measures_of_layers_are_their_definitions(layer, tokens):
    hidden = layer[2]
    values = {name: float(SINK_MEASURES.get(name).value(tokens)) for name in ("massive_activations", "peak_ratio")}
    assert (values["massive_activations"], values["peak_ratio"]) == pytest.approx(massive(hidden))
    assert values["massive_activations"] == 1
    assert SINK_MEASURES.get("outlier_dimensions").value(tokens) == outliers(hidden) == 1


def test_every_measure_is_tested():
    of_layers = {"massive_activations", "peak_ratio", "outlier_dimensions"}
    assert set(SINK_MEASURES.names()) == set(OF_HEADS) | {"output_ratio"} | of_layers


def test_uniform_attention_has_no_sink():
    tokens = LayerTokens(np.full((1, 20), 0.05), np.ones(20, bool), np.ones((1, 20)))
    assert SINK_MEASURES.get("sink_share").value(tokens) == 0
    assert np.isnan(SINK_MEASURES.get("value_ratio").value(tokens))
