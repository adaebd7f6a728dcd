"""Score a model under interventions with every probe; the encoder runs once on each utterance.

Axes: s seed, u utterance, t frame, d feature.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope.models.capture import default_handler, forward_with_handler
from otoscope.probing.probe_data import ProbeData, hidden_states
from otoscope.probing.scorer import Probe
from otoscope.typing import Floats

GROUP = 16
"""Utterances whose texts a decoder writes together, and whose states are in memory."""
OnStates = Callable[[int, Tensor], None]
"""Receives the place of an utterance, and its final hidden states `[t, d]`."""


@dataclass(frozen=True, eq=False)
class UtteranceStates:
    """What an encoder makes of one utterance.

    Attributes:
        index: place of the utterance.
        hidden: final hidden states `[t, d]` of its frames (float32, CPU).
        window: those that a decoder reads, `[T, d]`: also of the silence after the utterance, if the model sees it.
    """

    index: int
    hidden: Tensor
    window: Tensor


def intervened_totals(
    probes: Mapping[str, Probe],
    scorers: Mapping[str, Any],
    data: ProbeData,
    on_progress: Callable[[float], None],
    on_states: OnStates | None = None,
) -> dict[str, Floats]:
    """Score all utterances with every probe under the interventions in force; return sums `[s, u]` by probe.

    Args:
        probes: the probe of each scorer.
        scorers: the scorer of each probe.
        data: the encoder and the speech.
        on_progress: receives the seconds of audio that are done.
        on_states: receives the hidden states of each utterance; None: they are not needed.
    """
    sums = {name: np.zeros(scorer.majority.shape) for name, scorer in scorers.items()}
    has_readers = on_states is not None or not all(probes[name].runs_model for name in scorers)
    states = _states(data, on_progress, has_readers, any(probes[name].scores_texts for name in scorers))
    while group := list(islice(states, GROUP)):
        if on_states is not None:
            for each in group:
                on_states(each.index, each.hidden)
        for name, scorer in scorers.items():
            if probes[name].scores_texts:
                places = [each.index for each in group]
                sums[name][:, places] = scorer.window_totals(places, [each.window for each in group])
                continue
            for each in group:
                sums[name][:, each.index] = scorer.total(each.index, each.hidden)
    return sums


def _states(
    data: ProbeData, on_progress: Callable[[float], None], has_readers: bool, has_writers: bool
) -> Iterator[UtteranceStates]:
    """Return the states of all utterances; empty ones where no probe reads them."""
    if has_writers and data.encoder.padded_seconds:
        return _windows(data, on_progress)
    if has_readers or has_writers:
        states = hidden_states(data.encoder, data.speech, on_progress)
        return (UtteranceStates(index, hidden, hidden) for index, hidden in states)
    return _without_states(data, on_progress)


def _windows(data: ProbeData, on_progress: Callable[[float], None]) -> Iterator[UtteranceStates]:
    """Yield the states of each utterance, with those of the silence that fills its window."""
    encoder, handler = data.encoder, partial(default_handler, data.encoder)
    for index, (seconds, wave) in enumerate(zip(data.speech.durations, data.speech.waves, strict=True)):
        window = forward_with_handler(encoder, [wave], handler)[0]
        yield UtteranceStates(index, window[: encoder.num_frames(wave)].float().cpu().clone(), window)
        on_progress(seconds)


def _without_states(data: ProbeData, on_progress: Callable[[float], None]) -> Iterator[UtteranceStates]:
    """Yield no states of each utterance: all probes run the model themselves."""
    for index, seconds in enumerate(data.speech.durations):
        yield UtteranceStates(index, torch.empty(0), torch.empty(0))
        on_progress(seconds)
