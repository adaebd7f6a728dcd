"""Every statistic equals its slow reference on the maps of the model itself, in every family and batch."""

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from tests.helpers.comparison import Values, by_definition, largest, measure, relative
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


@dataclass(frozen=True, eq=False)
class Oracle:
    """An utterance through the model's own attention, and its statistics by their slow references."""

    output: Slow
    statistics: Values


@cache
def intact_oracle(folder: Path, number: int) -> Oracle:
    """The oracle of an utterance of `WAVES`, for both number formats."""
    output = slow(folder, WAVES[number])
    return Oracle(output, by_definition(output.maps))


@cache
def intervened_oracle(folder: Path, number: int, is_patch_grid: bool) -> Oracle:
    """The same without some heads and, but for a grid, with a limited span."""
    model, wave = without_columns(fresh(folder), REMOVED), WAVES[number]
    with nullcontext() if is_patch_grid else band(model, RADIUS, renormalise=True, wave=wave):
        output = slow(folder, wave, model)
    return Oracle(output, by_definition(output.maps))


def alone(encoder: Encoder, folder: Path) -> list[float]:
    """Relative differences of maps, statistics and outputs of one utterance."""
    oracle = intact_oracle(folder, 0)
    maps = encoder.maps(WAVES[0])
    (statistics,), encoded = measure(encoder, WAVES[:1])
    return [
        max(relative(maps[layer], expected) for layer, expected in enumerate(oracle.output.maps)),
        largest(statistics, oracle.statistics),
        relative(encoded.hidden[0].numpy(), oracle.output.hidden),
    ]


def padded(encoder: Encoder, folder: Path) -> list[float]:
    """The same of a batch of two, without maps; the oracle runs each utterance alone."""
    return from_batch(encoder, [intact_oracle(folder, number) for number in range(len(WAVES))])


def intervened(encoder: Encoder, folder: Path) -> list[float]:
    """The same of a batch with some heads removed and, but for a grid, the span limited."""
    is_patch_grid = encoder.family.is_patch_grid
    oracles = [intervened_oracle(folder, number, is_patch_grid) for number in range(len(WAVES))]
    with encoder.without_heads(REMOVED), nullcontext() if is_patch_grid else encoder.limit_span(RADIUS):
        return from_batch(encoder, oracles)


def from_batch(encoder: Encoder, oracles: list[Oracle]) -> list[float]:
    statistics, encoded = measure(encoder, WAVES)
    hidden = [h[:length].numpy() for h, length in zip(encoded.hidden, encoded.lengths, strict=True)]
    return [
        max(largest(s, o.statistics) for s, o in zip(statistics, oracles, strict=True)),
        max(relative(h, o.output.hidden) for h, o in zip(hidden, oracles, strict=True)),
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
    for heads in intact_oracle(folder, 0).output.maps:
        assert all(A.max() > 0.3 for A in heads)
        assert all(abs(a - b).max() > 0.1 for a, b in pairwise(heads))
