"""The audio of utterances, read from disk when it is used; the last used audio is in memory, up to a bound."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from lhotse import MonoCut

from otoscope._io.read_sequence import ReadSequence
from otoscope.models.encoder import Encoder

MAX_AUDIO_BYTES = 512 * 2**20
"""Most bytes of audio in memory: 2.3 hours at 16 kHz."""


class StreamedWaves(ReadSequence[np.ndarray]):
    """The waves `[samples]` of cuts at the sampling rate of a model.

    The only state are the waves in memory. `add` and the use of a wave change them.

    Args:
        encoder: the model.
        cuts: the cuts.
    """

    def __init__(self, encoder: Encoder, cuts: Sequence[MonoCut]) -> None:
        """Store the sources; read nothing yet."""
        self._encoder, self._cuts = encoder, cuts
        self._waves: OrderedDict[int, np.ndarray] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of cuts."""
        return len(self._cuts)

    def read(self, place: int) -> np.ndarray:
        """Return a wave."""
        if place not in self._waves:
            self.add(place, self._encoder.load_wave(self._cuts[place]))
        self._waves.move_to_end(place)
        return self._waves[place]

    def select(self, cuts: Sequence[MonoCut], places: Sequence[int]) -> "StreamedWaves":
        """Return the waves of the cuts at some places, with those that are in memory."""
        waves = StreamedWaves(self._encoder, cuts)
        for own, place in enumerate(places):
            if place in self._waves:
                waves.add(own, self._waves[place])
        return waves

    def add(self, place: int, wave: np.ndarray) -> None:
        """Put the wave of a cut in memory; those that were not used for the longest time leave it."""
        self._waves[place] = wave
        self._bytes += wave.nbytes
        while self._bytes > MAX_AUDIO_BYTES and len(self._waves) > 1:
            _, oldest = self._waves.popitem(last=False)
            self._bytes -= oldest.nbytes
