"""Which transitions between phones a method finds: its boundaries by the classes of the phones on both sides.

A predicted boundary belongs to the reference boundary in whose region it is; regions end at midpoints, as in strict
counting (`boundaries`). So each match, each missed and each false boundary belongs to one transition, and the sums over
transitions are the strict counts.

Axes: u utterance, m method, p transition, c count, n reference boundary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from otoscope.phones import Folding, fold_phones, is_silence, phone_info
from otoscope.phones.closures import CLOSURES
from otoscope.results.intervals import LOGIT, Estimate, apply, effective_count, estimate, interval, p_value
from otoscope.results.schema import INTERVAL, NO_INTERVAL, Variable, labelled
from otoscope.segmentation.boundaries import ROUNDING, inner_boundaries
from otoscope.statistics.clusters import Clusters, group_sums, make_clusters
from otoscope.typing import AnyFloats, Array, Bools, Floats, Ints

PhoneSpan = tuple[str, float, float]
"""Symbol, start and end in seconds."""
ALL = "all"
"""Name of the row that has all transitions."""
ARROW = " → "
SILENCE, CLOSURE, OTHER = "silence", "closure", "other"
MARGIN = 2 * ROUNDING
"""Seconds on each side of a boundary at which its phones are read."""
TRANSITION_COUNTS = ("reference", "predicted", "hits", "alone")
"""`alone`: references that the method finds and the first method, MFCC, misses."""
TRANSITION_MEASURES = ("found", "false")
"""Share of the references that are found; false boundaries for each reference."""

OF_METHOD = ("segmenter", "transition")
MEASURED = (*OF_METHOD, "transition_measure")
VARIABLES = {
    "transition_counts": Variable((*OF_METHOD, "transition_count"), "1", "boundaries of the test part, strict"),
    "transition_scores": Variable(MEASURED, "1", "share of references found; false boundaries for each reference"),
    "transition_scores_interval": Variable((*MEASURED, "bound"), "1", f"{INTERVAL} (test part); {NO_INTERVAL}"),
    "transition_gain": Variable(MEASURED, "1", "transition_scores minus those of MFCC"),
    "transition_gain_interval": Variable((*MEASURED, "bound"), "1", f"{INTERVAL} (test part), paired; {NO_INTERVAL}"),
    "transition_gain_p": Variable(MEASURED, "1", "two-sided p-value of a gain of 0, not corrected"),
}


@dataclass(frozen=True, eq=False)
class ScoredUtterance:
    """One utterance, and what each method finds in it.

    Attributes:
        id: id of the utterance.
        speaker: id of the speaker; empty if it is unknown.
        phones: symbol, start and end of each phone, in order.
        times: boundaries `[k]` of each method in seconds, MFCC first.
    """

    id: str
    speaker: str
    phones: Sequence[PhoneSpan]
    times: Sequence[Floats]


def build_transitions(
    methods: Sequence[str], utterances: Sequence[ScoredUtterance], tolerance: float, folding: Folding = "auto"
) -> xr.Dataset:
    """Count the boundaries of each method by transition, and compare its shares with those of the first method.

    Args:
        methods: names of the methods, in the order of the times of an utterance.
        utterances: the test part.
        tolerance: largest distance of a match in seconds.
        folding: how phones are named, or the phone of each symbol.

    Returns:
        A Dataset with the dimension `transition`: all transitions together, then each in order of frequency.
    """
    classes = phone_classes([symbol for own in utterances for symbol, _, _ in own.phones], folding)
    pairs_un = [boundary_transitions(own.phones, classes) for own in utterances]
    names, frequency = np.unique(np.concatenate([np.zeros(0, dtype=str), *pairs_un]), return_counts=True)
    transitions = names[np.argsort(-frequency, kind="stable")].tolist()
    counts_umpc = np.array(
        [_count(own, pairs_n, transitions, tolerance) for own, pairs_n in zip(utterances, pairs_un, strict=True)]
    )
    clusters = make_clusters([own.speaker for own in utterances], [own.id for own in utterances])
    coords = {
        "segmenter": np.array(methods, dtype=object),
        "transition": np.array([ALL, *transitions], dtype=object),
        "transition_count": np.array(TRANSITION_COUNTS, dtype=object),
        "transition_measure": np.array(TRANSITION_MEASURES, dtype=object),
        "bound": np.array(["low", "high"], dtype=object),
    }
    return xr.Dataset(labelled(VARIABLES, _scores(counts_umpc, clusters)), coords=coords)


def phone_classes(symbols: Sequence[str], folding: Folding = "auto") -> dict[str, str]:
    """Return the class of each different symbol of a corpus.

    Closures of TIMIT are a class of their own. Symbols without a phone among the 39 have the class `other`.

    >>> phone_classes(["h#", "tcl", "t", "iy", "?"])
    {'h#': 'silence', 'tcl': 'closure', 't': 'stop', 'iy': 'vowel', '?': 'other'}
    """
    different = list(dict.fromkeys(symbols))
    folded = fold_phones(different, to="39" if isinstance(folding, str) else folding).symbols
    return {symbol: _class_of(symbol, phone) for symbol, phone in zip(different, folded, strict=True)}


def _class_of(symbol: str, phone: str) -> str:
    if is_silence(symbol):
        return SILENCE
    if symbol in CLOSURES.values():
        return CLOSURE
    info = phone_info(phone)
    return info.category if info else OTHER


def boundary_transitions(phones: Sequence[PhoneSpan], classes: Mapping[str, str]) -> Array:
    """Return the classes before and after each boundary `[n]` of `inner_boundaries`; a gap between labels is silence.

    >>> boundary_transitions([("t", 0.0, 0.1), ("iy", 0.1, 0.2), ("t", 0.3, 0.4)], {"t": "stop", "iy": "vowel"}).tolist()
    ['stop → vowel', 'vowel → silence', 'silence → stop']
    """  # noqa: E501
    boundaries = inner_boundaries((start, end) for _, start, end in phones)
    before, after = (_classes_at(boundaries + shift, phones, classes) for shift in (-MARGIN, MARGIN))
    return np.array([f"{first}{ARROW}{second}" for first, second in zip(before, after, strict=True)], dtype=str)


def _classes_at(times: Floats, phones: Sequence[PhoneSpan], classes: Mapping[str, str]) -> list[str]:
    places = np.searchsorted([start for _, start, _ in phones], times, side="right") - 1
    covered = [(phones[place], time) for place, time in zip(places.tolist(), times.tolist(), strict=True)]
    return [classes[symbol] if end > time else SILENCE for (symbol, _, end), time in covered]


def region_matches(reference: Floats, predicted: Floats, tolerance: float) -> tuple[Ints, Bools]:
    """Return how many predictions are in the region of each reference `[n]`, and which references `[n]` are found.

    >>> region_matches(np.array([0.1, 0.2]), np.array([0.09, 0.12, 0.3]), 0.020)
    (array([2, 1]), array([ True, False]))
    """
    is_found = np.zeros(len(reference), dtype=np.bool_)
    if not len(reference):
        return np.zeros(0, dtype=np.int64), is_found
    region = np.searchsorted((reference[:-1] + reference[1:]) / 2 + ROUNDING, predicted)
    is_found[region[np.abs(predicted - reference[region]) <= tolerance + ROUNDING]] = True
    return np.bincount(region, minlength=len(reference)), is_found


def _count(own: ScoredUtterance, pairs_n: Array, transitions: Sequence[str], tolerance: float) -> Ints:
    """Return the counts `[method, 1 + transition, count]` of one utterance; the first are of all transitions."""
    reference = inner_boundaries((start, end) for _, start, end in own.phones)
    matches = [region_matches(reference, times, tolerance) for times in own.times]
    first = matches[0][1]
    rows_mcn = np.array(
        [[np.ones_like(near), near, is_found, is_found & ~first] for near, is_found in matches], dtype=np.int64
    )
    is_own_pn = np.array([np.ones(len(pairs_n)), *(pairs_n == name for name in transitions)], dtype=np.int64)
    return np.einsum("mcn,pn->mpc", rows_mcn, is_own_pn)


def _scores(counts_umpc: Ints, clusters: Clusters) -> dict[str, Array]:
    """Return the arrays of `VARIABLES`."""
    sums_gmpc = group_sums(counts_umpc, clusters)
    scores = estimate(_shares, clusters.key, sums_gmpc)
    references = np.repeat(sums_gmpc[..., :1], len(TRANSITION_MEASURES), axis=-1)
    scores = replace(
        scores,
        support={clusters.key: np.count_nonzero(references, axis=0)},
        effective={clusters.key: effective_count(references)},
    )
    gain = apply(_gain, scores)
    return {
        "transition_counts": counts_umpc.sum(axis=0),
        "transition_scores": scores.value,
        "transition_scores_interval": _intervals(scores),
        "transition_gain": gain.value,
        "transition_gain_interval": interval(gain),
        "transition_gain_p": p_value(gain),
    }


def _shares(counts: AnyFloats) -> AnyFloats:
    """Return the measures `[..., measure]` of counts `[..., count]`; NaN without a reference."""
    reference, predicted, hits = counts[..., 0], counts[..., 1], counts[..., 2]
    with np.errstate(invalid="ignore"):
        return np.stack([hits / reference, (predicted - hits) / reference], axis=-1)


def _gain(scores: AnyFloats) -> AnyFloats:
    """Return scores `[..., method, transition, measure]` minus those of the first method."""
    return np.asarray(scores - scores[..., :1, :, :])


def _intervals(scores: Estimate) -> AnyFloats:
    """Return intervals `[..., measure, bound]`: of a share on the scale of its logit, of a rate on its own."""
    is_share = np.array([name == "found" for name in TRANSITION_MEASURES])[:, None]
    return np.where(is_share, interval(scores, LOGIT), interval(scores))
