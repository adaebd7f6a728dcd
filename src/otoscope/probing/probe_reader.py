"""The nets of probes on some data, each of which can be trained alone: in this process or in a worker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe, Scorer

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class ProbeReader:
    """Probes, and the hidden states that they read.

    Attributes:
        probes: the probes by name.
        data: hidden states of the speech.
        training: how nets are trained.
        cache: gives arrays by the text that decides them, made only once.
    """

    probes: Mapping[str, Probe]
    data: ProbeData
    training: Training
    cache: Cache

    @cached_property
    def nets(self) -> list[tuple[str, Callable[[], Arrays]]]:
        """Return the content and the training of each net, in the order in which the scorers ask the cache for them.

        Empty if a scorer reads an array at once: its nets are then trained when the scorer is made.
        """
        requests: list[tuple[str, Callable[[], Arrays]]] = []

        def record(content: str, make: Callable[[], Arrays]) -> Arrays:
            requests.append((content, make))
            return {}

        try:
            self._scorers(record)
        except KeyError:
            return []
        return requests

    def train(self, number: int) -> Arrays:
        """Return the weights of a net from the cache, or train it."""
        return self.cache(*self.nets[number])

    def scorers(self, weights: Sequence[Arrays]) -> dict[str, Scorer]:
        """Return the scorers of the probes, with the weights of each net."""
        remaining: Iterator[Arrays] = iter(weights)
        return self._scorers(lambda content, make: next(remaining, None) or self.cache(content, make))

    def _scorers(self, cache: Cache) -> dict[str, Scorer]:
        return {name: probe.scorer(self.data, self.training, cache) for name, probe in self.probes.items()}
