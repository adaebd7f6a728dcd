"""Every statistic equals its slow reference on the maps of the model itself, in every family and batch."""

from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.comparison import by_definition, largest, measure, relative
from tests.helpers.slow_attention import Slow, band, fresh, slow, without_columns
from tests.helpers.tiny_models import noise

from otoscope.models.encoder import Encoder
from otoscope.models.load import load

pytestmark = pytest.mark.slow

WAVES = [noise(1.3), noise(0.8, seed=1)]
REMOVED = [(0, 1), (1, 0), (1, 3)]
RADIUS = 9
HEADER = """\
                                          alone                        padded           padded and intervened
family                             maps  statistics     outputs  statistics     outputs  statistics     outputs"""
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
    """The same of a batch with some heads removed and, but for a grid, the span limited."""
    oracles = [intervened_oracle(folder, wave, encoder.family.is_patch_grid) for wave in WAVES]
    with encoder.without_heads(REMOVED), nullcontext() if encoder.family.is_patch_grid else encoder.limit_span(RADIUS):
        return from_batch(encoder, oracles)


def intervened_oracle(folder: Path, wave: np.ndarray, whole: bool) -> Slow:
    model = without_columns(fresh(folder), REMOVED)
    if whole:
        return slow(folder, wave, model)
    with band(model, RADIUS, renormalise=True, wave=wave):
        return slow(folder, wave, model)


def from_batch(encoder: Encoder, oracles: list[Slow]) -> list[float]:
    statistics, encoded = measure(encoder, WAVES)
    hidden = [h[:length].numpy() for h, length in zip(encoded.hidden, encoded.lengths, strict=True)]
    return [
        max(largest(s, by_definition(o.maps)) for s, o in zip(statistics, oracles, strict=True)),
        max(relative(h, o.hidden) for h, o in zip(hidden, oracles, strict=True)),
    ]


@pytest.fixture(scope="module", params=TOLERANCE)
def dtype(request: pytest.FixtureRequest) -> str:
    """Each number format in turn, above its table."""
    print(f"\nlargest relative difference from float64 attention, model in {request.param}\n{HEADER}")
    return request.param


def test_every_family_equals_its_own_eager_attention(dtype: str, family: str, folder: Path) -> None:
    encoder = load(folder, device="cpu", dtype=dtype)
    found = [difference for run in (alone, padded, intervened) for difference in run(encoder, folder)]
    print(f"\n{family:27}", *(f"{difference:11.1e}" for difference in found), end="")
    assert max(found) <= TOLERANCE[dtype]


def test_heads_of_the_oracle_differ_and_are_far_from_uniform(folder: Path) -> None:
    """Else equality would show little."""
    for heads in slow(folder, WAVES[0]).maps:
        assert all(A.max() > 0.3 for A in heads)
        assert all(abs(a - b).max() > 0.1 for a, b in pairwise(heads))
