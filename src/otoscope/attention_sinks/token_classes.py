"""Classes of tokens by which the place of sinks is described: place, absolute position, phone, and level of the sound.

Axes: k token, t frame.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from lhotse import MonoCut

from otoscope.analysis.phone_labels import PhoneLabeler
from otoscope.attention.speech import SILENCE_DB
from otoscope.attention_sinks.observation import Observation
from otoscope.statistics.builtin.sink_edge_share import EDGE
from otoscope.typing import Ints

PLACES = ("start", "end", "silence", "speech", "outside", "special")
"""First and last twentieth of the utterance, the silent and the other frames between them, silence after the utterance,
and tokens of the model's own."""
EDGE_FRAMES = 50  # positions at each end that are classes of their own
MIDDLE = "middle"
POSITIONS = (*map(str, range(EDGE_FRAMES)), MIDDLE, *map(str, range(-EDGE_FRAMES, 0)))
LEVEL_STEP = -10  # dB
LEVELS = tuple(f"{LEVEL_STEP * step} dB" for step in range(7))
"""Level of a frame below the loudest one: from 0 dB to -10 dB, and so on; the last has no lower end."""
NO_PHONE = "(none)"


@dataclass(frozen=True)
class Descriptors:
    """What may predict how much attention a frame draws, and the names of the classes of each.

    Attributes:
        labeler: labels frames with phones; None without labels.
    """

    labeler: PhoneLabeler | None

    @property
    def classes(self) -> dict[str, Sequence[str]]:
        """Return the names of the classes of each descriptor."""
        phones = {"phone": (*self.labeler.inventory.phones, NO_PHONE)} if self.labeler else {}
        return {"position": POSITIONS, **phones, "level": LEVELS}

    def describe(self, observation: Observation, cut: MonoCut, tokens: int) -> dict[str, Ints]:
        """Return the class of each token in the utterance by each descriptor, `[k]`."""
        speech, b = observation.speech, observation.place
        frames = speech.frames[b]
        time_k = speech.places(tokens).time_n
        inside_k = time_k[(time_k >= 0) & (time_k < frames)]
        classes = {"position": positions(frames), "level": levels(speech.frame_levels(b))}
        if self.labeler is not None:
            phone_tr = self.labeler.of(cut, frames).phone_tr.numpy()
            middle_t = phone_tr[:, phone_tr.shape[1] // 2]
            classes["phone"] = np.where(middle_t < 0, len(self.labeler.inventory.phones), middle_t)
        return {name: classes[name][inside_k] for name in self.classes}


def positions(frames: int) -> Ints:
    """Return the index in `POSITIONS` of each frame of an utterance, counted from the nearer end.

    >>> [POSITIONS[place] for place in positions(3)], POSITIONS[positions(200)[99]]
    (['0', '1', '-1'], 'middle')
    """
    t = np.arange(frames)
    back = frames - 1 - t
    near_end = np.where(back < EDGE_FRAMES, len(POSITIONS) - 1 - back, EDGE_FRAMES)
    return np.where((t <= back) & (t < EDGE_FRAMES), t, near_end)


def levels(level_t: np.ndarray) -> Ints:
    """Return the index in `LEVELS` of each level in dB.

    >>> levels(np.array([0.0, -9.9, -10.0, -np.inf])).tolist()
    [0, 0, 1, 6]
    """
    return np.minimum(np.maximum(level_t, 1e3 * LEVEL_STEP) // LEVEL_STEP, len(LEVELS) - 1).astype(np.int64)


def places(observation: Observation, tokens: int) -> Ints:
    """Return the index in `PLACES` of each token, `[k]`."""
    speech, b = observation.speech, observation.place
    frames, time_k = speech.frames[b], speech.places(tokens).time_n
    edge = math.ceil(EDGE * frames)
    is_silent = speech.frame_levels(b) <= SILENCE_DB
    place_t = np.where(is_silent, PLACES.index("silence"), PLACES.index("speech"))
    place_t[-edge:], place_t[:edge] = PLACES.index("end"), PLACES.index("start")
    place_k = place_t[np.clip(time_k, 0, frames - 1)]
    place_k = np.where(time_k >= frames, PLACES.index("outside"), place_k)
    return np.where(time_k < 0, PLACES.index("special"), place_k)
