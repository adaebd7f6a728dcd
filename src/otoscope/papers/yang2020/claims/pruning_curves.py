"""Claims about which heads matter, evaluated on a run of pruning curves.

Source: Yang, Liu and Lee 2020, section 5. Each claim is decided by differences of scores, paired over seeds and
clusters. A difference is positive if the claim is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.claim import Claim
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference, best_of, estimated_difference
from otoscope.papers.yang2020.published import published_claims
from otoscope.pruning.curves import Scores, scores_of
from otoscope.results.intervals import Estimate, apply
from otoscope.results.schema import run_clusters
from otoscope.results.text_table import format_table
from otoscope.typing import Ints

CATEGORY_STATISTICS = ("diagonality", "verticality", "globalness")
HARMLESS_LOSS = 0.05  # of accuracy: a smaller loss is "nearly unharmed"
FIRST_STEP, ALL_STEPS = slice(1, 2), slice(None)
PHONE_PROBE, SPEAKER_PROBE = "phone", "speaker-utterance"
AS_PUBLISHED = "published"  # normalisation of rows under a limited span


@dataclass(frozen=True)
class ProbeCurves:
    """The curves of one probe.

    Attributes:
        dataset: the part of the run that belongs to the probe.
        scores: scores of every intervention.
    """

    dataset: xr.Dataset
    scores: Scores

    def area(self, ranking: str, direction: str = "high to low", steps: slice = ALL_STEPS) -> Estimate:
        """Return the mean score over some steps of a curve, high if good."""
        return self._mean(self.dataset["place"].sel(ranking=ranking, direction=direction).values[steps])

    def span(self, radius: float) -> Estimate:
        """Return the score under a span of this radius in frames, with rows as published."""
        return self._mean(np.atleast_1d(self.dataset["span_place"].sel(radius=radius, rows=AS_PUBLISHED).values))

    def intact(self) -> Estimate:
        """Return the score of the intact model."""
        return self._mean(np.array([0]))

    def span_gains(self) -> dict[float, Difference]:
        """Return the gain over the intact model by each radius."""
        intact = self.intact()
        radii = self.dataset["radius"].values[1:].tolist()
        return {radius: _gain(_span_label(radius), self.span(radius), intact) for radius in radii}

    def _mean(self, interventions: Ints) -> Estimate:
        sign = self.scores.sign
        return apply(lambda score: sign * score[:, interventions].mean(axis=1), self.scores.estimate)


def curve_claims(dataset: xr.Dataset) -> list[Claim]:
    """Return the claims that a run of `prune` can decide, by each of its probes.

    Args:
        dataset: Dataset of the run, with the rankings globalness, verticality and diagonality. Some claims also need
            weight, spans, or the probes of phones and speakers; they are omitted otherwise.
    """
    probes = {str(name): probe_curves(dataset, str(name)) for name in dataset["probe"].values}
    claims = [claim for name, curves in probes.items() for claim in _category_claims(name, curves)]
    if PHONE_PROBE in probes:
        claims += _phone_claims(probes[PHONE_PROBE])
        if SPEAKER_PROBE in probes and "span_place" in dataset:
            claims.append(_speaker_claim(probes[PHONE_PROBE], probes[SPEAKER_PROBE]))
    return claims


def probe_curves(dataset: xr.Dataset, probe: str) -> ProbeCurves:
    """Return the curves of one probe of a run."""
    selected = dataset.sel(probe=probe)
    total, count = selected["total"].values, selected["count"].values
    return ProbeCurves(selected, scores_of(total, count, selected["higher_is_better"].item(), run_clusters(dataset)))


def format_claims(claims: Sequence[Claim]) -> str:
    """Return a text table with one row for each difference of each claim."""
    texts = published_claims()
    rows = []
    for claim in claims:
        first = [texts[claim.id].text, claim.evaluated_on, claim.verdict.value]
        for number, difference in enumerate(claim.differences):
            rows.append([*(["", "", ""] if number else first), *difference.cells])
    return format_table(("claim", "probe", "verdict", "difference", "value", "95 % interval"), rows)


def max_removable(dataset: xr.Dataset, probe: str = PHONE_PROBE) -> str:
    """Return the sentence that reports how many heads can be removed without significant loss, by the best curve."""
    selected = dataset.sel(probe=probe)
    harmless = selected["removed"] < selected["first_drop"].fillna(np.inf)
    removable = selected["removed"].where(harmless).max("step")
    most = removable.max().item()
    if not most:
        first, total = selected["removed"].values[[1, -1]]
        return f"none can go: {probe} is worse from the first {first} of {total} heads on, by every ranking"
    best = removable.argmax(["ranking", "direction"])
    curve = selected.isel({name: int(index) for name, index in best.items()})
    step = int(np.flatnonzero(selected["removed"].values == most)[0])
    low, high = curve["change_interval"].isel(step=step).values
    share, ranking = most / selected["removed"].values[-1], f"{curve['ranking'].item()}, {curve['direction'].item()}"
    return (
        f"{most:.0f} heads ({share:.0%}) can go by {ranking}: "
        f"{probe} changes by {curve['change'].isel(step=step).item():+.3f} ({low:+.3f} to {high:+.3f})"
    )


def _category_claims(probe: str, curves: ProbeCurves) -> list[Claim]:
    """Return the claims about the order of the categories, heads removed from the highest of each statistic."""
    first = _CategoryGains.of(*(curves.area(name, steps=FIRST_STEP) for name in CATEGORY_STATISTICS))
    whole = _CategoryGains.of(*(curves.area(name) for name in CATEGORY_STATISTICS))
    return [
        Claim(ClaimId.DIAGONAL_FIRST_STEP, probe, [first.vertical_diagonal, first.global_diagonal]),
        Claim(ClaimId.DIAGONAL_MOST, probe, [whole.vertical_diagonal, whole.global_diagonal]),
        Claim(ClaimId.VERTICAL_NEXT, probe, [whole.vertical_diagonal, whole.global_vertical]),
        Claim(ClaimId.GLOBAL_LEAST, probe, [whole.global_vertical, whole.global_diagonal]),
    ]


@dataclass(frozen=True)
class _CategoryGains:
    """How much better a model is without the heads of one category than without those of another."""

    vertical_diagonal: Difference
    global_diagonal: Difference
    global_vertical: Difference

    @classmethod
    def of(cls, diagonal: Estimate, vertical: Estimate, global_: Estimate) -> "_CategoryGains":
        """Return the gains from the scores without the heads of each category."""
        return cls(
            _gain("vertical over diagonal", vertical, diagonal),
            _gain("global over diagonal", global_, diagonal),
            _gain("global over vertical", global_, vertical),
        )


def _phone_claims(curves: ProbeCurves) -> list[Claim]:
    gain = _gain("first step over intact", curves.area("globalness", steps=FIRST_STEP), curves.intact())
    claims = [Claim(ClaimId.GLOBAL_REMOVAL_HELPS, PHONE_PROBE, [gain])]
    if "span_place" in curves.dataset:
        best = best_of(list(curves.span_gains().values()))
        claims.append(Claim(ClaimId.SPAN_LIMIT_HELPS, PHONE_PROBE, [best]))
    if "weight" in curves.dataset["ranking"].values:
        low_end = slice(1, 1 + curves.dataset.sizes["step"] // 2)
        globalness, weight = curves.area("globalness", steps=low_end), curves.area("weight", "low to high", low_end)
        gain = _gain("globalness over weight", globalness, weight)
        claims.append(Claim(ClaimId.BEATS_WEIGHT, PHONE_PROBE, [gain]))
    return claims


def _speaker_claim(phone: ProbeCurves, speaker: ProbeCurves) -> Claim:
    """Return whether speaker recognition is nearly unharmed by the radius that is best for phones."""
    gains = phone.span_gains()
    radius = max(gains, key=lambda radius: gains[radius].value)
    label = f"{_span_label(radius)}, plus {HARMLESS_LOSS:g}"
    gain = _gain(label, apply(lambda score: score + HARMLESS_LOSS, speaker.span(radius)), speaker.intact())
    return Claim(ClaimId.SPAN_LIMIT_IS_CHEAP, SPEAKER_PROBE, [gain])


def _span_label(radius: float) -> str:
    return f"radius {radius:.0f} over intact"


def _gain(label: str, better: Estimate, baseline: Estimate) -> Difference:
    return estimated_difference(label, apply(np.subtract, better, baseline))
