"""Coverage of the 95 % intervals of `otoscope.results.intervals` on drawn corpora whose true values are known.

python benchmarks/intervals.py --out docs/results/intervals.md

Each kind of value is drawn for many corpora of independent utterances, and of speakers with 5 to 20 utterances.
Axes: g cluster, t corpus, u utterance of a cluster.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import expit

from otoscope.results.intervals import (
    FISHER,
    IDENTITY,
    LOG,
    LOGIT,
    Estimate,
    Scale,
    difference,
    effective_count,
    estimate,
    interval,
    ratio,
)
from otoscope.typing import AnyFloats, Array

COLUMNS = ((True, 5), (True, 10), (True, 40), (False, 4), (False, 8), (False, 15), (False, 40))
ICC = 0.31  # intraclass correlation of globalness by speaker, on speechocean762
RESAMPLES = 400  # of the percentile bootstrap that is compared


class Corpora:
    """Drawn corpora: `trials` of them, of `count` clusters each. Draws change the state of the generator."""

    def __init__(self, count: int, is_independent: bool, trials: int, seed: int = 0) -> None:
        """Draw the number of utterances of each cluster."""
        self.rng = np.random.default_rng([seed, count, is_independent])
        sizes = (
            self.rng.integers(1, 2, (count, trials)) if is_independent else self.rng.integers(5, 21, (count, trials))
        )
        self.shape = (count, trials, int(sizes.max()))
        self.present = np.arange(self.shape[2]) < sizes[..., None]

    def normal(self) -> AnyFloats:
        """Return values `[g, t, u]` of variance 1, of which a share `ICC` is between clusters."""
        own = self.rng.standard_normal(self.shape[:2])[..., None]
        return np.asarray(np.sqrt(ICC) * own + np.sqrt(1 - ICC) * self.rng.standard_normal(self.shape))

    def frames(self) -> AnyFloats:
        """Return numbers of frames `[g, t, u]`."""
        return self.rng.integers(50, 300, self.shape).astype(np.float64)

    def accuracy(self, level: float) -> AnyFloats:
        """Return expected accuracies `[g, t, u]`, with a mean of `level`."""
        own = self.rng.beta(40 * level, 40 * (1 - level), self.shape[:2])[..., None]
        return np.asarray(self.rng.beta(20 * own, np.maximum(20 * (1 - own), 1e-3), self.shape))

    def sums(self, values: Array) -> AnyFloats:
        """Return the sums `[g, t]` over the utterances of each cluster."""
        return np.asarray((values * self.present).sum(axis=2))

    def mean(self, values: AnyFloats) -> Estimate:
        """Return the mean over utterances, `[t]`."""
        return estimate(ratio, "cluster", self.sums(values), self.sums(np.ones(self.shape)))


@dataclass(frozen=True)
class Kind:
    """A kind of value: its title, how to draw estimates `[t]` and the true value, and the scale of its interval."""

    title: str
    draw: Callable[[Corpora], tuple[Estimate, float]]
    scale: Scale = IDENTITY


def skewed(corpora: Corpora) -> tuple[Estimate, float]:
    """Draw means of log-normal values of skewness 1.75."""
    return corpora.mean(np.exp(0.5 * corpora.normal())), float(np.exp(0.125))


def zeros(corpora: Corpora, share: float) -> tuple[Estimate, float]:
    """Draw means of shares of which many are zero."""
    values = corpora.rng.beta(2, 6, corpora.shape) * (corpora.rng.random(corpora.shape) > share)
    return corpora.mean(values), 0.25 * (1 - share)


def accuracy(corpora: Corpora, level: float) -> tuple[Estimate, float]:
    """Draw accuracies over all frames."""
    frames = corpora.frames()
    right = corpora.rng.binomial(frames.astype(int), corpora.accuracy(level))
    return estimate(ratio, "cluster", corpora.sums(right), corpora.sums(frames)), level


def seeds(corpora: Corpora) -> tuple[Estimate, float]:
    """Draw accuracies averaged over three seeds, whose standard deviation is .02."""
    frames, expected = corpora.frames(), corpora.accuracy(0.6)
    total = corpora.sums(frames)
    by_seed = []
    for _ in range(3):
        shift = 0.02 * corpora.rng.standard_normal(corpora.shape[1])[:, None]
        right = corpora.rng.binomial(frames.astype(int), np.clip(expected + shift, 0, 1))
        by_seed.append(estimate(ratio, "cluster", corpora.sums(right), total))
    value = np.mean([one.value for one in by_seed], axis=0)
    others = [np.mean([one.value for one in by_seed if one is not left], axis=0) for left in by_seed]
    clusters = np.mean([one.replicates["cluster"] for one in by_seed], axis=0)
    return Estimate(value, {"cluster": clusters, "seed": np.stack(others)}), 0.6


def accuracies(corpora: Corpora) -> tuple[Estimate, float]:
    """Draw differences of accuracies of .60 and .55 on the same utterances."""
    frames, expected = corpora.frames(), corpora.accuracy(0.6)
    total = corpora.sums(frames)
    pair = [corpora.rng.binomial(frames.astype(int), factor * expected) for factor in (1, 0.55 / 0.6)]
    high, low = (estimate(ratio, "cluster", corpora.sums(right), total) for right in pair)
    return difference(high, low), 0.05


def unpaired(corpora: Corpora) -> tuple[Estimate, float]:
    """Draw differences of means of two corpora of other speakers."""
    first, other = corpora.mean(corpora.normal()), corpora.mean(corpora.normal())
    return difference(first, Estimate(other.value, {"other": other.replicates["cluster"]})), 0.0


def r_value(reference: AnyFloats, predicted: AnyFloats, hits: AnyFloats) -> AnyFloats:
    """Return the R-value (Rasanen et al. 2009) of pooled counts."""
    recall, over = hits / reference, predicted / reference - 1
    distances = np.hypot(1 - recall, over), np.abs(recall - 1 - over) / np.sqrt(2)
    return np.asarray(1 - sum(distances) / 2)


def boundaries(corpora: Corpora, gain: float) -> tuple[AnyFloats, AnyFloats, AnyFloats]:
    """Draw counts of boundaries: reference, predicted, hits, `[g, t]`; `gain` on the logit of the recall."""
    reference = corpora.rng.integers(15, 50, corpora.shape)
    hits = corpora.rng.binomial(reference, expit(1 + gain + 0.5 * corpora.normal()))
    predicted = hits + corpora.rng.poisson(0.3 * reference)
    return corpora.sums(reference), corpora.sums(predicted), corpora.sums(hits)


def true_r_value() -> float:
    """Return the R-value of `boundaries` without end, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    recall = float((weights * expit(1 + 0.5 * nodes)).sum() / weights.sum())
    return float(r_value(np.array(1.0), np.array(recall + 0.3), np.array(recall)))


def to_uniform(corpora: Corpora) -> tuple[Estimate, float]:
    """Draw ratios of attention to a phone and uniform attention: twice, log-normal by utterance."""
    uniform = corpora.rng.beta(2, 40, corpora.shape)
    attention = 2 * uniform * np.exp(0.5 * corpora.normal() - 0.125)
    weights = corpora.sums(uniform)
    value = estimate(np.divide, "cluster", corpora.sums(attention), weights)
    return replace(value, effective={"cluster": effective_count(weights)}), 2.0


def correlation(corpora: Corpora, rho: float) -> tuple[Estimate, float]:
    """Draw Pearson correlations over utterances."""
    x = corpora.normal()
    y = rho * x + np.sqrt(1 - rho**2) * corpora.normal()
    moments = [corpora.sums(values) for values in (np.ones(x.shape), x, y, x * x, y * y, x * y)]
    return estimate(pearson, "cluster", *moments), rho


def pearson(n: AnyFloats, x: AnyFloats, y: AnyFloats, xx: AnyFloats, yy: AnyFloats, xy: AnyFloats) -> AnyFloats:
    """Return the correlation from sums."""
    return np.asarray((n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y)))


KINDS = (
    Kind("mean", lambda corpora: (corpora.mean(corpora.normal()), 0.0)),
    Kind("mean of skewed values", skewed),
    Kind("share, half of the utterances 0", lambda corpora: zeros(corpora, 0.5), LOGIT),
    Kind("share, 80 % of the utterances 0", lambda corpora: zeros(corpora, 0.8), LOGIT),
    Kind("ratio to uniform attention", to_uniform, LOG),
    Kind("R-value", lambda corpora: (estimate(r_value, "cluster", *boundaries(corpora, 0)), true_r_value())),
    Kind("accuracy .40", lambda corpora: accuracy(corpora, 0.4), LOGIT),
    Kind("accuracy .95", lambda corpora: accuracy(corpora, 0.95), LOGIT),
    Kind("accuracy over three seeds", seeds, LOGIT),
    Kind("paired difference of accuracies", accuracies),
    Kind("difference of means, other speakers", unpaired),
    Kind("correlation 0", lambda corpora: correlation(corpora, 0), FISHER),
    Kind("correlation .9", lambda corpora: correlation(corpora, 0.9), FISHER),
)


@cache
def coverage(kind: Kind, count: int, is_independent: bool, trials: int = 4000) -> tuple[float, float]:
    """Return the share of intervals that contain the true value, and the share of corpora that have an interval."""
    value, truth = kind.draw(Corpora(count, is_independent, trials))
    low, high = np.moveaxis(interval(value, kind.scale), -1, 0)
    has_interval = ~np.isnan(low)
    covers = ((low <= truth) & (truth <= high))[has_interval]
    return float(covers.mean()), float(has_interval.mean())


def percentile_coverage(count: int, is_independent: bool, by_cluster: bool, trials: int = 1000) -> float:
    """Return the coverage of a percentile bootstrap of the mean, over clusters or over all utterances."""
    corpora = Corpora(count, is_independent, trials)
    values, rng = corpora.normal(), corpora.rng
    hits = 0
    for trial in range(trials):
        present = corpora.present[:, trial]
        rows = values[:, trial][present][:, None] if not by_cluster else corpora.sums(values)[:, [trial]]
        sizes = np.ones(len(rows)) if not by_cluster else present.sum(axis=1)
        weights: Array = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), RESAMPLES)
        low, high = np.quantile(weights @ rows[:, 0] / (weights @ sizes), (0.025, 0.975))
        hits += low <= 0 <= high
    return hits / trials


def table() -> Iterator[str]:
    """Yield the lines of the table of coverage."""
    titles = [f"{count} {'utterances' if is_independent else 'speakers'}" for is_independent, count in COLUMNS]
    yield f"| value | {' | '.join(titles)} |"
    yield f"|---|{'---|' * len(titles)}"
    for kind in KINDS:
        cells = [coverage(kind, count, is_independent) for is_independent, count in COLUMNS]
        yield f"| {kind.title} | {' | '.join(_cell(*cell) for cell in cells)} |"
    for by_cluster, title in ((True, "clusters"), (False, "utterances")):
        shares = [percentile_coverage(count, is_independent, by_cluster) for is_independent, count in COLUMNS]
        yield f"| *mean, percentile bootstrap over {title}* | {' | '.join(f'{share:.2f}' for share in shares)} |"


def _cell(share: float, has_interval: float) -> str:
    return f"{share:.3f}" if has_interval > 0.995 else f"{share:.3f} ({has_interval:.0%})"


PAGE = """# Coverage of intervals

How often does a 95 % interval contain the true value? Corpora are drawn whose true values are known: independent
utterances, or speakers with 5 to 20 utterances and an intraclass correlation of .31. Intervals are those of
[decision 8](../decisions/008-intervals.md).

Command: `python benchmarks/intervals.py --out docs/results/intervals.md`

{table}

4000 corpora a cell (standard error .003), 1000 for the bootstraps. In brackets: the share of corpora that have an
interval, if some have none. A share has none if at most one cluster is not 0.

{result}
"""


def result() -> str:
    """Return the sentence of the result."""
    cells = {kind.title: [coverage(kind, count, alone)[0] for alone, count in COLUMNS] for kind in KINDS}
    outside = [title for title, shares in cells.items() if min(shares) < 0.92 or max(shares) > 0.98]
    inside = [share for title, shares in cells.items() if title not in outside for share in shares]
    sentence = f"**Result.** Coverage is {min(inside):.3f} to {max(inside):.3f}"
    if outside:
        ends = [f"{title} ({min(cells[title]):.3f} to {max(cells[title]):.3f})" for title in outside]
        sentence += f" for every kind but {' and '.join(ends)}"
    bootstraps = "A percentile bootstrap over few clusters covers too rarely, and over utterances of speakers always."
    return f"{sentence}.\n{bootstraps}"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    page = PAGE.format(table="\n".join(table()), result=result())
    parser.parse_args().out.write_text(page)


if __name__ == "__main__":
    main()
