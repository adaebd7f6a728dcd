"""Word error rates of a refined transcriber by method, with and without tuning: a table of docs/results/refinement.md.

Methods and tuning see SPEECH alone; word errors are those on TEXTS, changes are paired, intervals are over speakers.
OUT keeps models and transcripts; rows that it has are not computed again.

    python benchmarks/refined_transcriber.py MODEL TEXTS SPEECH OUT [ROW ...]
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from otoscope import RefinementOptions, load, refine
from otoscope.corpus import speaker_of
from otoscope.corpus.transcript import text_of
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import text_normalizer, word_errors
from otoscope.refinement.macs import count_macs
from otoscope.results.intervals import IDENTITY, Estimate, difference, estimate, interval
from otoscope.results.text_table import format_table
from otoscope.runs.speech_source import SpeechSource, read_cuts
from otoscope.statistics.clusters import Clusters, group_sums, make_clusters

BUDGET = 0.7
SECONDS = 10.0


@dataclass(frozen=True)
class Refined:
    """A row: options of `refine`, None for the original, and whether every second utterance is enough."""

    options: dict[str, Any] | None
    is_short: bool = False
    speech: dict[str, Any] = field(default_factory=dict)


ROWS = {
    "original": Refined(None),
    "spans": Refined({"method": "spans"}),
    "merge": Refined({"method": "merge"}, is_short=True),
    "widths": Refined({"method": "widths"}, is_short=True),
    "heads": Refined({"method": "heads"}, is_short=True),
    "low-rank": Refined({"method": "low-rank"}, is_short=True),
    "spans, tuned": Refined({"method": "spans", "tune": 200}),
    "merge, tuned": Refined({"method": "merge", "tune": 200}),
    "widths, tuned": Refined({"method": "widths", "tune": 200}, is_short=True),
}


def make_model(row: str, model: str, speech: str, out: Path) -> str:
    """Return the folder of a row's model."""
    options, folder = ROWS[row].options, out / row.replace(", ", "-")
    if options is None:
        return model
    if not (folder / "config.json").exists():
        settings = RefinementOptions(budget_macs=BUDGET, resume=True, **options)
        print(refine(model, folder, corpora=[speech], options=settings).summary, file=sys.stderr)
    return str(folder)


def transcripts(name: str, row: str, out: Path, texts: str) -> list[str]:
    """Return what a model makes of the utterances of a row."""
    path = out / f"{row.replace(', ', '-')}.json"
    if not path.exists():
        transcriber = load_transcriber(name, device="cpu")
        waves = [load_wave(cut) for cut in cuts_of(texts)[:: 1 + ROWS[row].is_short]]
        path.write_text(json.dumps(transcribe_waves(transcriber, waves), indent=1), encoding="utf-8")
    return list(json.loads(path.read_text(encoding="utf-8")))


def load_wave(cut: Any) -> np.ndarray:
    return np.asarray(cut.resample(16000).load_audio()[0], np.float32)


def cuts_of(texts: str) -> list[Any]:
    return read_cuts(SpeechSource(texts))[0]


def error_rate(transcriber: Transcriber, cuts: Sequence[Any], texts: Sequence[str], clusters: Clusters) -> Estimate:
    """Return the word error rate, with what it is over speakers."""
    normalize = text_normalizer(transcriber)
    errors = [word_errors(normalize, text_of(cut) or "", text) for cut, text in zip(cuts, texts, strict=True)]
    sums = [
        group_sums(np.array([getattr(each, name) for each in errors], float), clusters) for name in ("errors", "words")
    ]
    return estimate(lambda wrong, words: wrong / words, clusters.key, *sums)


def main(model: str, texts: str, speech: str, out: Path, rows: Sequence[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    transcriber, cuts = load_transcriber(model, device="cpu"), cuts_of(texts)
    macs = sum(count_macs(load(model, device="cpu"), SECONDS).values())
    cells, original = [], transcripts(model, "original", out, texts)
    for row in rows:
        folder, step = make_model(row, model, speech, out), 1 + ROWS[row].is_short
        picked = cuts[::step]
        clusters = make_clusters([speaker_of(cut) for cut in picked], [str(cut.id) for cut in picked])
        before = error_rate(transcriber, picked, original[::step], clusters)
        after = error_rate(transcriber, picked, transcripts(folder, row, out, texts), clusters)
        low, high = interval(difference(after, before), IDENTITY).tolist()
        share = sum(count_macs(load(folder, device="cpu"), SECONDS).values()) / macs
        change = f"{100 * (after.value - before.value):+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
        cells.append((row, f"{share:.3f}", str(len(picked)), f"{100 * after.value:.1f}", change))
        print(format_table(("model", "MACs", "utterances", "WER (%)", "change (95 %)"), cells), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], Path(sys.argv[4]), sys.argv[5:] or list(ROWS))
