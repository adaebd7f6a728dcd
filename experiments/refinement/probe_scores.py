"""Scores of a probe that is trained anew on each refined model, at equal multiplications, against the intact model.

Methods and tuning see SPEECH alone; the probe is trained and scored on CORPUS, on disjoint speakers. Changes are
paired, with intervals over speakers and seeds. OUT keeps the models.

    python experiments/refinement/probe_scores.py MODEL PROBE CORPUS SPEECH BUDGET OUT [ROW ...]
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from otoscope import RefinementOptions, load, refine
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.probing.scores import score_estimate, totals
from otoscope.refinement.macs import count_macs
from otoscope.results.intervals import IDENTITY, Estimate, difference, interval
from otoscope.results.text_table import format_table
from otoscope.runs.speech_source import SpeechSource, read_speech

STEPS = 400
SECONDS = 10.0
METHODS = ("heads", "widths", "merge", "low-rank", "patterns")
WAYS: dict[str, dict[str, Any]] = {
    **{method: {"method": method} for method in METHODS},
    "span 32, widths": {"method": "widths", "span": 32},
    **{f"{method}, tuned": {"method": method, "tune": STEPS} for method in METHODS},
    "span 32, widths, tuned": {"method": "widths", "span": 32, "tune": STEPS},
}
HEADER = ("model", "MACs", "score", "change (95 %)", "CPU s")


def scored(encoder: Encoder, name: str, corpus: str) -> Estimate:
    """Return the score of a probe that is trained on this encoder."""
    (probe,) = select_probes([name]).values()
    data = collect_hidden_states(encoder, read_speech(SpeechSource(corpus), encoder))
    scorer = probe.scorer(data, Training(), open_cache())
    sums = totals({name: scorer}, enumerate(data.hidden))[name]
    return score_estimate(sums[None], scorer.count, data.clusters)


def make_model(row: str, model: str, speech: str, budget: float, out: Path) -> Path | None:
    """Return the folder of a row's model, None if its method cannot reach the budget; CPU seconds are next to it."""
    path = out / row.replace(", ", "-").replace(" ", "-")
    if (path / "config.json").exists():
        return path
    start, options = time.process_time(), RefinementOptions(budget_macs=budget, resume=True, **WAYS[row])
    try:
        print(f"# {row}\n{refine(model, path, corpora=[speech], options=options).summary}", flush=True)
    except InputError as error:
        print(f"# {row}\n{error}", flush=True)
        return None
    path.with_suffix(".seconds").write_text(str(time.process_time() - start), encoding="utf-8")
    return path


def main(arguments: Sequence[str]) -> None:
    """Print the table of the rows."""
    model, probe, corpus, speech, budget, folder, *chosen = arguments
    rows, intact = chosen or list(WAYS), load(model, device="cpu")
    macs, before = sum(count_macs(intact, SECONDS).values()), scored(intact, probe, corpus)
    cells = [("intact", "1.000", f"{float(before.value[0]):.3f}", "", "")]
    for row in rows:
        path = make_model(row, model, speech, float(budget), Path(folder))
        if path is None:
            continue
        refined, seconds = load(path, device="cpu"), path.with_suffix(".seconds")
        after, share = scored(refined, probe, corpus), sum(count_macs(refined, SECONDS).values()) / macs
        low, high = interval(difference(after, before), IDENTITY)[0].tolist()
        change = f"{float(after.value[0] - before.value[0]):+.3f} ({low:+.3f} to {high:+.3f})"
        cpu = f"{float(seconds.read_text(encoding='utf-8')):.0f}" if seconds.exists() else "-"
        cells.append((row, f"{share:.3f}", f"{float(after.value[0]):.3f}", change, cpu))
        print(format_table(HEADER, cells), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
