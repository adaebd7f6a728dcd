"""Claims about relations between phones: operations and concentration of heads (published Figs. 3 and 4)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from otoscope.papers.yang2020.claims.claim import (
    OVER_CLUSTERS,
    EvaluatedClaim,
    evaluate_claim_per_seed,
)
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference, best_of, estimated_difference
from otoscope.relations.operations import SAME_PHONE, SILENCE_TO_SILENCE, Operation, operations
from otoscope.results.intervals import FISHER, jackknife
from otoscope.typing import AnyFloats, Bools, Ints

SIBILANTS = ("ch", "jh", "s", "sh")
OPERATION_TEST = f"operation's bound against the interval {OVER_CLUSTERS}, the surest head"
NOT_DIAGONAL = "; without diagonal heads, whose neighbours are other phones"
NO_SUCH_PHONES = "the corpus has none of these phones"


@dataclass(frozen=True)
class OperationClaim:
    """A claim that some head performs operations.

    Attributes:
        targets: targets of the operations; one head must attend to all of them, or avoid all of them.
        avoids: whether the head avoids the targets.
    """

    targets: tuple[str, ...]
    avoids: bool = False

    @property
    def excludes_diagonal(self) -> bool:
        """Return whether diagonal heads meet the claim for a trivial reason.

        Next to a segment of a phone there is another phone, so that every local head avoids the same phone elsewhere.
        """
        return self.avoids and SAME_PHONE.target in self.targets


OPERATION_CLAIMS = {
    ClaimId.SILENCE_TO_SILENCE: OperationClaim((SILENCE_TO_SILENCE.target,)),
    ClaimId.ATTENDS_SAME_PHONE: OperationClaim((SAME_PHONE.target,)),
    ClaimId.AVOIDS_SAME_PHONE: OperationClaim((SAME_PHONE.target,), avoids=True),
    ClaimId.ATTENDS_SILENCE: OperationClaim(("silence",)),
    ClaimId.AVOIDS_SILENCE: OperationClaim(("silence",), avoids=True),
    ClaimId.ATTENDS_SIBILANTS: OperationClaim(SIBILANTS),
    ClaimId.AVOIDS_SIBILANTS: OperationClaim(SIBILANTS, avoids=True),
}


def evaluate_relation_claims(runs: Mapping[str, xr.Dataset]) -> list[EvaluatedClaim]:
    """Return the claims about relations; none if the corpus has no phones.

    Args:
        runs: Dataset of the heads of each training of M3, by its name.
    """
    labelled = {seed: dataset for seed, dataset in runs.items() if "operation_effect" in dataset}
    if not labelled:
        return []
    attrs = next(iter(labelled.values())).attrs
    speech = f"{attrs['labelled_utterances']} utterances (intervals over {attrs['labelled_clusters']})"
    by_operation = [_evaluate_operation(labelled, speech, id, claim) for id, claim in OPERATION_CLAIMS.items()]
    return [*by_operation, *_evaluate_concentration(labelled, speech)]


def _evaluate_operation(
    runs: Mapping[str, xr.Dataset], speech: str, id: ClaimId, claim: OperationClaim
) -> EvaluatedClaim:
    heads = {seed: list(_head_differences(dataset, claim)) for seed, dataset in runs.items()}
    surest = {seed: best_of(differences) for seed, differences in heads.items() if differences}
    test = f"{OPERATION_TEST}{NOT_DIAGONAL}" if claim.excludes_diagonal else OPERATION_TEST
    return evaluate_claim_per_seed(id, speech, surest, test if surest else NO_SUCH_PHONES)


def _head_differences(dataset: xr.Dataset, claim: OperationClaim) -> Iterator[Difference]:
    """Yield by how much the effect of each head is beyond its bound; for several targets the smallest."""
    by_target = {operation.target: operation for operation in operations([str(p) for p in dataset["key_phone"].values])}
    if not set(claim.targets) <= set(dataset["operation"].values.tolist()) & set(by_target):
        return
    margins = [_margin(dataset, by_target[target], avoids=claim.avoids) for target in claim.targets]
    smallest = np.stack(margins).min(axis=0)  # of [target, (value, low, high), head]
    selected = ~np.isnan(smallest[0])
    if claim.excludes_diagonal:
        selected &= dataset["category"].values.ravel() != "diagonal"
    n_heads = dataset.sizes["head"]
    for index in np.flatnonzero(selected):
        value, low, high = smallest[:, index].tolist()
        yield Difference(f"head {index // n_heads}.{index % n_heads}, beyond its bound", value, low, high)


def _margin(dataset: xr.Dataset, operation: Operation, *, avoids: bool) -> AnyFloats:
    """Return value, low and high, `[3, head]`, by which each head's effect is beyond the operation's bound."""
    effect = dataset["operation_effect"].sel(operation=operation.target).values.ravel()
    low, high = dataset["operation_effect_interval"].sel(operation=operation.target).values.reshape(-1, 2).T
    if avoids:
        return operation.avoids - np.stack([effect, high, low])
    return np.stack([effect, low, high]) - operation.attends


def _evaluate_concentration(runs: Mapping[str, xr.Dataset], speech: str) -> Iterator[EvaluatedClaim]:
    """Yield whether heads of high verticality have extreme concentration; for neglect without diagonal heads."""
    for id, difference, test in (
        (ClaimId.VERTICAL_FOCUS, _focus, "over heads"),
        (ClaimId.VERTICAL_NEGLECT, _neglect, "over heads that are not diagonal"),
    ):
        by_seed = {seed: difference(dataset) for seed, dataset in runs.items()}
        yield evaluate_claim_per_seed(id, speech, by_seed, test)


def _focus(dataset: xr.Dataset) -> Difference:
    highest = dataset["concentration"].max("key_phone").values.ravel()
    return _correlation_with_verticality(dataset, highest, np.ones(len(highest), bool))


def _neglect(dataset: xr.Dataset) -> Difference:
    lowest = dataset["concentration"].min("key_phone").values.ravel()
    return _correlation_with_verticality(dataset, -lowest, dataset["category"].values.ravel() != "diagonal")


def _correlation_with_verticality(dataset: xr.Dataset, extreme: AnyFloats, selected: Bools) -> Difference:
    """Return Spearman's correlation of verticality with an extreme of concentration, over the selected heads."""
    verticality = dataset["verticality"].values.ravel()
    present = ~np.isnan(verticality)
    heads = present & selected
    estimate = jackknife(_spearman(verticality[heads], extreme[heads]), int(heads.sum()), "head")
    return estimated_difference(f"Spearman over {heads.sum()} of {present.sum()} heads", estimate, FISHER)


def _spearman(a: AnyFloats, b: AnyFloats) -> Callable[[Ints], float]:
    """Return the function that computes Spearman's correlation of some heads; NaN if all of them have one value."""

    def correlation(indices: Ints) -> float:
        is_constant = np.ptp(a[indices]) == 0 or np.ptp(b[indices]) == 0
        return np.nan if is_constant else float(spearmanr(a[indices], b[indices]).statistic)

    return correlation
