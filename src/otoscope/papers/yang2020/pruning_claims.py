"""The method's claims about which heads matter, asked of a run of curves: each holds, does not hold, or cannot be told.

Yang, Liu and Lee 2020, section 5. Every answer is a difference of scores, paired over seeds and utterances: above zero
(the claim's way) with its whole 95 % interval it holds, below zero it does not. Where a claim compares with several, it
holds if all say so, and does not if any says the contrary. Where it is of some among several, it holds if one says so,
and does not if all say the contrary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.pruning.curves import Scores, scores_of
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval
from otoscope.results.text_table import aligned

Floats = NDArray[np.floating]
Answer = Literal["holds", "does not hold", "cannot tell"]
CATEGORIES = ("diagonality", "verticality", "globalness")
HARMLESS = 0.05  # of accuracy: a loss of less is "nearly unharmed"
FIRST = slice(1, 2)  # of a curve: its first step


@dataclass(frozen=True)
class Difference:
    """How much better one score is than another, from drawn scores, with its 95 % interval."""

    what: str
    value: float
    low: float
    high: float

    @property
    def answer(self) -> Answer:
        """Whether it is surely above zero, surely below, or neither."""
        return "holds" if self.low > 0 else "does not hold" if self.high < 0 else "cannot tell"

    @property
    def cells(self) -> list[str]:
        """As a table shows it."""
        return [self.what, f"{self.value:+.3f}", f"{self.low:+.3f} to {self.high:+.3f}"]


def for_some(candidates: Sequence[Difference]) -> Difference:
    """The one that answers for "some of them": surely above zero if any is, surely below only if all are.

    >>> for_some([Difference("a", -0.5, -0.7, -0.2), Difference("b", 0.1, -0.8, 0.8)]).what
    'b'
    >>> for_some([Difference("a", 0.2, 0.1, 0.3), Difference("b", 0.1, -0.8, 0.8)]).what
    'a'
    """
    surest = max(candidates, key=lambda one: -np.inf if np.isnan(one.low) else one.low)
    return surest if surest.low > 0 else max(candidates, key=lambda one: np.inf if np.isnan(one.high) else one.high)


def for_every(candidates: Sequence[Difference]) -> Difference:
    """The one that answers for "every one of them": surely below zero if any is, surely above only if all are.

    >>> for_every([Difference("a", 0.3, 0.1, 0.5), Difference("b", 0.4, -0.1, 0.9)]).what
    'b'
    """
    surest = min(candidates, key=lambda one: np.inf if np.isnan(one.high) else one.high)
    return surest if surest.high < 0 else min(candidates, key=lambda one: -np.inf if np.isnan(one.low) else one.low)


@dataclass(frozen=True)
class Claim:
    """A claim, the probe by which it was asked, and the differences that answer it."""

    text: str
    probe: str
    differences: Sequence[Difference]

    @property
    def answer(self) -> Answer:
        """It holds where every difference says so, and does not where any says the contrary."""
        answers = {difference.answer for difference in self.differences}
        if "does not hold" in answers:
            return "does not hold"
        return "holds" if answers == {"holds"} else "cannot tell"


@dataclass(frozen=True)
class Asked:
    """One probe of a run of curves."""

    dataset: xr.Dataset
    scores: Scores

    def area(self, ranking: str, direction: str = "high to low", steps: slice = slice(None)) -> tuple[float, Floats]:
        """Mean score over some steps of a curve, high where good, and of its resamples."""
        place = self.dataset["place"].sel(ranking=ranking, direction=direction).values[steps]
        return self._mean(place)

    def span(self, radius: float, rows: str) -> tuple[float, Floats]:
        """Score under a span, high where good."""
        return self._mean(np.atleast_1d(self.dataset["span_place"].sel(radius=radius, rows=rows).values))

    def intact(self) -> tuple[float, Floats]:
        """Score of the intact model, high where good."""
        return self._mean(np.array([0]))

    def _mean(self, place: NDArray[np.int64]) -> tuple[float, Floats]:
        sign = self.scores.sign
        return float(sign * self.scores.plain[place].mean()), sign * self.scores.drawn[:, place].mean(axis=1)


def claims(dataset: xr.Dataset) -> list[Claim]:
    """The claims that the Dataset of a run of prune can be asked, by each of its probes where they are of any.

    It needs the rankings globalness, verticality and diagonality; weight, spans and probes as each claim says.
    """
    asked = {str(name): _asked(dataset, str(name)) for name in dataset["probe"].values}
    found = [claim for name, one in asked.items() for claim in _categories(name, one)]
    if "phone" in asked:
        found += _phones(asked["phone"])
        if "speaker-utterance" in asked and "span_place" in dataset:
            found.append(_unharmed(asked))
    return found


def claims_table(found: Sequence[Claim]) -> str:
    """One row for each claim and each difference that answers it."""
    rows = [
        [claim.text, claim.probe, claim.answer, *difference.cells] if place == 0 else ["", "", "", *difference.cells]
        for claim in found
        for place, difference in enumerate(claim.differences)
    ]
    return aligned(("claim", "probe", "answer", "score", "is", "95 % interval"), rows)


def _asked(dataset: xr.Dataset, probe: str) -> Asked:
    one = dataset.sel(probe=probe)
    total, count = one["total"].values, one["count"].values
    return Asked(one, scores_of(total, count, one["better"].item(), Bootstrap()))


def _categories(name: str, one: Asked) -> list[Claim]:
    """The order of the categories, by the score after the first step, then by the mean score as all heads go.

    Heads go from the highest of each statistic.
    """
    at_once, whole = ([one.area(ranking, steps=steps) for ranking in CATEGORIES] for steps in (FIRST, slice(None)))
    most, (_, vertical, general) = _over_diagonal(*whole), whole
    return [
        Claim("diagonal heads hurt most at once", name, _over_diagonal(*at_once)),
        Claim("diagonal heads matter most", name, most),
        Claim("vertical heads come next", name, [most[0], _minus("global over vertical", general, vertical)]),
        Claim("global heads matter least", name, [_minus("global over vertical", general, vertical), most[1]]),
    ]


def _over_diagonal(
    diagonal: tuple[float, Floats], vertical: tuple[float, Floats], general: tuple[float, Floats]
) -> list[Difference]:
    return [_minus("vertical over diagonal", vertical, diagonal), _minus("global over diagonal", general, diagonal)]


def _phones(one: Asked) -> list[Claim]:
    intact = one.intact()
    found = [
        Claim(
            "removing global heads raises it",
            "phone",
            [_minus("first step over intact", one.area("globalness", steps=FIRST), intact)],
        )
    ]
    if "span_place" in one.dataset:
        found.append(Claim("limiting the span raises it", "phone", [for_some(_spans(one))]))
    if "weight" in one.dataset["ranking"].values:
        low_end = slice(1, 1 + one.dataset.sizes["step"] // 2)
        globalness, weight = one.area("globalness", steps=low_end), one.area("weight", "low to high", low_end)
        found.append(
            Claim(
                "globalness ranks better than weight at the low end",
                "phone",
                [_minus("globalness over weight", globalness, weight)],
            )
        )
    return found


def _spans(one: Asked) -> list[Difference]:
    """The gain by each radius, with rows as published."""
    radii = one.dataset["radius"].values[1:]
    return [_minus(f"radius {radius:.0f} over intact", one.span(radius, "published"), one.intact()) for radius in radii]


def _unharmed(asked: dict[str, Asked]) -> Claim:
    """At the radius whose score of phones is best, the loss of speaker recognition against what is called harmless."""
    best = max(_spans(asked["phone"]), key=lambda difference: difference.value).what
    speaker, radius = asked["speaker-utterance"], float(best.split()[1])
    value, drawn = speaker.span(radius, "published")
    allowed = (value + HARMLESS, drawn + HARMLESS)
    text = f"limiting the span costs less than {HARMLESS:g}"
    return Claim(text, "speaker-utterance", [_minus(f"{best}, plus {HARMLESS:g}", allowed, speaker.intact())])


def _minus(what: str, a: tuple[float, Floats], b: tuple[float, Floats]) -> Difference:
    low, high = interval(a[1] - b[1])
    return Difference(what, a[0] - b[0], float(low), float(high))


def removable(dataset: xr.Dataset, probe: str = "phone") -> str:
    """Heads that go at no significant loss, along the curve on which most do: how many, and what the score changes."""
    one = dataset.sel(probe=probe)
    before = one["removed"].where(one["removed"] < one["first_drop"].fillna(np.inf)).max("step")
    most = before.max().item()
    if not most:
        first, whole = one["removed"].values[[1, -1]]
        return f"none can go: {probe} is worse from the first {first} of {whole} heads on, by every ranking"
    at = before.argmax(["ranking", "direction"])
    curve = one.isel({name: int(place) for name, place in at.items()})
    step = int(np.flatnonzero(one["removed"].values == most)[0])
    low, high = curve["change_interval"].isel(step=step).values
    share, way = most / one["removed"].values[-1], f"{curve['ranking'].item()}, {curve['direction'].item()}"
    return (
        f"{most:.0f} heads ({share:.0%}) can go by {way}: "
        f"{probe} changes by {curve['change'].isel(step=step).item():+.3f} ({low:+.3f} to {high:+.3f})"
    )
