"""Word error rates of a refined transcriber by method, with and without tuning, at equal multiplications.

Methods and tuning see SPEECH alone, without its texts; word errors are those on TEXTS. Changes are paired with the
original on the same utterances; intervals are over speakers. OUT keeps models and transcripts, so that rows which are
there are not computed again.

    python experiments/refinement/transcriber.py MODEL TEXTS SPEECH OUT [ROW ...]
"""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
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
STEPS = 100
SECONDS = 10.0
SHOWN = 4  # utterances whose transcripts are printed
HEADER = ("model", "MACs", "utterances", "WER (%)", "change (95 %)", "CPU s")


@dataclass(frozen=True)
class Way:
    """Options of `refine`, None for the original, and the step from one utterance to the next that is transcribed."""

    options: dict[str, Any] | None
    every: int = 1


WAYS = {
    "original": Way(None),
    "spans": Way({"method": "spans"}),
    "head-spans": Way({"method": "head-spans"}),
    "heads": Way({"method": "heads"}, 3),
    "widths": Way({"method": "widths"}, 3),
    "merge": Way({"method": "merge"}, 3),
    "low-rank": Way({"method": "low-rank"}, 3),
    "patterns": Way({"method": "patterns"}, 3),
    "span 256, widths": Way({"method": "widths", "span": 256}, 3),
    "span 256, widths, tuned": Way({"method": "widths", "span": 256, "tune": STEPS}, 3),
    "spans, tuned": Way({"method": "spans", "tune": STEPS}),
    "head-spans, tuned": Way({"method": "head-spans", "tune": STEPS}),
    "spans, tuned on logits": Way({"method": "spans", "tune": STEPS, "tune_target": "logits"}),
    "widths, tuned": Way({"method": "widths", "tune": STEPS}, 3),
    "merge, tuned": Way({"method": "merge", "tune": STEPS}, 3),
    **{f"{method} at 90%": Way({"method": method, "budget_macs": 0.9}, 3) for method in ("heads", "widths", "merge")},
}


def folder_of(row: str, out: Path) -> Path:
    """Return the folder of the model of a row."""
    return out / row.replace(", ", "-").replace(" ", "-")


def make_model(row: str, model: str, speech: str, out: Path) -> str:
    """Return the folder of a row's model; CPU seconds are stored next to it."""
    options, folder = WAYS[row].options, folder_of(row, out)
    if options is None:
        return model
    if not (folder / "config.json").exists():
        start = time.process_time()
        settings = RefinementOptions(**({"budget_macs": BUDGET, "resume": True} | options))
        print(f"# {row}\n{refine(model, folder, corpora=[speech], options=settings).summary}", flush=True)
        folder.with_suffix(".seconds").write_text(str(time.process_time() - start), encoding="utf-8")
    return str(folder)


def transcripts(name: str, row: str, out: Path, cuts: Sequence[Any]) -> list[str]:
    """Return what a model makes of some utterances."""
    path = folder_of(row, out).with_suffix(".json")
    if not path.exists():
        waves = [np.asarray(cut.resample(16000).load_audio()[0], np.float32) for cut in cuts]
        texts = transcribe_waves(load_transcriber(name, device="cpu"), waves)
        path.write_text(json.dumps(texts, indent=1), encoding="utf-8")
    return list(json.loads(path.read_text(encoding="utf-8")))


def error_rate(transcriber: Transcriber, cuts: Sequence[Any], texts: Sequence[str], clusters: Clusters) -> Estimate:
    """Return the word error rate, with what it is over speakers."""
    normalize = text_normalizer(transcriber)
    errors = [word_errors(normalize, text_of(cut) or "", text) for cut, text in zip(cuts, texts, strict=True)]
    sums = [np.array([getattr(each, name) for each in errors], float) for name in ("errors", "words")]
    return estimate(lambda wrong, words: wrong / words, clusters.key, *(group_sums(each, clusters) for each in sums))


def format_row(row: str, rates: tuple[Estimate, Estimate], count: int, share: float, out: Path) -> tuple[str, ...]:
    """Return the cells of a row; rates are those of the original and of the row's model."""
    before, after = rates
    low, high = (100 * interval(difference(after, before), IDENTITY)).tolist()
    change = f"{100 * float(after.value - before.value):+.1f} ({low:+.1f} to {high:+.1f})"
    seconds = folder_of(row, out).with_suffix(".seconds")
    cpu = f"{float(seconds.read_text(encoding='utf-8')):.0f}" if seconds.exists() else "-"
    return row, f"{share:.3f}", str(count), f"{100 * float(after.value):.1f}", change, cpu


def print_transcripts(rows: Sequence[str], out: Path, cuts: Sequence[Any]) -> None:
    """Print what the models make of a few utterances, next to what was said."""
    for place in range(3, len(cuts), len(cuts) // SHOWN):
        print(f"\ntext: {text_of(cuts[place])}")
        for row in rows:
            every = WAYS[row].every
            if place % every == 0:
                print(f"{row}: {transcripts('', row, out, cuts[::every])[place // every]}")


def print_differences(rows: Sequence[str], original: Sequence[str], out: Path) -> None:
    """Print how many texts of each model are those of the original, and a few that are not, next to them."""
    for row in rows:
        pairs = list(zip(original[:: WAYS[row].every], transcripts("", row, out, ()), strict=True))
        different = [pair for pair in pairs if pair[0] != pair[1]]
        print(f"\n{row}: {len(pairs) - len(different)} of {len(pairs)} texts are those of the original")
        for before, after in different[:: max(len(different) // SHOWN, 1)][:SHOWN]:
            print(f"original: {before}\n{row}: {after}")


def main(arguments: Sequence[str]) -> None:
    """Print the table of the rows, and transcripts."""
    model, texts, speech, folder, *chosen = arguments
    out, rows = Path(folder), chosen or list(WAYS)
    out.mkdir(parents=True, exist_ok=True)
    transcriber, all_cuts = load_transcriber(model, device="cpu"), read_cuts(SpeechSource(texts))[0]
    macs = sum(count_macs(load(model, device="cpu"), SECONDS).values())
    cells, original = [], transcripts(model, "original", out, all_cuts)
    for row in rows:
        every = WAYS[row].every
        cuts = all_cuts[::every]
        clusters = make_clusters([speaker_of(cut) for cut in cuts], [str(cut.id) for cut in cuts])
        name = make_model(row, model, speech, out)
        before = error_rate(transcriber, cuts, original[::every], clusters)
        after = error_rate(transcriber, cuts, transcripts(name, row, out, cuts), clusters)
        share = sum(count_macs(load(name, device="cpu"), SECONDS).values()) / macs
        cells.append(format_row(row, (before, after), len(cuts), share, out))
        print(format_table(HEADER, cells), flush=True)
    print_transcripts(rows, out, all_cuts)
    print_differences(rows, original, out)


if __name__ == "__main__":
    main(sys.argv[1:])
