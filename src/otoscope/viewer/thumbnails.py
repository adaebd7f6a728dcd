"""Thumbnails of all heads on one utterance, in the size in which the atlas shows them."""

from collections.abc import Callable
from threading import Condition, Thread

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.maps.pooling import block_means
from otoscope.results.stored_map import OVERVIEW
from otoscope.viewer.quantise import encode

Bytes = npt.NDArray[np.uint8]
ReceiveMap = Callable[[int, int, npt.NDArray[np.floating]], None]


def thumbnail(attn_qk: npt.NDArray[np.floating]) -> Bytes:
    """Return a map's means over blocks of frames, one byte each.

    >>> thumbnail(np.full((300, 300), 1 / 300)).shape
    (75, 75)
    """
    return encode(block_means(attn_qk, OVERVIEW))


class ThumbnailJob:
    """Thumbnails from one pass of a model, in a thread; each layer is available as soon as it is complete."""

    def __init__(self, compute_maps: Callable[[ReceiveMap], None], n_heads: list[int]) -> None:
        """Start the thread.

        Args:
            compute_maps: calls its argument with layer, head and map of each head in turn.
            n_heads: number of heads of each layer.
        """
        self._layers: list[list[Bytes]] = [[] for _ in n_heads]
        self._n_heads = n_heads
        self._compute_maps = compute_maps
        self._error: Exception | None = None
        self._changed = Condition()
        Thread(target=self._run, daemon=True).start()

    @property
    def nbytes(self) -> int:
        """Memory that all layers will take, in bytes."""
        return sum(self._n_heads) * OVERVIEW**2

    def layer(self, layer: int) -> Bytes:
        """Wait for a layer and return its thumbnails `[head, query block, key block]`.

        Raises:
            InputError: the model cannot run on this utterance.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._error or len(self._layers[layer]) == self._n_heads[layer])
            if self._error:
                raise InputError(str(self._error)) from self._error
            return np.stack(self._layers[layer])

    def _run(self) -> None:
        try:
            self._compute_maps(self._receive)
        except Exception as error:  # the waiting calls of `layer` raise it
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _receive(self, layer: int, _head: int, attn_qk: npt.NDArray[np.floating]) -> None:
        small = thumbnail(attn_qk)
        with self._changed:
            self._layers[layer].append(small)
            self._changed.notify_all()
