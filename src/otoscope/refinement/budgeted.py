"""A refined model within a budget of multiplications or of latency."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from otoscope._io.ranks import process_count
from otoscope.errors import InputError
from otoscope.refinement import REDUCTION_METHODS
from otoscope.refinement.builder import build
from otoscope.refinement.head_selection import Head
from otoscope.refinement.latency import LatencyTable
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.source_model import SourceModel
from otoscope.runs.speech_source import LoadedSpeech

TRIES = 3
TOLERANCE = 0.03  # of the original's latency; timings differ by as much from run to run


@dataclass(frozen=True, eq=False)
class BudgetedModel:
    """A refined whole model, the heads of the original that are gone, and the latencies that were measured, if any."""

    model: Any
    removed: Sequence[Head]
    latency: LatencyTable | None = None


def within(source: SourceModel, options: RefinementOptions, speech: LoadedSpeech) -> BudgetedModel:
    """Return a model within the budget of some options.

    Raises:
        InputError: the method cannot reach it, or does not know latencies.
    """
    if options.budget_macs is not None:
        draft = _draft(source, options, speech, options.budget_macs)
        return BudgetedModel(draft.model, list(REDUCTION_METHODS.get(options.method).apply(draft)))
    if process_count() > 1:
        raise InputError(
            f"expected one process for --budget-latency, found {process_count()}, which would measure other latencies; "
            "start one, or pass --budget-macs"
        )
    table = LatencyTable(source.encoder, min(options.budget_seconds, source.encoder.max_seconds))
    return within_latency(source, options, speech, table)


def within_latency(
    source: SourceModel, options: RefinementOptions, speech: LoadedSpeech, table: LatencyTable
) -> BudgetedModel:
    """Return a model within a budget of latency.

    Costs of heads, units, features and spans are those of the table. If the model is slower than they say, the budget
    is lowered by as much, and the method runs again.
    """
    method, budget = REDUCTION_METHODS.get(options.method), options.budget_latency or 0.0
    if not method.knows_latency:
        raise InputError(f"--method {options.method} counts multiplications alone; pass --budget-macs instead")
    target, share = budget, 1.0
    for number in range(1, TRIES + 1):
        draft = _draft(source, options, speech, target, table)
        removed = list(method.apply(draft))
        share = table.share(f"refined model, try {number}", draft.encoder_of(draft.model))
        if share <= budget + TOLERANCE:
            return BudgetedModel(draft.model, removed, table)
        target -= share - budget
    raise InputError(
        f"expected {budget:g} of the latency on {table.seconds:g} s, found {share:.2f} after {TRIES} tries; raise "
        "--budget-latency or choose another --method"
    )


def _draft(
    source: SourceModel,
    options: RefinementOptions,
    speech: LoadedSpeech,
    budget: float,
    table: LatencyTable | None = None,
) -> ReductionDraft:
    model = build(source, options.span)
    return ReductionDraft(
        source, model, budget, options.span, speech, options.loss, seconds_limit=options.budget_seconds, latency=table
    )
