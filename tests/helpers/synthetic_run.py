"""A run made of drawn attention maps, so that results and figures are tested without any model.

Heads are diagonal, diagonal with a shift, vertical or global with phone blocks; statistics are computed from
their maps by the plain formulas.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from otoscope.phones import sort_phones
from otoscope.relations.baseline import baselines
from otoscope.relations.dataset import Relations, relation_dataset
from otoscope.relations.significance import PhoneSupport
from otoscope.results import (
    MapDescription,
    Measurements,
    Run,
    assemble,
    claim_folder,
    finish,
    open_run,
    write_map,
)
from otoscope.statistics.builtin import offset_divergence
from otoscope.statistics.clusters import Clusters, make_clusters

FRAME_PERIOD = 0.02
RADIUS = 25
SYMBOLS = "sh iy hh ae d y er d aa r k s uw t ih n g r iy s iy w aa sh w ao dx er ao l y ih er".split()
KINDS = ("diagonal", "shifted", "vertical", "global")


@dataclass(frozen=True)
class Described:
    name: str
    units: str
    doc: str
    dims: tuple[str, ...] = ()
    coords: dict = field(default_factory=dict)


OFFSETS = np.arange(-RADIUS, RADIUS + 1)
STATISTICS = [
    Described("globalness", "nat", "mean entropy of the rows"),
    Described("verticality", "nat", "negative entropy of the mean row"),
    Described("diagonality", "1", "negative mean distance from the diagonal over length"),
    Described("weight", "1", "highest attention weight"),
    Described("normalised_diagonality", "1", "mean nearness to the diagonal, by the farthest key"),
    Described("normalised_entropy", "1", "mean entropy of the rows over that of uniform attention"),
    Described("offset_divergence", "nats", "divergence of the offsets from those of uniform attention"),
    Described("offset_profile", "1", "mean attention at key minus query", ("offset",), {"offset": OFFSETS}),
]


def utterance(frames: int, seed: int) -> SimpleNamespace:
    """Phones of one made-up utterance: boundaries in frames, one class per frame."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(4, 13, size=frames)
    bounds = np.unique(np.minimum(np.concatenate([[0], 18 + np.cumsum(widths)]), frames))
    bounds = np.append(bounds[bounds < frames - 15], [frames - 15, frames])
    symbols = ["sil", *(SYMBOLS[i % len(SYMBOLS)] for i in range(len(bounds) - 3)), "sil"]
    classes = np.repeat([hash_of(symbol) for symbol in symbols], np.diff(bounds))
    phones = [(s, a * FRAME_PERIOD, b * FRAME_PERIOD) for s, a, b in zip(symbols, bounds, bounds[1:], strict=False)]
    return SimpleNamespace(frames=frames, phones=phones, classes=classes)


def hash_of(symbol: str) -> int:
    return sum(map(ord, symbol)) % 12


def head_map(kind: str, speech: SimpleNamespace, rng: np.random.Generator) -> np.ndarray:
    """One row-stochastic map [query, key]."""
    T, key = speech.frames, np.arange(speech.frames)
    if kind in ("diagonal", "shifted"):
        shift = 0 if kind == "diagonal" else rng.choice([-1, 1]) * rng.integers(3, 14)
        width = rng.uniform(0.8, 6)
        score = -((key[None] - key[:, None] - shift) ** 2) / (2 * width**2)
        score = np.maximum(score, rng.uniform(-12, -7))
    elif kind == "vertical":
        score = np.repeat(3.5 * np.isin(speech.classes, rng.integers(0, 12, 2)).astype(float)[None], T, axis=0)
        score += 2 * (rng.random(T) > 0.97) + 0.4 * rng.standard_normal((T, T))
    else:
        likes = rng.standard_normal((12, 12))
        score = likes[speech.classes][:, speech.classes] * rng.uniform(0.2, 1.2) + 0.2 * rng.standard_normal((T, T))
    weight = np.exp(score - score.max(axis=1, keepdims=True))
    return weight / weight.sum(axis=1, keepdims=True)


def layer_maps(layer: int, heads: int, speech: SimpleNamespace, seed: int) -> np.ndarray:
    """Maps [head, query, key] of one layer; a head keeps its kind and its drawing over utterances."""
    rngs = [np.random.default_rng([seed, layer, head]) for head in range(heads)]
    return np.stack([head_map(KINDS[rng.integers(4)], speech, rng) for rng in rngs])


def measure(attn_qk: np.ndarray) -> dict[str, float | np.ndarray]:
    """Every statistic of one map, by its plain formula."""
    T = len(attn_qk)
    distance = np.abs(np.subtract.outer(np.arange(T), np.arange(T)))
    column = attn_qk.mean(axis=0)
    log = np.log(np.where(attn_qk > 0, attn_qk, 1))
    return {
        "globalness": -(attn_qk * log).sum() / T,
        "verticality": (column * np.log(np.where(column > 0, column, 1))).sum(),
        "diagonality": -(distance * attn_qk).sum() / T**2,
        "weight": attn_qk.max(),
        "normalised_diagonality": (1 - (attn_qk * distance).sum(axis=1) / distance.max(axis=1)).mean(),
        "normalised_entropy": -(attn_qk * log).sum() / T / np.log(T),
        "offset_divergence": offset_divergence.reference(attn_qk),
        "offset_profile": np.array([np.trace(attn_qk, d) / T for d in OFFSETS]),
    }


def clusters_of(utterances: int) -> Clusters:
    """The clusters of a run: its utterances."""
    return make_clusters([""] * utterances, [f"voice-{u % 2}/{u:03d}" for u in range(utterances)])


def states(layers: int, n_heads: list[int], speeches: list[SimpleNamespace], seed: int):
    """Rows, and sums by cluster, as the statistics hand them over; absent heads are NaN."""
    shape = (len(speeches), layers, max(n_heads))
    rows = {s.name: np.full(shape, np.nan) for s in STATISTICS if not s.dims}
    groups = clusters_of(len(speeches)).groups
    sums = np.full((groups.max() + 1, *shape[1:], len(OFFSETS)), np.nan)
    for layer in range(layers):
        sums[:, layer, : n_heads[layer]] = 0
    for u, speech in enumerate(speeches):
        for layer in range(layers):
            for head, attn_qk in enumerate(layer_maps(layer, n_heads[layer], speech, seed)):
                values = measure(attn_qk)
                sums[groups[u], layer, head] += values.pop("offset_profile")
                for name, value in values.items():
                    rows[name][u, layer, head] = value
    return rows, {"offset_profile": sums}


def relations(layers: int, n_heads: list[int], speeches: list[SimpleNamespace], seed: int):
    """Relations between the phones of the made-up speech, by the plain formula, as `analyze` adds them to a run."""
    phones = sort_phones(symbol for speech in speeches for symbol, _, _ in speech.phones)
    Y, clusters = len(phones), clusters_of(len(speeches))
    groups = clusters.groups
    n_groups = groups.max() + 1
    between = np.full((n_groups, layers, max(n_heads), Y, Y), np.nan)
    for layer in range(layers):
        between[:, layer, : n_heads[layer]] = 0
    uniform = np.zeros((2, n_groups, Y, Y))
    for u, speech in enumerate(speeches):
        bounds = [round(start / FRAME_PERIOD) for _, start, _ in speech.phones] + [speech.frames]
        label = np.repeat([phones.index(symbol) for symbol, _, _ in speech.phones], np.diff(bounds))
        uniform[:, groups[u]] += baselines(label[:, None], Y)
        says = np.eye(Y)[label]
        for layer in range(layers):
            for head, attn_qk in enumerate(layer_maps(layer, n_heads[layer], speech, seed)):
                between[groups[u], layer, head] += says.T @ attn_qk @ says / speech.frames
    own = np.diagonal(between, axis1=-2, axis2=-1) / 2
    counts = np.array([np.bincount([phones.index(symbol) for symbol, _, _ in s.phones], minlength=Y) for s in speeches])
    speakers = sum((counts[voice::2] > 0).any(axis=0).astype(int) for voice in range(2))
    support = PhoneSupport(counts.sum(axis=0), (counts > 0).sum(axis=0), speakers)
    found = relation_dataset(Relations(between, own, *uniform), np.bincount(groups), phones, clusters.key, support)
    about = {"labelled_utterances": len(speeches), "labelled_clusters": clusters.text, "unknown_phones": []}
    return found.assign_attrs(about)


def make_run(
    path: Path,
    layers: int = 3,
    heads: int = 4,
    utterances: int = 5,
    *,
    frames: int = 60,
    n_heads: list[int] | None = None,
    maps: int = 1,
    labelled: bool = True,
    related: bool = False,
    seed: int = 0,
) -> Run:
    """Write a finished run at `path` and open it; the last `maps` utterances keep their maps.

    `related` adds the relations between phones, which a run has where its corpus has phones.
    """
    n_heads = n_heads or [heads] * layers
    speeches = [utterance(frames - 3 * (utterances - 1 - u), seed + u) for u in range(utterances)]
    rows, sums = states(layers, n_heads, speeches, seed)
    table = pd.DataFrame(
        {
            "frames": [speech.frames for speech in speeches],
            "duration": [speech.frames * FRAME_PERIOD for speech in speeches],
            "speaker": [f"voice-{u % 2}" for u in range(utterances)],
        },
        index=[f"voice-{u % 2}/{u:03d}" for u in range(utterances)],
    )
    claim_folder(path, {"model": {"name": "drawn", "fingerprint": f"{seed}"}, "corpus": {"path": "made up"}})
    about = {"model": "drawn", "corpus": "made up", "synthetic": True}
    dataset = assemble(
        Measurements(STATISTICS, rows, clusters_of(utterances), sums),
        table,
        frame_period=FRAME_PERIOD,
        attributes=about,
    )
    if related:
        found = relations(layers, n_heads, speeches, seed)
        dataset = dataset.merge(found).assign_attrs(found.attrs)
    for u in range(utterances - maps, utterances):
        description = MapDescription(
            n_heads=n_heads,
            frames=speeches[u].frames,
            utterance=table.index[u],
            audio=f"{table.index[u]}.wav",
            frame_period=FRAME_PERIOD,
            phones=speeches[u].phones if labelled else (),
        )
        write_map(
            path, u, (layer_maps(layer, n_heads[layer], speeches[u], seed) for layer in range(layers)), description
        )
    finish(path, dataset, [("voice-9/broken", "audio ends early")])
    return open_run(path)
