"""Features of a wave shifted by parts of a frame: the rows of heads, and spectral frames."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, eq=False)
class ModelRun:
    """What voters read from one run of a model.

    Attributes:
        frames: times of the label frames, the shift included.
        maps: maps `[T, T]` of heads, by layer and head.
        states: hidden states `[T, d]` that layers return.
    """

    frames: LabelFrames
    maps: Mapping[tuple[int, int], AnyFloats]
    states: Mapping[int, AnyFloats]

    @property
    def nbytes(self) -> int:
        """Return the bytes of the arrays."""
        return sum(array.nbytes for array in (*self.maps.values(), *self.states.values()))

    def features(self, voter: Voter) -> ShiftedFeatures:
        """Return the features of a voter: the rows of its head, to its power, or hidden states."""
        if voter.source == STATES:
            return ShiftedFeatures(np.asarray(self.states[voter.layer], dtype=np.float64), self.frames)
        rows_td = np.asarray(self.maps[voter.layer, voter.head], dtype=np.float64) ** voter.power
        return ShiftedFeatures(rows_td, self.frames)


def model_runs(encoder: Encoder, wave: AnyFloats, voters: Collection[Voter], shifts: int) -> list[ModelRun]:
    """Return what voters read from the model for each shift; the model runs once per shift for all voters.

    Args:
        encoder: the model.
        wave: samples `[samples]` at the rate of the model.
        voters: voters with a head or a layer.
        shifts: number of runs per frame.

    Raises:
        InputError: the wave is shorter than a frame, or longer than the model takes.
    """
    encoder.check_length(wave)
    heads = {(voter.layer, voter.head) for voter in voters if voter.source == ATTENTION}
    layers = {voter.layer for voter in voters if voter.source == STATES}
    runs = []
    for seconds, rest in shifted_waves(wave, encoder.sampling_rate, encoder.frame_period, shifts):
        if not voters or encoder.num_frames(rest) < 1:
            continue
        maps, states = maps_and_representations(encoder, rest, {layer for layer, _ in heads})
        frames = LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center + seconds)
        rows = {(layer, head): maps[layer][head].copy() for layer, head in heads}
        runs.append(ModelRun(frames, rows, {layer: states[layer] for layer in layers}))
    return runs


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
    runs = VoterRuns.read(encoder, waves, voters, shifts)
    return {voter: runs.shifted(voter) for voter in voters}


@dataclass(frozen=True, eq=False)
class VoterRuns:
    """What voters read from one recording.

    Attributes:
        model: runs of the model.
        spectral: frames of each spectral source.
    """

    model: Sequence[ModelRun]
    spectral: Mapping[str, list[ShiftedFeatures]]

    @classmethod
    def read(
        cls, encoder: Encoder, waves: tuple[AnyFloats, AnyFloats], voters: Sequence[Voter], shifts: int
    ) -> "VoterRuns":
        """Run the model, as `voter_features`."""
        own, spectral = waves
        of_model = [voter for voter in voters if voter.source not in SPECTRAL]
        sources = {voter.source for voter in voters} & SPECTRAL.keys()
        frames = {source: spectral_features(spectral, source, shifts) for source in sources}
        return cls(model_runs(encoder, own, of_model, shifts), frames)

    @property
    def nbytes(self) -> int:
        """Return the bytes of what the model computed, most of all."""
        return sum(run.nbytes for run in self.model)

    def shifted(self, voter: Voter) -> list[ShiftedFeatures]:
        """Return the features of a voter for each shift."""
        if voter.source in SPECTRAL:
            return self.spectral[voter.source]
        return [run.features(voter) for run in self.model]
