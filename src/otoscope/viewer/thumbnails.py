"""Thumbnails of every head on one utterance, of the size at which an atlas shows them."""

from collections.abc import Callable
from threading import Condition, Thread

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.maps.pooling import block_means
from otoscope.results.folder import OVERVIEW
from otoscope.viewer.quantise import encode

Bytes = npt.NDArray[np.uint8]
Receive = Callable[[int, int, npt.NDArray[np.floating]], None]


def thumbnail(attn_qk: npt.NDArray[np.floating]) -> Bytes:
    """A map's means over blocks of frames, one byte each.

    >>> thumbnail(np.full((300, 300), 1 / 300)).shape
    (75, 75)
    """
    return encode(block_means(attn_qk, OVERVIEW))


class Overviews:
    """Thumbnails that a model makes in one pass, each layer to be had as soon as it is there."""

    def __init__(self, listen: Callable[[Receive], None], n_heads: list[int]) -> None:
        """Begin: `listen` gives each head's map in turn to what it is given; `n_heads` of each layer."""
        self._layers: list[list[Bytes]] = [[] for _ in n_heads]
        self._n_heads = n_heads
        self._listen = listen
        self._failed: Exception | None = None
        self._changed = Condition()
        Thread(target=self._run, daemon=True).start()

    @property
    def nbytes(self) -> int:
        """Memory that all layers will take."""
        return sum(self._n_heads) * OVERVIEW**2

    def layer(self, layer: int) -> Bytes:
        """Thumbnails `[head, query block, key block]` of a layer, waited for.

        Raises:
            InputError: the model cannot hear this utterance.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._failed or len(self._layers[layer]) == self._n_heads[layer])
            if self._failed:
                raise InputError(str(self._failed)) from self._failed
            return np.stack(self._layers[layer])

    def _run(self) -> None:
        try:
            self._listen(self._receive)
        except Exception as error:  # whoever waits is told
            with self._changed:
                self._failed = error
                self._changed.notify_all()

    def _receive(self, layer: int, head: int, attn_qk: npt.NDArray[np.floating]) -> None:
        small = thumbnail(attn_qk)
        with self._changed:
            self._layers[layer].append(small)
            self._changed.notify_all()
