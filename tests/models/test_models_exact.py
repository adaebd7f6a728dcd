"""Law 1: what otoscope measures is what the model's own attention is, in every family, however it is run."""

from itertools import pairwise
from pathlib import Path

import pytest
from measured import by_definition, largest, measure, relative
from slow_attention import Slow, band, fresh, slow, without_columns
from tiny_models import BUILDERS, noise

from otoscope.models.encoder import Encoder
from otoscope.models.load import load

WAVES = [noise(1.3), noise(0.8, seed=1)]
REMOVED = [(0, 1), (1, 0), (1, 3)]
RADIUS = 9
HEADER = """\
                              alone                        padded           padded and intervened
family                 maps  statistics     outputs  statistics     outputs  statistics     outputs"""
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}


def alone(encoder: Encoder, folder: Path) -> list[float]:
    """Relative differences of maps, statistics and outputs of one utterance."""
    oracle = slow(folder, WAVES[0])
    maps = encoder.maps(WAVES[0])
    (statistics,), encoded = measure(encoder, WAVES[:1])
    return [
        max(relative(maps[layer], expected) for layer, expected in enumerate(oracle.maps)),
        largest(statistics, by_definition(oracle.maps)),
        relative(encoded.hidden[0].numpy(), oracle.hidden),
    ]


def padded(encoder: Encoder, folder: Path) -> list[float]:
    """The same of a batch of two, without maps; the oracle runs each utterance alone."""
    return from_batch(encoder, [slow(folder, wave) for wave in WAVES])


def intervened(encoder: Encoder, folder: Path) -> list[float]:
    """The same of a batch with some heads removed and the span limited."""
    model = without_columns(fresh(folder), REMOVED)
    with band(model, RADIUS, renormalise=True):
        oracles = [slow(folder, wave, model) for wave in WAVES]
    with encoder.without_heads(REMOVED), encoder.span(RADIUS):
        return from_batch(encoder, oracles)


def from_batch(encoder: Encoder, oracles: list[Slow]) -> list[float]:
    statistics, encoded = measure(encoder, WAVES)
    hidden = [h[:length].numpy() for h, length in zip(encoded.hidden, encoded.lengths, strict=True)]
    return [
        max(largest(s, by_definition(o.maps)) for s, o in zip(statistics, oracles, strict=True)),
        max(relative(h, o.hidden) for h, o in zip(hidden, oracles, strict=True)),
    ]


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_every_family_equals_its_own_eager_attention(folders: dict[str, Path], dtype: str) -> None:
    print(f"\nlargest relative difference from float64 eager attention, model in {dtype}")
    print(HEADER)
    found: dict[str, list[float]] = {}
    for family in BUILDERS:
        encoder = load(folders[family], device="cpu", dtype=dtype)
        found[family] = [row for run in (alone, padded, intervened) for row in run(encoder, folders[family])]
        print(f"{family:15}", *(f"{difference:11.1e}" for difference in found[family]))
    assert {family: max(row) for family, row in found.items() if max(row) > TOLERANCE[dtype]} == {}


def test_heads_of_the_oracle_differ_and_are_far_from_uniform(folder: Path) -> None:
    """Else equality would show little."""
    for heads in slow(folder, WAVES[0]).maps:
        assert all(A.max() > 20 / len(A) for A in heads)
        assert all(abs(a - b).max() > 0.1 for a, b in pairwise(heads))
