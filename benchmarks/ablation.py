"""What categories of heads do, by kind of ablation and by patching: the tables of docs/results/ablation.md.

A third of the heads, the highest of each ranking, is removed by each kind, and probes read what remains. Then
utterances are corrupted, and the heads of each category are restored.

    python benchmarks/ablation.py CORPUS MODEL [MODEL ...]
"""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from otoscope import PatchOptions, SpeechOptions, load, patch
from otoscope.attention.ablation_kinds import OUTPUT_KINDS
from otoscope.importance.head_statistics import CorpusStatistics
from otoscope.importance.ranking import order
from otoscope.models.encoder import Encoder
from otoscope.models.output_sources import make_ablation
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe import train_scorers
from otoscope.probing.probe_data import ProbeData, collect_hidden_states, hidden_states
from otoscope.probing.scores import score_estimate, totals
from otoscope.results import Run
from otoscope.results.intervals import Estimate, apply, difference, estimate, interval
from otoscope.results.schema import run_clusters
from otoscope.results.verdict import verdict_of_all, verdict_of_interval
from otoscope.runs.speech_source import LoadedSpeech, make_source, read_speech
from otoscope.statistics.clusters import group_sums

RANKINGS = {"diagonal": "diagonality", "vertical": "verticality", "global": "globalness"}
PROBES = ("phone", "speaker-utterance", "hidden-error")
MEASURES = ("hidden-error", "phone", "speaker-frame")
OPTIONS = SpeechOptions(sample=36, balanced="speaker")
SHARE = 1 / 3
PAIRS = (("diagonal", "vertical"), ("diagonal", "global"), ("vertical", "global"))


@dataclass(frozen=True)
class CategoryClaim:
    """The first category of each pair matters more than the second, or more than nothing, by a probe."""

    text: str
    probe: str
    pairs: tuple[tuple[str, str], ...]


NOTHING = ""
CLAIMS = (
    CategoryClaim("diagonal heads matter most for phones", "phone", PAIRS[:2]),
    CategoryClaim("vertical heads matter for phones", "phone", (("vertical", NOTHING),)),
    CategoryClaim("global heads matter for phones", "phone", (("global", NOTHING),)),
    CategoryClaim(
        "vertical heads matter most for speakers", "speaker", (("vertical", "diagonal"), ("vertical", "global"))
    ),
    CategoryClaim("global heads matter least for hidden states", "hidden-error", PAIRS[1:]),
    CategoryClaim("global heads matter least for phones", "phone", PAIRS[1:]),
    CategoryClaim("global heads matter least for speakers", "speaker", PAIRS[1:]),
)


def print_claims(title: str, weights: dict[str, dict[str, Estimate]]) -> None:
    """Print the verdict on each claim, from how much each category matters by each probe."""
    for claim in CLAIMS:
        of = next(one for probe, one in weights.items() if probe.startswith(claim.probe))
        gains = [of[a] if b == NOTHING else difference(of[a], of[b]) for a, b in claim.pairs]
        verdict = verdict_of_all(verdict_of_interval(*interval(gain).reshape(2)) for gain in gains)
        print(f"| {claim.text} | {title} | {verdict} |")


def removals(encoder: Encoder, speech: LoadedSpeech) -> Iterator[tuple[str, str, dict[str, Estimate]]]:
    """Yield kind, ranking and the change of each probe's score when the highest third of the heads is removed."""
    data, probes = collect_hidden_states(encoder, speech), select_probes(PROBES)
    scorers = train_scorers(probes, data, Training(seeds=1), open_cache())
    statistics, count = CorpusStatistics(encoder, speech), round(SHARE * sum(encoder.n_heads))
    intact = totals(scorers, enumerate(data.hidden))
    for kind in OUTPUT_KINDS:
        ablation = make_ablation(encoder, speech.waves, kind)
        for category, ranking in RANKINGS.items():
            with encoder.intervene(ablation.change(order(statistics.mean(ranking))[:count])):
                sums = totals(scorers, hidden_states(encoder, speech, lambda seconds: None))
            scores = {name: _change(data, sums[name], intact[name], scorers[name].count) for name in PROBES}
            yield kind, category, scores


def _change(data: ProbeData, sums: np.ndarray, intact: np.ndarray, count: np.ndarray) -> Estimate:
    after, before = (score_estimate(each[None], count, data.clusters) for each in (sums, intact))
    return difference(after, before)


def print_removals(encoder: Encoder, speech: LoadedSpeech) -> None:
    """Print changes of scores, and differences between rankings, as tables."""
    changes = {(kind, category): scores for kind, category, scores in removals(encoder, speech)}
    for probe in PROBES:
        print(f"\n**{probe}**: change of the score\n\n| kind | {' | '.join([*RANKINGS, *map(' - '.join, PAIRS)])} |")
        print("|---" * (1 + len(RANKINGS) + len(PAIRS)) + "|")
        for kind in OUTPUT_KINDS:
            of = {category: changes[kind, category][probe] for category in RANKINGS}
            cells = [_text(value) for value in of.values()] + [_text(difference(of[a], of[b])) for a, b in PAIRS]
            print(f"| {kind} | {' | '.join(cells)} |")
    print("\n| claim | by | verdict |\n|---|---|---|")
    for kind in OUTPUT_KINDS:
        costs = {name: {of: _cost(name, changes[kind, of][name]) for of in RANKINGS} for name in PROBES}
        print_claims(kind, costs)


def _cost(probe: str, change: Estimate) -> Estimate:
    """Return how much worse a score became: errors rise, accuracies fall."""
    return change if probe == "hidden-error" else apply(np.negative, change)


def print_patching(run: Run) -> None:
    """Print the share of the damage that each category undoes, and differences between categories, as a table."""
    dataset, clusters = run.dataset, run_clusters(run.dataset)
    print("\n| answer | " + " | ".join([*RANKINGS, *map(" - ".join, PAIRS)]) + " |")
    print("|---" * (1 + len(RANKINGS) + len(PAIRS)) + "|")
    undone = {}
    for measure in dataset["measure"].values:
        one = dataset.sel(measure=measure)
        damage = group_sums(one["corrupted_loss"].values - one["clean_loss"].values, clusters)
        drops = {name: group_sums(one["group_effect_drop"].sel(group=name).values, clusters) for name in RANKINGS}
        shares = {name: estimate(np.divide, clusters.key, drop, damage) for name, drop in drops.items()}
        cells = [_text(value) for value in shares.values()] + [
            _text(difference(shares[a], shares[b])) for a, b in PAIRS
        ]
        print(f"| {measure} | {' | '.join(cells)} |")
        undone[str(measure)] = shares
    print("\n| claim | by | verdict |\n|---|---|---|")
    print_claims(f"patching, {dataset.attrs['corruption']}", undone)


def _text(value: Estimate) -> str:
    """Return a value with the half-width of its interval; bold where the interval excludes zero."""
    low, high = interval(value).reshape(2)
    text = f"{value.value.item():+.3f} ±{(high - low) / 2:.3f}"
    return f"**{text}**" if low > 0 or high < 0 else text


def main() -> None:
    """Print the tables of each model."""
    corpus, *models = sys.argv[1:]
    for name in models:
        encoder = load(name)
        speech = read_speech(make_source(corpus, OPTIONS), encoder)
        print(f"\n## {Path(name).name}: {len(speech.cuts)} utterances, {sum(encoder.n_heads)} heads", flush=True)
        print_removals(encoder, speech)
        for corruption in ("noise:0", "speaker"):
            patching = PatchOptions(probes=MEASURES, corrupt=corruption, seeds=1, strongest=0)
            with tempfile.TemporaryDirectory() as folder:
                print(f"\n**{corruption}**", flush=True)
                print_patching(patch(encoder, corpus, f"{folder}/run", patching=patching, options=OPTIONS))


if __name__ == "__main__":
    main()
