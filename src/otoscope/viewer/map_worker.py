"""Maps that the model computes, one layer after another in one thread; requests return at once with the progress.

The page repeats a request until its response is ready. A request that is not repeated for `LEASE_SECONDS` has left: its
work is cancelled between two heads. A map that a user looks at comes before thumbnails.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import Condition, Thread
from time import monotonic
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.viewer.cache import HasNbytes, LruCache
from otoscope.viewer.errors import NotReadyError
from otoscope.viewer.thumbnails import thumbnail

LEASE_SECONDS = 3.0
Map = npt.NDArray[np.floating]
T = TypeVar("T", bound=HasNbytes)
Key = tuple[str | int, ...]
"""The kind of a result, the utterance, the layer and perhaps the head."""
ReceiveMap = Callable[[int, int, Map], None]
ComputeMaps = Callable[[int, ReceiveMap, Sequence[int]], None]
"""Calls its second argument with layer, head and map of each head of some layers of an utterance."""


class _SupersededError(Exception):
    """Other work is more urgent, or the page has left."""


@dataclass
class _Want:
    """What a request waits for: a value from the map of a head, or (`make` is None) the thumbnails of a layer."""

    utterance: int
    layer: int
    head: int = -1
    make: Callable[[Map], HasNbytes] | None = None
    asked: float = 0.0


@dataclass(frozen=True)
class _Pass:
    """One run of the model: the layers whose maps it computes, and the thumbnails so far."""

    utterance: int
    layers: list[int]
    is_urgent: bool
    thumbnails: dict[int, list[npt.NDArray[np.uint8]]] = field(default_factory=dict)


class MapWorker:
    """A thread that computes what requests want, and a cache of its results. Any thread may call its methods."""

    def __init__(
        self,
        compute: ComputeMaps,
        n_heads: Sequence[int],
        results: LruCache[Any],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Create a worker; its thread runs while there is work.

        Args:
            compute: runs the model.
            n_heads: number of heads of each layer.
            results: a cache for what is computed.
            clock: seconds, for the end of leases.
        """
        self._compute, self._n_heads, self._clock = compute, list(n_heads), clock
        self._results = results
        self._errors: dict[Key, Exception] = {}
        self._wants: dict[Key, _Want] = {}
        self._changed = Condition()
        self._pauses = 0
        self._progress = ""
        self._is_running = False

    def derive(self, kind: str, place: tuple[int, int, int], make: Callable[[Map], T]) -> T:
        """Return `make` of the map at a place (utterance, layer, head); `kind` names the result in the cache.

        Raises:
            NotReadyError: the worker has not computed it yet; the message is the progress.
            InputError: the model cannot run on this utterance.
        """
        result: T = self._get((kind, *place), _Want(*place, make))
        return result

    def thumbnails(self, utterance: int, layer: int) -> npt.NDArray[np.uint8]:
        """Return the thumbnails `[head, query block, key block]` of a layer. Raises what `derive` raises."""
        thumbnails: npt.NDArray[np.uint8] = self._get(("thumbnails", utterance, layer), _Want(utterance, layer))
        return thumbnails

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the model free within the block: the pass stops after its layer, and continues afterwards."""
        with self._changed:
            self._pauses += 1
        try:
            yield
        finally:
            with self._changed:
                self._pauses -= 1
                self._changed.notify_all()

    def _get(self, key: Key, want: _Want) -> Any:
        with self._changed:
            if (result := self._results.look_up(key)) is not None:
                return result
            if (error := self._errors.pop(key, None)) is not None:
                raise InputError(str(error)) from error
            want.asked = self._clock()
            self._wants[key] = want
            if not self._is_running:
                self._is_running = True
                Thread(target=self._run, daemon=True).start()
            raise NotReadyError(self._progress or "starting to compute maps")

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                self._compute(work.utterance, partial(self._receive, work), work.layers)
            except _SupersededError:
                pass
            except Exception as error:  # the waiting requests raise it
                self._fail(work, error)

    def _next(self) -> _Pass | None:
        """Return the next pass: for the newest wanted map, else for all wanted thumbnails of one utterance."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pauses)
            self._drop_left()
            wants = sorted(self._wants.values(), key=lambda want: (want.make is not None, want.asked))
            self._is_running, self._progress = bool(wants), ""
            if not wants:
                return None
            first = wants[-1]
            is_urgent = first.make is not None
            wanted = {want.layer for want in wants if want.utterance == first.utterance}
            layers = [first.layer] if is_urgent else sorted(wanted)
            self._progress = self._layer_progress(layers[0])
            return _Pass(first.utterance, layers, is_urgent)

    def _receive(self, work: _Pass, layer: int, head: int, attn_qk: Map) -> None:
        """Keep what is wanted of a map; stop the pass if that is better."""
        images = work.thumbnails.setdefault(layer, [])
        images.append(thumbnail(attn_qk))
        with self._changed:
            self._progress = self._layer_progress(layer)
            place = (work.utterance, layer, head)
            wanted = [(key, want) for key, want in self._wants.items() if want.make and key[1:] == place]
        for key, want in wanted:
            assert want.make is not None
            self._deliver(key, want.make(attn_qk))
        is_last = len(images) == self._n_heads[layer]
        if is_last:
            self._deliver(("thumbnails", work.utterance, layer), np.stack(images))
        with self._changed:
            self._drop_left()
            if not any(want.utterance == work.utterance for want in self._wants.values()):
                raise _SupersededError
            is_urgent = any(want.make is not None for want in self._wants.values())
            if is_last and (self._pauses or (is_urgent and not work.is_urgent)):
                raise _SupersededError

    def _layer_progress(self, layer: int) -> str:
        return f"computing layer {layer + 1} of {len(self._n_heads)}"

    def _deliver(self, key: Key, result: HasNbytes) -> None:
        with self._changed:
            self._results.put(key, result)
            self._wants.pop(key, None)

    def _fail(self, work: _Pass, error: Exception) -> None:
        with self._changed:
            failed = [key for key, want in self._wants.items() if want.utterance == work.utterance]
            self._errors = dict.fromkeys(failed, error)
            for key in failed:
                del self._wants[key]

    def _drop_left(self) -> None:
        """Drop the wants of requests that have not been repeated."""
        oldest = self._clock() - LEASE_SECONDS
        self._wants = {key: want for key, want in self._wants.items() if want.asked >= oldest}
