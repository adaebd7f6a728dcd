"""From a model and speech to a better model of the same class: gates of heads are learned, judged, and folded."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from otoscope._io.atomic import atomic_write, is_empty, make_folder
from otoscope._io.saved_work import as_json, check_resume_requested, check_same_plan, write_json
from otoscope.adaptation.card import model_card
from otoscope.adaptation.encoder_outputs import make_encoder_outputs
from otoscope.adaptation.gated_model import GatedModel, allow_empty_text, make_gated_model
from otoscope.adaptation.hard_cases import measure_hard_cases
from otoscope.adaptation.no_speech import POSSIBLE_SPEECH, chosen_threshold, possible_speech, rules_table, text_rules
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import SOURCE_TITLES, AdaptationReport, Change, TextTable, gain_holds, source_row
from otoscope.adaptation.rival_search import RivalComparison
from otoscope.adaptation.rivals import check_rivals
from otoscope.adaptation.search import SearchState, WeightedTask, search
from otoscope.adaptation.tasks import (
    Materials,
    make_tasks,
    measure_changes,
    read_materials,
    remember_targets,
    with_steps,
)
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.refinement.gates import fold_gates, head_gates
from otoscope.refinement.processor import read_processor
from otoscope.refinement.source_model import read_source
from otoscope.refinement.storage_dtype import stored_weights

EMPTY_TEXT = (
    "an empty text needs the end token as the first one: begin_suppress_tokens of the settings of generation was "
    "changed, and num_beams is 1 there; with beams set length_penalty=0, as a mean over tokens prefers long texts; in "
    "OpenAI's whisper and in faster-whisper set suppress_blank=False and length_penalty=0"
)


@dataclass(frozen=True)
class Adaptation:
    """A finished adaptation: its folder, and its report; the model is in the folder if the report says so."""

    path: Path
    report: AdaptationReport


def adapt(model: str | Path | nn.Module | Encoder, out: str | Path, options: AdaptationOptions) -> Adaptation:
    """Learn gates of heads, and write the model if it is better on speakers and kinds that chose nothing.

    Args:
        model: what `load` takes; it stays as it is.
        out: the folder to write; it must not exist or must be empty. `OUT.search` holds the search until it ends.
        options: what is learned from, and when the result is written.

    Returns:
        The report. The folder holds `report.json` and `README.md`, and the model if the gain holds.

    Raises:
        InputError: the corpora contradict each other, or the model cannot be asked what they ask. Nothing is written.
    """
    options.check()
    folder = Path(out)
    if folder.exists() and not (folder.is_dir() and is_empty(folder)):
        raise InputError(f"{out} exists and is not an empty folder; name a new one for the adapted model")
    start = time.process_time()
    source = read_source(model)
    options = with_steps(options, source)
    unfinished, plan = _unfinished(folder, source.encoder.name, options)
    materials = read_materials(options)
    gated_model = make_gated_model(source, options.gated)
    if options.rivals:
        check_rivals(gated_model)
    tasks = make_tasks(gated_model, materials, options)
    with _removed_if_refused(unfinished):
        write_json(unfinished / "plan.json", plan)
        _prepare(gated_model, options, unfinished)
        remember_targets(tasks)
        state = search(gated_model, tasks, options, unfinished, since=start)
    zeroed = _zero_small(gated_model, options.remove_below)
    report = _report(gated_model, tasks, materials, options, state, zeroed)
    if options.rivals:
        rivals = RivalComparison(model, gated_model, materials, options, unfinished)
        report = replace(report, rows=[*report.rows, rivals.table])
    _write(gated_model, report, folder)
    gated_model.release()
    shutil.rmtree(unfinished)
    return Adaptation(folder, report)


@contextmanager
def _removed_if_refused(unfinished: Path) -> Iterator[None]:
    """Remove the folder of a search that an InputError ends before its first save: there is nothing to resume."""
    try:
        yield
    except InputError:
        if not (unfinished / "search.pt").exists():
            shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _prepare(model: GatedModel, options: AdaptationOptions, unfinished: Path) -> None:
    """Let a model keep outputs of its frozen encoder; one that learns to be calm may write an empty text."""
    if model.is_encoder_frozen:
        model.outputs = make_encoder_outputs(options.encoder_outputs or unfinished, model.transcriber)
    if options.calm:
        allow_empty_text(model.source.whole)


def _unfinished(out: Path, name: str, options: AdaptationOptions) -> tuple[Path, dict[str, Any]]:
    """Return the folder of the search, and its plan.

    Raises:
        InputError: it holds another search, or one that was not asked to be resumed.
    """
    folder = out.with_name(f"{out.name}.search")
    plan = as_json({"model": name, **asdict(options), "resume": None, "encoder_outputs": None})
    if (folder / "plan.json").exists():
        check_same_plan(folder, json.loads((folder / "plan.json").read_text(encoding="utf-8")), plan)
        check_resume_requested(folder, "an unfinished search", "continue it", resume=options.resume)
    return folder, plan


@torch.no_grad()
def _zero_small(model: GatedModel, threshold: float) -> int:
    """Set scales below a threshold to zero, and return their number."""
    count = 0
    for offset in model.offsets.values():
        is_small = (1 + offset[0]).abs() < threshold
        offset[0][is_small] = -1
        count += int(is_small.sum())
    return count


def _report(
    model: GatedModel,
    tasks: Sequence[WeightedTask],
    materials: Materials,
    options: AdaptationOptions,
    state: SearchState,
    zeroed: int,
) -> AdaptationReport:
    gains, guards = measure_changes(tasks)
    calm = _calm_report(model, materials)
    guards += calm.guards
    return AdaptationReport(
        model=model.name,
        options=as_json(asdict(options)),
        gains=gains,
        guards=guards,
        validations=state.validations,
        step=state.best_step,
        share=state.best_share,
        gates=(sum(parameter.numel() for parameter in model.parameters), zeroed),
        notes=calm.notes,
        rows=calm.rows,
        is_better=state.best_step > 0 and gain_holds(gains, guards, options.tolerance),
        cpu_seconds=state.seconds,
        sources=(SOURCE_TITLES, [source_row(name, each) for name, each in materials.by_name.items()]),
        tables={"gates": [asdict(gate) for gate in head_gates(model.values)], **calm.tables},
    )


@dataclass(frozen=True)
class _CalmReport:
    """What a report has in addition to the changes, where a model should give no text for sounds."""

    guards: Sequence[Change] = ()
    rows: Sequence[TextTable] = ()
    notes: Sequence[str] = ()
    tables: Mapping[str, Any] = field(default_factory=dict)


def _calm_report(model: GatedModel, materials: Materials) -> _CalmReport:
    sounds, speech = materials.calm, materials.guard
    if sounds is None or speech is None:
        return _CalmReport()
    hard = measure_hard_cases(model, speech, sounds)
    rules = {name: text_rules(model, sounds, original=name == "original") for name in ("original", "adapted")}
    threshold = chosen_threshold(model, sounds, speech)
    tables = {
        "text rules": {name: asdict(each) for name, each in rules.items()},
        "no-speech threshold": threshold,
        "hard cases": [asdict(case) for case in hard.cases],
    }
    notes = [EMPTY_TEXT]
    if speech_ids := possible_speech(model, sounds):
        notes.append(
            f"{len(speech_ids)} of {len(sounds.ids)} sounds may contain speech, as their probability of no speech is "
            f"below {POSSIBLE_SPEECH:g}: {', '.join(speech_ids[:5])}; listen to them, and remove those that do"
        )
    return _CalmReport(hard.together, [hard.table, rules_table(rules, threshold)], notes, tables)


def _write(model: GatedModel, report: AdaptationReport, out: Path) -> None:
    """Write the report, and the model with its gates in the weights if it is better."""
    make_folder(out.parent)
    with atomic_write(out) as folder, silence_transformers():
        make_folder(folder)
        if report.is_better:
            write_model(model, folder)
        write_json(folder / "report.json", asdict(report))
        (folder / "README.md").write_text(model_card(report), encoding="utf-8")


def write_model(model: GatedModel, folder: Path) -> None:
    """Write a model with its gates in the weights, its settings of generation, and its processor."""
    whole = model.source.whole
    fold_gates(whole, model.values)
    whole.save_pretrained(folder, state_dict=stored_weights(whole))
    read_processor(model.source).save(folder)
