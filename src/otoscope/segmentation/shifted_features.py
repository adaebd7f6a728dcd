"""Features of a wave shifted by parts of a frame: the rows of heads, and spectral frames."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from otoscope.errors import InputError
from otoscope.models.attention_maps import maps_and_representations
from otoscope.models.encoder import Encoder
from otoscope.phones import LabelFrames
from otoscope.segmentation.score_sum import ShiftedFeatures
from otoscope.segmentation.spectral import PERIOD, log_mel, mfcc
from otoscope.segmentation.voters import ATTENTION, LOG_MEL_FRAMES, MFCC_FRAMES, STATES, Voter
from otoscope.typing import AnyFloats, Floats

SPECTRAL: dict[str, Callable[[AnyFloats, int], Floats]] = {MFCC_FRAMES: mfcc, LOG_MEL_FRAMES: log_mel}
SPECTRAL_RATE = 16000
"""Sampling rate in Hz of the audio of spectral frames."""


def shifted_waves(wave: AnyFloats, rate: int, period: float, shifts: int) -> Iterator[tuple[float, AnyFloats]]:
    """Yield the shift in seconds and the wave without so much of its start, for each of some shifts within a period.

    A shift is rounded to whole samples. The last shifts are omitted if they leave no audio.

    Examples:
        >>> [(seconds, len(rest)) for seconds, rest in shifted_waves(np.zeros(1000), 16000, 0.02, 2)]
        [(0.0, 1000), (0.01, 840)]
    """
    for shift in range(shifts):
        samples = round(shift * period * rate / shifts)
        if samples < len(wave):
            yield samples / rate, wave[samples:]


def model_features(
    encoder: Encoder, wave: AnyFloats, voters: Collection[Voter], shifts: int
) -> dict[Voter, list[ShiftedFeatures]]:
    """Return the rows of heads, or hidden states, for each shift; the model runs once per shift for all voters.

    Args:
        encoder: the model.
        wave: samples `[samples]` at the rate of the model.
        voters: voters with a head or a layer.
        shifts: number of runs per frame.

    Raises:
        InputError: the wave is shorter than a frame, or longer than the model takes.
    """
    encoder.check_length(wave)
    runs: dict[Voter, list[ShiftedFeatures]] = {voter: [] for voter in voters}
    layers = {voter.layer for voter in voters if voter.source == ATTENTION}
    for seconds, rest in shifted_waves(wave, encoder.sampling_rate, encoder.frame_period, shifts):
        if not voters or encoder.num_frames(rest) < 1:
            continue
        maps, states = maps_and_representations(encoder, rest, layers)
        frames = LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center + seconds)
        for voter in voters:
            runs[voter].append(ShiftedFeatures(_features(voter, maps, states), frames))
    return runs


def _features(voter: Voter, maps: Mapping[int, AnyFloats], states: Sequence[AnyFloats]) -> Floats:
    """Return the features `[T, d]` of a voter from the maps and states of the layers."""
    if voter.source == STATES:
        return np.asarray(states[voter.layer], dtype=np.float64)
    return np.asarray(maps[voter.layer][voter.head], dtype=np.float64) ** voter.power


def spectral_features(wave: AnyFloats, source: str, shifts: int) -> list[ShiftedFeatures]:
    """Return MFCC or log-mel frames of a wave at 16 kHz for each shift.

    Raises:
        InputError: the wave is not longer than a window of 25 ms.
    """
    compute = SPECTRAL[source]
    runs = []
    for seconds, rest in shifted_waves(wave, SPECTRAL_RATE, PERIOD, shifts):
        try:
            runs.append(ShiftedFeatures(compute(rest, SPECTRAL_RATE), LabelFrames(PERIOD, 1, seconds)))
        except InputError:
            if not runs:  # the whole wave is too short
                raise
    return runs


def voter_features(
    encoder: Encoder, waves: tuple[AnyFloats, AnyFloats], voters: Sequence[Voter], shifts: int
) -> dict[Voter, list[ShiftedFeatures]]:
    """Return the shifted features of some voters.

    Args:
        encoder: the model.
        waves: samples at the rate of the model, and the same at 16 kHz.
        voters: voters of one or several votings.
        shifts: number of shifts per frame.
    """
    own, spectral = waves
    of_model = model_features(encoder, own, [voter for voter in voters if voter.source not in SPECTRAL], shifts)
    frames = {
        source: spectral_features(spectral, source, shifts)
        for source in {voter.source for voter in voters} & SPECTRAL.keys()
    }
    return {voter: frames[voter.source] if voter.source in frames else of_model[voter] for voter in voters}
