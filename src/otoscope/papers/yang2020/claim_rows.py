"""The claims in the Dataset of a reproduction: one row for each difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from otoscope.papers.stage import StageRecord
from otoscope.papers.yang2020.claims.boundaries import evaluate_boundary_claims
from otoscope.papers.yang2020.claims.claim import EvaluatedClaim
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.heads import evaluate_head_claims
from otoscope.papers.yang2020.claims.pruning import evaluate_pruning_claims
from otoscope.papers.yang2020.claims.relations import evaluate_relation_claims
from otoscope.papers.yang2020.models import SEED_MODEL
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.published import PublishedClaim, published_claims
from otoscope.papers.yang2020.stages import pruning_stage
from otoscope.results.verdict import Verdict
from otoscope.typing import Array

NOT_EVALUATED = "the corpora do not allow the evaluation"
NUMBERS = {"evaluation": int, "value": float, "value_interval": float}
"""Variables that are not texts, with their types."""


@dataclass(frozen=True)
class ClaimRow:
    """One difference of a claim; the fields are variables of the Dataset."""

    claim: ClaimId
    evaluation: int
    evaluated_on: str
    verdict: Verdict
    contrast: str
    test: str
    value: float = np.nan
    value_interval: tuple[float, float] = (np.nan, np.nan)


def evaluate_claims(outputs: StageOutputs) -> list[EvaluatedClaim]:
    """Return all claims that the outputs can decide, in the order of the experiments."""
    seeds, heads, segmented = outputs.seed_names, outputs.datasets("heads"), outputs.datasets("segmentation")
    claims = evaluate_head_claims(heads, seeds) + evaluate_relation_claims({name: heads[name] for name in seeds})
    if SEED_MODEL in segmented:
        claims += evaluate_boundary_claims(segmented, [name for name in seeds if name in segmented])
    for corpus in outputs.job.corpora.evaluation:
        pruned = outputs.datasets(pruning_stage(corpus))
        claims += evaluate_pruning_claims(pruned[SEED_MODEL], corpus.name) if SEED_MODEL in pruned else []
    return claims


def claim_variables(outputs: StageOutputs) -> dict[str, Array]:
    """Return the variables of claims, one row for each difference or, without differences, with the reason."""
    rows = list(claim_rows(evaluate_claims(outputs), outputs.records))
    names = list(ClaimRow.__dataclass_fields__)
    columns = dict(zip(names, zip(*(_values(row) for row in rows), strict=True), strict=True))
    return {name: np.array(column, NUMBERS.get(name, object)) for name, column in columns.items()}


def claim_rows(evaluated: Sequence[EvaluatedClaim], records: Mapping[str, StageRecord]) -> Iterator[ClaimRow]:
    """Yield the rows of every published claim, in the order of publication.

    Args:
        evaluated: the claims that could be evaluated.
        records: records of the stages; their reasons explain claims that were not evaluated.
    """
    index = 0
    for published in published_claims().values():
        claims = [evaluation for evaluation in evaluated if evaluation.claim.id == published.id]
        for evaluation in claims:
            yield from _difference_rows(evaluation, index)
            index += 1
        if not any(evaluation.claim.differences for evaluation in claims):
            yield _undecided_row(published, claims, records, index)
            index += 1


def _difference_rows(evaluation: EvaluatedClaim, index: int) -> Iterator[ClaimRow]:
    claim, test = evaluation.claim, evaluation.test
    for gain in claim.differences:
        bounds = (gain.low, gain.high)
        yield ClaimRow(claim.id, index, claim.evaluated_on, claim.verdict, gain.label, test, gain.value, bounds)


def _undecided_row(
    published: PublishedClaim, claims: Sequence[EvaluatedClaim], records: Mapping[str, StageRecord], index: int
) -> ClaimRow:
    reason = records[published.needs].skip_reason or (claims[0].test if claims else NOT_EVALUATED)
    return ClaimRow(published.id, index, "", Verdict.UNDECIDED, "", reason)


def _values(row: ClaimRow) -> tuple[object, ...]:
    """Return the fields, ids and verdicts as the texts that are stored."""
    return tuple(value.value if isinstance(value, ClaimId | Verdict) else value for value in astuple(row))
