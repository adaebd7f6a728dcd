"""From a model, speech and a probe to a model that the probe reads better, if there is one."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from otoscope._io.atomic import is_empty
from otoscope._io.saved_work import as_json, write_json
from otoscope.adaptation.improvement import ImprovementReport, ImprovementSearch, check_probe, report_path
from otoscope.adaptation.learned_gates import GateLearner
from otoscope.adaptation.single_changes import (
    ChangeSet,
    SingleChange,
    fixed_heads,
    gate_list,
    heads_of_layers,
    removed_heads,
    single_changes,
    span_of,
)
from otoscope.attention.pattern_changes import OffsetProfiles
from otoscope.errors import InputError
from otoscope.importance.loss import TASK, get_loss, scorer_loss
from otoscope.models.load import load
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.scorer import Probe
from otoscope.refinement.builtin.patterns import profile_scores, window_frames
from otoscope.refinement.fixed_patterns import write_with_patterns
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import fit_sample
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
    search = make_search(data, chosen, scorer, has_span=has_span)
    report = search.report()
    if report.is_better:
        _write(model, folder, report.changes, search.changes.profiles)
    write_json(report_path(folder), as_json(asdict(report)))
    return report


def make_search(data: ProbeData, probe: Probe, scorer: Any, *, has_span: bool) -> ImprovementSearch:
    """Return the search of a probe; gates are learned where the probe, or the task, has a loss with gradients."""
    encoder, speech = data.encoder, data.speech
    profiles = None
    if has_span:
        sample = fit_sample(encoder, [[wave] for wave in speech.waves])
        profiles = OffsetProfiles(profile_scores(encoder, sample))
    changes = ChangeSet(single_changes(encoder, has_span), encoder.n_heads, profiles, window_frames(encoder))
    try:
        loss = get_loss(TASK, encoder, speech).batch if probe.is_task else scorer_loss(encoder, data, scorer)
    except InputError as error:  # such as a head that reads other states than the last ones
        return ImprovementSearch(data, probe, scorer, changes, note=str(error))
    return ImprovementSearch(data, probe, scorer, changes, GateLearner(encoder, loss))


def _write(model: str | Path, out: Path, changes: Sequence[SingleChange], profiles: OffsetProfiles | None) -> None:
    """Write the model with some changes."""
    fixed = fixed_heads(changes)
    with tempfile.TemporaryDirectory() as scratch:
        source: str | Path = model
        if len(fixed) < len(changes):
            source = Path(scratch) / "refined" if fixed else out
            _refine(model, source, changes, Path(scratch) / "gates.json")
        if fixed and profiles is not None:
            write_with_patterns(source, out, _renumbered(fixed, removed_heads(changes), profiles))


def _refine(model: str | Path, out: Path, changes: Sequence[SingleChange], gates: Path) -> None:
    """Write the model with all changes but fixed patterns."""
    gates.write_text(json.dumps(gate_list(changes)), encoding="utf-8")
    options = RefinementOptions(span=span_of(changes), gates=gates if gate_list(changes) else None)
    refine(model, out, remove=removed_heads(changes) or None, options=options)


def _renumbered(fixed: Sequence[Head], removed: Sequence[Head], profiles: OffsetProfiles) -> dict[Head, Tensor]:
    """Return the scores of heads by their numbers in a model without the removed heads."""
    gone = heads_of_layers(removed)
    numbers = {(at, head): head - sum(each < head for each in gone.get(at, ())) for at, head in fixed}
    return {(at, numbers[at, head]): profiles.log_weights[at][head] for at, head in fixed}
