"""Shapes of reference maps, to justify the thresholds of `otoscope.results.shapes`. `docs/results/shapes.md` quotes it.

Every map is drawn for several lengths, with labels of phones that last 2 to 12 frames. Random attention is the softmax
of independent normal scores of one standard deviation; 1 is that of queries and keys of unit variance.

    python benchmarks/shapes.py
"""

from collections.abc import Callable

import numpy as np

from otoscope.results.shapes import ShapeEvidence, head_shapes
from otoscope.statistics import STATISTICS
from otoscope.statistics.builtin import offset_profile
from otoscope.typing import Floats, Ints

LENGTHS = (50, 150, 500)
MAPS = 5  # drawn of each kind and length
PHONES = ("a", "b", "c", "d", "e")

Drawn = Callable[[int, Ints, np.random.Generator], Floats]
"""Scores `[T, T]` before the softmax, from the length, the run of each frame and a generator."""


def band(shift: int, width: float, floor: float = -60.0) -> Drawn:
    """Return a Gaussian band around the diagonal that is shifted by some frames, over a floor."""

    def draw(T: int, run_t: Ints, random: np.random.Generator) -> Floats:
        offset = np.arange(T) - np.arange(T)[:, None] - shift
        return np.maximum(-(offset**2) / (2 * width**2), floor) + 0.2 * random.standard_normal((T, T))

    return draw


def blocks(inside: float) -> Drawn:
    """Return even attention within the query's own run, more than elsewhere by `inside` nats."""
    return lambda T, run_t, random: inside * (run_t == run_t[:, None]) + 0.2 * random.standard_normal((T, T))


def noise(deviation: float) -> Drawn:
    """Return independent scores."""
    return lambda T, run_t, random: deviation * random.standard_normal((T, T))


def columns(deviation: float) -> Drawn:
    """Return scores that depend on the key, with some noise."""
    return lambda T, run_t, random: deviation * random.standard_normal(T) + 0.2 * random.standard_normal((T, T))


def causal(T: int, run_t: Ints, random: np.random.Generator) -> Floats:
    """Forbid keys after the query; uniform over the others."""
    return np.where(np.tri(T) > 0, 0.0, -np.inf)


KINDS: dict[str, Drawn] = {
    "uniform": noise(0.0),
    "random, deviation 0.5": noise(0.5),
    "random, deviation 1": noise(1.0),
    "random, deviation 2": noise(2.0),
    "random, deviation 4": noise(4.0),
    "uniform over the past": causal,
    "main diagonal, 1 frame wide": band(0, 1.0),
    "main diagonal, 5 frames wide": band(0, 5.0),
    "diagonal at -2, 1 frame wide": band(-2, 1.0),
    "diagonal at +5, 2 frames wide": band(5, 2.0),
    "diagonal at +5, the rest 3.5 nats below": band(5, 1.0, -3.5),
    "keys, deviation 1": columns(1.0),
    "keys, deviation 2": columns(2.0),
    "keys, deviation 4": columns(4.0),
    "own phone, 8 nats above the rest": blocks(8.0),
    "own phone, 4 nats above the rest": blocks(4.0),
}


def labels(T: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Return the run and the phone of every frame; phones last 2 to 12 frames."""
    run_t = np.repeat(np.arange(T), random.integers(2, 13, T))[:T]
    return run_t, run_t % len(PHONES)


def softmax(score: Floats) -> Floats:
    """Return the softmax of every row."""
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def measure(A: Floats, phone_t: Ints) -> dict[str, Floats]:
    """Return the statistics that decide on the shape of one map, by their references."""
    names = ("globalness", "verticality", "offset_divergence", "offset_profile")
    values = {name: np.asarray(STATISTICS.get(name).reference(A)) for name in names}
    for name in ("own_run_share", "own_run_by_offset"):
        values[name] = np.asarray(STATISTICS.get(name).reference(A, phone_t[:, None], PHONES))
    return values


def evidence(draw: Drawn, T: int, seed: int = 0) -> ShapeEvidence:
    """Return what decides on the shape of a head whose maps of `MAPS` utterances are drawn so, each `[1, 1]`."""
    random, maps = np.random.default_rng(seed), []
    for _ in range(MAPS):
        run_t, phone_t = labels(T, random)
        maps.append(measure(softmax(draw(T, run_t, random)), phone_t))
    mean = {name: np.mean([values[name] for values in maps], axis=0) for name in maps[0]}
    profile, reach = mean["offset_profile"], offset_profile.MAX_OFFSET
    values = {
        "structure": np.log(T) - mean["globalness"],
        "by_key": np.log(T) + mean["verticality"],
        "by_offset": mean["offset_divergence"],
        "peak": profile.argmax() - reach,
        "is_shifted": profile[reach] < profile.max() / 2,
        "own_run": mean["own_run_share"],
        "own_run_excess": mean["own_run_share"] - mean["own_run_by_offset"],
    }
    return ShapeEvidence(**{name: np.reshape(value, (1, 1)) for name, value in values.items()})


def row(kind: str, T: int) -> str:
    """Return one row of the table."""
    e = evidence(KINDS[kind], T)
    shape = head_shapes(e).item()
    part = ["-" if e.structure < 1e-9 else f"{e.part(nats).item():.2f}" for nats in (e.by_key, e.by_offset)]
    peak = f" at {e.peak.item():+d}" if shape == "shifted diagonal" else ""
    own = f"{e.own_run.item():.2f} | {e.own_run_excess.item():+.2f}"
    return f"| {kind} | {T} | {abs(e.structure.item()):.2f} | {part[0]} | {part[1]} | {own} | {shape}{peak} |"


def print_table() -> None:
    """Print the table of the page."""
    print("| attention | T | structure (nats) | by key | by offset | own phone | excess | shape |")
    print("|---|---|---|---|---|---|---|---|")
    for kind in KINDS:
        for T in LENGTHS:
            print(row(kind, T))


if __name__ == "__main__":
    print_table()
