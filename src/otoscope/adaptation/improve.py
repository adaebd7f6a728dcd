"""From a model, speech and a probe to a model that the probe reads better, if there is one."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from otoscope._io.atomic import is_empty
from otoscope._io.saved_work import as_json, write_json
from otoscope.adaptation.improvement import (
    ImprovementReport,
    ImprovementSearch,
    check_probe,
    gate_list,
    removed_heads,
    report_path,
    single_changes,
    span_of,
)
from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.refinement.layouts import parts_of
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool


def improve(
    model: str | Path, out: str | Path, probe: str, corpora: Sequence[str | Path], selection: SelectionOptions
) -> ImprovementReport:
    """Search changes that raise a probe, and write the model if the gain holds on held-out speakers.

    Args:
        model: folder or hub name.
        out: the folder to write; it must not exist or must be empty. It holds the report in any case.
        probe: name of a probe.
        corpora: speech with what the probe needs, of two speakers or more.
        selection: which utterances are used.

    Returns:
        The report.

    Raises:
        InputError: the model or the corpus lacks what the probe needs, or the model cannot be refined.
    """
    folder = Path(out)
    if folder.exists() and not (folder.is_dir() and is_empty(folder)):
        raise InputError(f"{out} exists and is not an empty folder; name a new one for the improved model")
    if not corpora:
        raise InputError("--improve needs a corpus with what the probe needs, found none; name one after MODEL")
    (chosen,) = select_probes([probe]).values()
    check_probe(chosen)
    encoder = load(model, device="cpu")
    parts = parts_of(encoder.family.model_type, encoder.name)
    chosen.check_model(encoder)
    speech = SpeechPool(corpora, make_selection(selection)).read(encoder)
    chosen.check_cuts(speech.cuts)
    data = collect_hidden_states(encoder, speech)
    scorer = chosen.scorer(data, Training(), open_cache())
    has_span = parts.has_span and not encoder.family.is_patch_grid
    report = ImprovementSearch(data, chosen, scorer, single_changes(encoder, has_span)).report()
    if report.is_better:
        _write(model, folder, report)
    write_json(report_path(folder), as_json(asdict(report)))
    return report


def _write(model: str | Path, out: Path, report: ImprovementReport) -> None:
    """Write the model with the changes of a report."""
    with tempfile.TemporaryDirectory() as scratch:
        gates = Path(scratch) / "gates.json"
        gates.write_text(json.dumps(gate_list(report.changes)), encoding="utf-8")
        options = RefinementOptions(span=span_of(report.changes), gates=gates if gate_list(report.changes) else None)
        removed = removed_heads(report.changes)
        refine(model, out, remove=removed or None, options=options)
