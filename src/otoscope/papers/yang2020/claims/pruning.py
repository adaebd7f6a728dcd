"""Claims about the value of heads and spans, on each corpus with probes (published Figs. 5 and 6)."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.claim import PAIRED, EvaluatedClaim, evaluate_claim
from otoscope.papers.yang2020.claims.claim_id import ClaimId
from otoscope.papers.yang2020.claims.difference import Difference, best_of
from otoscope.papers.yang2020.claims.pruning_curves import curve_claims

NO_LOSS = 0.01  # of accuracy: a smaller loss counts as none
PAIRED_WITH_SEEDS = f"{PAIRED}, and over seeds"


def evaluate_pruning_claims(dataset: xr.Dataset, corpus: str) -> Iterator[EvaluatedClaim]:
    """Yield the claims about which heads matter.

    Args:
        dataset: Dataset of a run of `prune` with every category and weight as rankings.
        corpus: name of the corpus, for readers.
    """
    for claim in curve_claims(dataset):
        yield evaluate_claim(claim.id, f"{corpus}, {claim.evaluated_on}", claim.differences, PAIRED_WITH_SEEDS)
    for probe in dataset["probe"].values:
        if dataset["higher_is_better"].sel(probe=probe).item():
            gain = half_without_loss(dataset, str(probe))
            yield evaluate_claim(ClaimId.HALF_WITHOUT_LOSS, f"{corpus}, {probe}", [gain], PAIRED_WITH_SEEDS)


def half_without_loss(dataset: xr.Dataset, probe: str) -> Difference:
    """Return the change of the score without half of the heads, plus what counts as no loss, by the best ranking."""
    selected = dataset.sel(probe=probe)
    step = int(np.abs(selected["removed"].values - selected["removed"].values[-1] / 2).argmin())
    changes = selected[["change", "change_interval"]].isel(step=step).stack(curve=("ranking", "direction"))
    return best_of([_change_plus_margin(changes.isel(curve=index)) for index in range(changes.sizes["curve"])])


def _change_plus_margin(curve: xr.Dataset) -> Difference:
    low, high = (float(end) + NO_LOSS for end in curve["change_interval"].values)
    label = f"{curve['ranking'].item()}, {curve['direction'].item()}: change plus {NO_LOSS:g}"
    return Difference(label, curve["change"].item() + NO_LOSS, low, high)
