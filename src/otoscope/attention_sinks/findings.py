"""What the literature says of sinks, and whether it holds for a model: each claim as a difference with an interval.

Axes: g group of clusters, l layer, h head.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from otoscope.attention_sinks.group_sums import GroupSums, count_of
from otoscope.results.intervals import Estimate, apply, difference, estimate, interval
from otoscope.results.verdict import Verdict, verdict_of_interval
from otoscope.statistics.clusters import Clusters
from otoscope.typing import AnyFloats, Ints

IDLE_RATIO = 0.5  # of the mean output norm of the layer: a head below does nothing
ONSET = 0.5  # of the largest share of a layer: where sinks begin
MARGIN = 0.01  # of a score: a smaller change is none
LEAST_SHARE = 0.01  # of the attention of a layer: with less on sinks, there is no layer at which they begin


@dataclass(frozen=True)
class Finding:
    """A claim, the number that decides it with its interval, and the verdict."""

    claim: str
    number: str
    value: float
    low: float
    high: float
    verdict: Verdict


def findings(sums: GroupSums, explained: Mapping[str, Estimate], clusters: Clusters) -> list[Finding]:
    """Return the findings that need no probe."""
    shares = sums["sink_share"], sums[count_of("sink_share")]
    least = estimate(_least_share, clusters.key, *shares)
    decisions = [
        _decide("sinks begin at one layer and stay", "least share from there on, of the largest", least, ONSET)
    ]
    if "value_ratio" in sums:
        ratio = estimate(_log_ratio, clusters.key, sums["value_ratio"], sums[count_of("value_ratio")])
        small = apply(np.negative, ratio)
        decisions.insert(0, _decide("sinks carry small values", "-ln of value norm, sinks over others", small, 0.0))
    if "phone" in explained:
        gain = difference(explained["position"], explained["phone"])
        decisions.append(_decide("sinks lie at fixed positions, not phones", "variance explained, less", gain, 0.0))
    if "output_ratio" in sums and sums["outside_share"].any():
        idle = estimate(_idle_share, clusters.key, *_idle_sums(sums))
        decisions.append(_decide("attention outside is of heads that do nothing", "share of such heads", idle, 0.5))
    return decisions


def change_finding(probe: str, condition: str, change: Estimate) -> Finding:
    """Return whether an intervention leaves a probe as it is: the interval of the change is within `MARGIN`."""
    low, high = interval(change)
    if low > -MARGIN and high < MARGIN:
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.DOES_NOT_HOLD if low > 0 or high < 0 else Verdict.UNDECIDED
    claim = f"{condition}: no change of {probe}"
    return Finding(claim, "change of the score", float(change.value), float(low), float(high), verdict)


def onset_layer(share_l: AnyFloats) -> Ints:
    """Return the first layer with half of the largest share of the attention on sinks, from shares `[..., l]`.

    >>> onset_layer(np.array([0.01, 0.02, 0.4, 0.5])).item()
    2
    """
    return np.asarray(np.argmax(share_l >= ONSET * share_l.max(-1, keepdims=True), -1))


def layer_shares(total_lh: AnyFloats, count_lh: AnyFloats) -> AnyFloats:
    """Return means over the heads of each layer, `[..., l]`, from sums and counts `[..., l, h]`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_lh = np.where(count_lh > 0, total_lh / count_lh, np.nan)
        present = ~np.isnan(mean_lh)
        return np.asarray(np.nansum(mean_lh, -1) / present.sum(-1))


def _least_share(total_lh: AnyFloats, count_lh: AnyFloats) -> AnyFloats:
    """Return the least share of a layer from the onset on, over the largest; NaN with hardly any sinks."""
    share_l = layer_shares(total_lh, count_lh)
    largest = share_l.max(-1)
    is_before = np.arange(share_l.shape[-1]) < onset_layer(share_l)[..., None]
    least = np.where(is_before, np.inf, share_l).min(-1)
    return np.where(largest >= LEAST_SHARE, least / largest, np.nan)


def _log_ratio(total_lh: AnyFloats, count_lh: AnyFloats) -> AnyFloats:
    return np.log(total_lh.sum((-2, -1)) / count_lh.sum((-2, -1)))


def _idle_sums(sums: GroupSums) -> tuple[AnyFloats, AnyFloats, AnyFloats]:
    return sums["outside_share"], sums["output_ratio"], sums[count_of("output_ratio")]


def _idle_share(outside_lh: AnyFloats, ratio_lh: AnyFloats, count_lh: AnyFloats) -> AnyFloats:
    """Return the share of the attention outside that heads with a small output have."""
    with np.errstate(invalid="ignore", divide="ignore"):
        is_idle = ratio_lh / count_lh < IDLE_RATIO
    return np.asarray((outside_lh * is_idle).sum((-2, -1)) / outside_lh.sum((-2, -1)))


def _decide(claim: str, number: str, value: Estimate, least: float) -> Finding:
    """Return the verdict of a claim that is right where the value is above `least`."""
    low, high = (float(end) for end in interval(value))
    return Finding(claim, number, float(value.value), low, high, verdict_of_interval(low - least, high - least))
