"""What each lever gives an ensemble of attention: one line for each, on the validation and on the test speakers.

Every choice uses the validation speakers alone; weights and thresholds are chosen on speakers whose labels the weights
did not use. The scores of all voters are stored in a folder, so that a second call is fast.

    python experiments/segmentation/levers.py MODEL CORPUS --validation dr1-fvmh0,dr1-mcpm0,dr2-marc0 --cache FOLDER
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from scipy.signal import find_peaks

import otoscope
from otoscope.corpus import load_audio
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import make_source
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.grid_counts import strict_counts_of_rows
from otoscope.segmentation.job import prepare_job
from otoscope.segmentation.options import SegmentationOptions
from otoscope.segmentation.score_sum import STEP, averaged_scores, grid_times, smoothed
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.shifted_features import SPECTRAL_RATE, voter_features
from otoscope.segmentation.split import LabelledUtterance, with_progress
from otoscope.segmentation.voter_tuning import RunStore, best_voters, grid_counts
from otoscope.segmentation.voters import ATTENTION, LOG_MEL_FRAMES, MFCC_FRAMES, STATES, Voter
from otoscope.segmentation.voting_weights import RIDGE
from otoscope.typing import Floats, Ints

FACTORS = (1.2**-2, 1.0, 1.2**2)
SMOOTHINGS = (0.0, 0.004, 0.006, 0.008)
DEPTHS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08)
SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24)
LAGS = {"one time": (0,), "three times": (-3, 0, 3), "seven times": (-6, -4, -2, 0, 2, 4, 6)}
"""Steps of 5 ms."""
TARGET_SIGMA = 0.010
TOLERANCE = 0.020


@dataclass(frozen=True, eq=False)
class Scored:
    """One utterance: speaker, reference boundaries, and square roots of scores `[voter, factor, t]`."""

    speaker: str
    reference: Floats
    scores: Floats


def candidates(encoder: otoscope.Encoder) -> list[Voter]:
    """Return voters without parameters: all heads, all layers, and spectral frames."""
    heads = [(layer, head) for layer, count in enumerate(encoder.n_heads) for head in range(count)]
    own = [Voter(ATTENTION, np.nan, np.nan, *head, power=0.5) for head in heads]
    states = [Voter(STATES, np.nan, np.nan, layer) for layer in range(encoder.n_layers)]
    return [*own, *states, *(Voter(source, np.nan, np.nan) for source in (MFCC_FRAMES, LOG_MEL_FRAMES))]


def score(part: SearchPart, voters: Sequence[Voter], cache: Path) -> list[Scored]:
    """Return the scores of the voters for each utterance of a part, from the cache if they are there."""
    scored = []
    for utterance in with_progress(part.utterances, cache.name):
        path = cache / f"{utterance.cut.id.replace('/', '_')}.npy"
        if not path.exists():
            np.save(path, _scores(part, utterance, voters))
        scored.append(Scored(utterance.speaker, utterance.boundaries, np.load(path).astype(np.float64)))
    return scored


def _scores(part: SearchPart, utterance: LabelledUtterance, voters: Sequence[Voter]) -> Floats:
    waves = part.encoder.load_wave(utterance.cut), load_audio(utterance.cut, SPECTRAL_RATE)
    features = voter_features(part.encoder, waves, voters, part.options.shifts)
    times = grid_times(utterance.cut.duration)
    rows = [averaged_scores(features[voter], voter, FACTORS, times) for voter in voters]
    return np.sqrt(np.array(rows)).astype(np.float32)


def counts_of(total: Floats, reference: Floats, depth: float) -> Ints:
    """Return the strict counts of the minima of a sum that are deep enough."""
    places, peaks = find_peaks(-total, prominence=depth, plateau_size=1)
    times = STEP * (peaks["left_edges"] + peaks["right_edges"]) / 2
    return strict_counts_of_rows(reference, np.zeros(len(places), dtype=np.int64), times, 1, TOLERANCE)[0]


def r_value(totals: Sequence[Floats], part: Sequence[Scored], smoothing: float, depth: float) -> float:
    """Return the R-value of the sums of some utterances."""
    counts = [
        counts_of(smoothed(total, smoothing), own.reference, depth) for total, own in zip(totals, part, strict=True)
    ]
    return float(scores_of(np.sum(counts, axis=0))[R_VALUE])


def sums(part: Sequence[Scored], places: Sequence[int], weights: Sequence[float], factor: int) -> list[Floats]:
    """Return the weighted mean of the scores of some voters for each utterance."""
    weight = np.asarray(weights) / np.sum(weights)
    return [np.tensordot(weight, own.scores[list(places), factor], 1) for own in part]


@dataclass(frozen=True)
class Choice:
    """What the validation part chose for a sum, with its R-value there."""

    value: float
    places: tuple[int, ...]
    weights: tuple[float, ...]
    factor: int
    smoothing: float
    depth: float

    def test(self, part: Sequence[Scored]) -> float:
        """Return the R-value of the choice on other utterances."""
        return r_value(sums(part, self.places, self.weights, self.factor), part, self.smoothing, self.depth)


def choose(
    part: Sequence[Scored], groups: Sequence[tuple[Sequence[int], Sequence[float]]], depths: Sequence[float]
) -> Choice:
    """Return the group, factor, smoothing and depth of the highest R-value."""
    best = None
    for (places, weights), factor in product(groups, range(len(FACTORS))):
        totals = sums(part, places, weights, factor)
        for smoothing, depth in product(SMOOTHINGS, depths):
            value = r_value(totals, part, smoothing, depth)
            if best is None or value > best.value:
                best = Choice(value, tuple(places), tuple(weights), factor, smoothing, depth)
    assert best is not None
    return best


def greedy(part: Sequence[Scored], pool: Sequence[int], base: Choice, most: int = 8) -> Choice:
    """Add voters (also again, so that they have weights) while the R-value rises."""
    chosen = [base.places[0]]
    best = choose(part, [(chosen, [1.0])], DEPTHS)
    while len(chosen) < most:
        steps = []
        for place in pool:
            group = [*chosen, place]
            totals = sums(part, group, [1.0] * len(group), best.factor)
            steps.append((r_value(totals, part, best.smoothing, best.depth), place))
        chosen.append(max(steps)[1])
        step = choose(part, [(chosen, [1.0] * len(chosen))], DEPTHS)
        if step.value <= best.value:
            break
        best = step
    return best


def design(own: Scored, places: Sequence[int], lags: Sequence[int]) -> Floats:
    """Return the predictors `[t, voter * lag + 1]`: scores at several times around each time."""
    rows = own.scores[list(places), 1]
    padded = np.pad(rows, ((0, 0), (max(lags), max(lags))), mode="edge")
    shifted = [padded[:, max(lags) + lag : max(lags) + lag + rows.shape[1]] for lag in lags]
    return np.concatenate([*shifted, np.ones((1, rows.shape[1]))]).T


def target(own: Scored, frames: int) -> Floats:
    """Return how near a boundary each time is, from 0 to 1."""
    times = STEP * np.arange(frames)
    if not len(own.reference):
        return np.zeros(frames)
    return np.exp(-0.5 * (np.abs(times[:, None] - own.reference).min(axis=1) / TARGET_SIGMA) ** 2)


def fit(part: Sequence[Scored], places: Sequence[int], lags: Sequence[int]) -> Floats:
    """Return the weights of least squares with a penalty, `[voter * lag + 1]`."""
    x = [design(own, places, lags) for own in part]
    y = [target(own, len(one)) for own, one in zip(part, x, strict=True)]
    stacked, wanted = np.concatenate(x), np.concatenate(y)
    gram = stacked.T @ stacked / len(stacked)
    penalty = RIDGE * np.diag(np.append(np.full(len(gram) - 1, np.diag(gram)[:-1].mean()), 0))
    return np.asarray(np.linalg.solve(gram + penalty, stacked.T @ wanted / len(stacked)))


def across_speakers(part: Sequence[Scored], places: Sequence[int], lags: Sequence[int]) -> list[Floats]:
    """Return the sums of each utterance with weights that did not use its speaker."""
    names = sorted({own.speaker for own in part})
    weights = {name: fit([own for own in part if own.speaker != name], places, lags) for name in names}
    return [-(design(own, places, lags) @ weights[own.speaker]) for own in part]


def show_weights(
    name: str, part: Sequence[Scored], test: Sequence[Scored], groups: Sequence[Sequence[int]], lags: Sequence[int]
) -> None:
    """Print the R-values of learned weights; group and smoothing are chosen across speakers."""
    best = (-np.inf, 0, 0.0)
    for place, group in enumerate(groups):
        totals = across_speakers(part, group, lags)
        best = max(best, *((r_value(totals, part, smoothing, 0.0), place, smoothing) for smoothing in SMOOTHINGS))
    value, place, smoothing = best
    weights = fit(part, groups[place], lags)
    on_test = r_value([-(design(own, groups[place], lags) @ weights) for own in test], test, smoothing, 0.0)
    print(f"{name:44} {value:.3f} {on_test:.3f}  {len(groups[place])} voters, {1000 * smoothing:g} ms", flush=True)


def equal(places: Sequence[int]) -> list[tuple[Sequence[int], Sequence[float]]]:
    """Return groups of the first voters, with equal weights."""
    return [(places[:size], [1.0] * size) for size in SIZES if size <= len(places)]


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--validation", type=lambda text: tuple(text.split(",")), required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--shifts", type=int, default=4)
    arguments = parser.parse_args()
    options = SegmentationOptions(validation=arguments.validation, shifts=arguments.shifts)
    job = prepare_job([otoscope.load(arguments.model)], make_source(arguments.corpus, SpeechOptions()), options)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    voters = _load_voters(job.part, arguments.cache)
    part, test = (
        score(replace(job.part, utterances=utterances), voters, arguments.cache)
        for utterances in (job.parts.validation, job.parts.test)
    )
    report(part, test, voters)


def _load_voters(part: SearchPart, cache: Path) -> list[Voter]:
    path = cache / "voters.npy"
    if not path.exists():
        store, drawn = RunStore(part), candidates(part.encoder)
        voters = best_voters(
            drawn, np.sum([grid_counts(store, utterance, drawn) for utterance in part.utterances], axis=0)
        )
        rows = [(v.source, v.alpha, v.beta, v.layer, v.head, v.power) for v in voters]
        np.save(path, np.array(rows, dtype=object), allow_pickle=True)
    return [Voter(*row) for row in np.load(path, allow_pickle=True).tolist()]


def report(part: Sequence[Scored], test: Sequence[Scored], voters: Sequence[Voter]) -> None:
    """Print a line for each lever."""
    heads = [place for place, voter in enumerate(voters) if voter.source == ATTENTION]
    states = [place for place, voter in enumerate(voters) if voter.source == STATES]
    both = sorted([*heads, *states])
    [log_mel] = [place for place, voter in enumerate(voters) if voter.source == LOG_MEL_FRAMES]

    def show(name: str, choice: Choice) -> None:
        names = " ".join(voters[place].name for place in choice.places)
        about = f"{names}, {1000 * choice.smoothing:g} ms, depth {choice.depth:g}, factor {FACTORS[choice.factor]:.2f}"
        print(f"{name:44} {choice.value:.3f} {choice.test(test):.3f}  {about}", flush=True)

    show("best head", choose(part, [(heads[:1], [1.0])], [0.0]))
    show("best head, least depth", choose(part, [(heads[:1], [1.0])], DEPTHS))
    show("ensemble", choose(part, equal(heads), [0.0]))
    deep = choose(part, equal(heads), DEPTHS)
    show("ensemble, least depth", deep)
    show("ensemble with states", choose(part, equal(both), [0.0]))
    show("ensemble with states, least depth", choose(part, equal(both), DEPTHS))
    show("greedy weights, least depth", greedy(part, heads[:16], deep))
    show("log-mel", choose(part, [([log_mel], [1.0])], [0.0]))
    show("log-mel, least depth", choose(part, [([log_mel], [1.0])], DEPTHS))
    mixed = [
        ([*heads[:size], log_mel], [*[1.0] * size, share * size])
        for size in (1, 2, 4, 6, 8)
        for share in (0.5, 1.0, 2.0, 4.0)
    ]
    show("attention and log-mel", choose(part, mixed, [0.0]))
    show("attention and log-mel, least depth", choose(part, mixed, DEPTHS))
    for name, lags in LAGS.items():
        show_weights(f"weights, {name}", part, test, [heads[:size] for size in SIZES], lags)
    for name, others in {"states": states, "log-mel": [log_mel]}.items():
        groups = [[*heads[:size], *others] for size in SIZES]
        show_weights(f"weights, three times, and {name}", part, test, groups, LAGS["three times"])


if __name__ == "__main__":
    main()
