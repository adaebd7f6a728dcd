"""What the engine does with an encoder, in a few lines: all statistics of some utterances."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from otoscope.attention.reductions import Reductions
from otoscope.models.encoder import Encoder
from otoscope.models.encoder_output import EncoderOutput
from otoscope.statistics import available_statistics
from otoscope.statistics.compute import compute_statistics

STATISTICS = available_statistics()
NEEDS = frozenset().union(*(statistic.requires for statistic in STATISTICS.values()))

Values = Mapping[str, np.ndarray]


def measure(encoder: Encoder, audio: Sequence[np.ndarray]) -> tuple[list[Values], EncoderOutput]:
    """Each utterance's statistics `[layer, head, *dims]` by name, and the hidden states."""
    layers: dict[int, list[Reductions]] = defaultdict(list)
    encoded = encoder.measure(audio, NEEDS, lambda layer, reductions: layers[layer].extend(reductions))
    utterances = zip(*(layers[layer] for layer in range(encoder.n_layers)), strict=True)
    return [compute_statistics(STATISTICS, utterance) for utterance in utterances], encoded


def by_definition(maps: Sequence[np.ndarray]) -> Values:
    """The same statistics from whole maps `[layer][H, T, T]`, by their slow references."""
    return {
        name: np.array([[statistic.reference(A) for A in heads.astype(np.float64)] for heads in maps])
        for name, statistic in STATISTICS.items()
    }


def relative(measured: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference over the largest expected value (absolute where only 0 is expected)."""
    assert measured.shape == expected.shape
    return float(np.abs(measured - expected).max() / (np.abs(expected).max() or 1))


def largest(measured: Values, expected: Values) -> float:
    """Largest relative difference over all statistics."""
    assert measured.keys() == expected.keys()
    return max(relative(measured[name], expected[name]) for name in expected)
