"""Tune the detectors of units of any length: head or layer, width, smoothing, and least depth of a minimum.

Scores are placed on the grid of 5 ms, in units of their standard deviation over the recording. A boundary is a minimum
whose prominence is at least `1 / beta`, so a larger beta gives more boundaries, as in all other methods.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from otoscope.models.attention_maps import maps_and_representations
from otoscope.models.encoder import Encoder
from otoscope.phones import LabelFrames
from otoscope.segmentation.boundaries import BoundaryCounts
from otoscope.segmentation.compared_methods import ComparedMethod
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.detectors import DETECTORS, Detector
from otoscope.segmentation.feature_methods import ModelReader, format_heads
from otoscope.segmentation.grid_counts import number_rows
from otoscope.segmentation.protocols import counts_of_rows
from otoscope.segmentation.score_sum import Boundaries, grid_times, interpolated, minima_of_sum, smoothed
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance, with_progress
from otoscope.segmentation.tuning import TunedParameters
from otoscope.typing import AnyFloats, Floats, Ints

BETAS = tuple(2.0**step for step in range(-2, 7))
"""Grid of beta: minima of a depth from 4 to 0.016 standard deviations."""


@dataclass(frozen=True)
class DetectorSetting:
    """The parameters of a detector, but beta.

    Attributes:
        width: seconds on each side of a frame.
        smoothing: standard deviation in seconds of the Gaussian that smooths the score.
        sign: 1 if minima of the score are boundaries, -1 for maxima.
    """

    width: float
    smoothing: float
    sign: int


Place = tuple[int, int]
"""Layer and head; the head is -1 for hidden states."""


@dataclass(frozen=True)
class TunedDetector:
    """A detector with the parameters of the validation part.

    Attributes:
        name: name of the detector.
        place: the head or the layer that it reads.
        setting: all parameters but beta.
        parameters: beta, with the scores.
    """

    name: str
    place: Place
    setting: DetectorSetting
    parameters: TunedParameters

    @property
    def chosen(self) -> str:
        """Return head or layer, and the width, as text."""
        layer, head = self.place
        return f"{format_heads([self.place]) if head >= 0 else f'layer {layer}'}, {1000 * self.setting.width:g} ms"


def settings(detector: Detector, part: SearchPart) -> list[DetectorSetting]:
    """Return the grid of a detector."""
    smoothings = part.level.smoothings[::2]
    return [DetectorSetting(*values) for values in product(part.level.widths, smoothings, detector.signs)]


def tune_detectors(part: SearchPart, names: Sequence[str]) -> list[ComparedMethod]:
    """Return the row of each detector, tuned on the validation part; the model runs once on each utterance for all."""
    detectors = DETECTORS.select(names)
    if not detectors:
        return []
    totals: dict[str, dict[Place, Ints]] = {name: {} for name in detectors}
    for utterance, maps, states in _features(part, any(detector.features == "map" for detector in detectors.values())):
        for name, detector in detectors.items():
            for place, features in _places(detector, maps, states):
                counts = _grid_counts(part, detector, utterance, features)
                totals[name][place] = totals[name].get(place, 0) + counts
    tuned = [_best(part, name, own) for name, own in totals.items()]
    reader = ModelReader(part.encoder, {layer for layer, head in (choice.place for choice in tuned) if head >= 0})
    return [_method(reader, choice) for choice in tuned]


def _features(
    part: SearchPart, has_maps: bool
) -> Iterator[tuple[LabelledUtterance, dict[int, AnyFloats], list[AnyFloats]]]:
    layers = None if has_maps else ()
    for utterance in with_progress(part.utterances, "tuning detectors"):
        yield utterance, *maps_and_representations(part.encoder, utterance.cut, layers)


def _places(
    detector: Detector, maps: Mapping[int, AnyFloats], states: Sequence[AnyFloats]
) -> Iterator[tuple[Place, AnyFloats]]:
    if detector.features == "states":
        yield from (((layer, -1), states_td) for layer, states_td in enumerate(states))
        return
    for layer, maps_hqk in maps.items():
        yield from (((layer, head), attn_qk) for head, attn_qk in enumerate(maps_hqk))


def _grid_counts(part: SearchPart, detector: Detector, utterance: LabelledUtterance, features: AnyFloats) -> Ints:
    """Return the counts `[setting * beta, count]` of one utterance."""
    scores = _scores(detector, features, settings(detector, part), part.encoder, utterance.cut.duration)
    times = [minima.times for score in scores for minima in deep_minima(score, BETAS)]
    return counts_of_rows(utterance.units, number_rows(times), len(times), part.tolerance, part.options.protocol)


def deep_minima(score_t: Floats, betas: Sequence[float]) -> list[Boundaries]:
    """Return for each beta the minima of a score `[t]` whose prominence is at least `1 / beta`.

    >>> [minima.times.tolist() for minima in deep_minima(np.array([2.0, 0.0, 2.0, 1.5, 2.0]), [1.0, 4.0])]
    [[0.005], [0.005, 0.015]]
    """
    minima = minima_of_sum(score_t)
    deep = [minima.confidences >= 1 / beta for beta in betas]
    return [Boundaries(minima.times[is_deep], minima.confidences[is_deep]) for is_deep in deep]


def _scores(
    detector: Detector, features: AnyFloats, grid: Sequence[DetectorSetting], encoder: Encoder, seconds: float
) -> Floats:
    """Return the smoothed score `[setting, t]` on the grid of 5 ms, in units of its standard deviation."""
    widths = sorted({setting.width for setting in grid})
    frames = tuple(max(1, round(width / encoder.frame_period)) for width in widths)
    raw_wt = detector.score(np.asarray(features, dtype=np.float64), frames)
    on_grid_wt = interpolated(raw_wt, frame_times(detector, encoder), grid_times(seconds))
    scores = [setting.sign * smoothed(on_grid_wt[widths.index(setting.width)], setting.smoothing) for setting in grid]
    deviations = np.std(scores, axis=1, keepdims=True)
    return np.asarray(scores) / np.where(deviations > 0, deviations, 1)


def frame_times(detector: Detector, encoder: Encoder) -> LabelFrames:
    """Return the times to which the scores of a detector belong."""
    shift = encoder.frame_period / 2 if detector.is_of_border else 0.0
    return LabelFrames(encoder.frame_period, 1, encoder.first_frame_center - shift)


def _best(part: SearchPart, name: str, totals: Mapping[Place, Ints]) -> TunedDetector:
    """Return a detector with the place and the parameters of the highest R-value."""
    r_values = {place: scores_of(counts)[:, R_VALUE] for place, counts in totals.items()}
    place = max(r_values, key=lambda place: r_values[place].max())
    point = int(np.argmax(r_values[place]))
    setting, beta = settings(DETECTORS.get(name), part)[point // len(BETAS)], BETAS[point % len(BETAS)]
    counts = BoundaryCounts(*totals[place][point].tolist())
    return TunedDetector(name, place, setting, TunedParameters(setting.width, beta, counts.scores(), unit=1.0))


def _method(reader: ModelReader, tuned: TunedDetector) -> ComparedMethod:
    """Return the row of a detector."""
    find = partial(_boundaries, reader, tuned)
    return ComparedMethod(tuned.name, find, reader.encoder.name, tuned.chosen, tuned.parameters)


def _boundaries(
    reader: ModelReader, tuned: TunedDetector, utterance: LabelledUtterance, betas: Sequence[float]
) -> list[Boundaries]:
    """Return the boundaries of an utterance for several betas."""
    layer, head = tuned.place
    features = reader.map(utterance.cut, tuned.place) if head >= 0 else reader.states(utterance.cut, layer)
    detector, seconds = DETECTORS.get(tuned.name), utterance.cut.duration
    [score] = _scores(detector, features, [tuned.setting], reader.encoder, seconds)
    return deep_minima(score, betas)
