"""Tables of claims: what the paper observed, and the verdict of each evaluation."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import xarray as xr

from otoscope.papers.html import Cell, table
from otoscope.papers.yang2020.claims.claim_id import Experiment
from otoscope.papers.yang2020.published import PublishedClaim, published_claims
from otoscope.papers.yang2020.report.cells import format_interval, format_signed
from otoscope.results.verdict import Verdict


def claim_table(dataset: xr.Dataset, experiment: Experiment) -> str:
    """Return the claims of an experiment with every evaluation and its differences."""
    titles = ("claim", "published", "evaluated on", "verdict", "difference", "value", "95 % interval", "test")
    claims = [claim for claim in published_claims().values() if claim.experiment == experiment]
    return table(titles, [row for claim in claims for row in _rows(dataset, claim)], numbers=(5, 6))


def summary_table(dataset: xr.Dataset) -> str:
    """Return each claim once, with its verdicts."""
    titles = ("claim", "published", "verdicts")
    return table(
        titles, [[claim.text, claim.published, verdicts(dataset, claim)] for claim in published_claims().values()]
    )


def verdicts(dataset: xr.Dataset, claim: PublishedClaim) -> Cell:
    """Return the verdict of a claim, or the number of evaluations with each verdict if they differ."""
    rows = _of_claim(dataset, claim)
    by_evaluation = dict(zip(rows["evaluation"].values.tolist(), rows["verdict"].values, strict=True))
    counts = Counter(Verdict(name) for name in by_evaluation.values())
    if len(counts) == 1:
        verdict = next(iter(counts))
        return Cell(verdict.value, verdict)
    return Cell("; ".join(f"{verdict.value}: {count}" for verdict, count in counts.items()))


def _of_claim(dataset: xr.Dataset, claim: PublishedClaim) -> xr.Dataset:
    return dataset.sel(difference=dataset["claim"].values == claim.id.value)


def _rows(dataset: xr.Dataset, claim: PublishedClaim) -> Iterator[list[str | Cell]]:
    """Yield one row for each difference; cells that repeat those of the row above are empty."""
    rows, last = _of_claim(dataset, claim), None
    for index in range(rows.sizes["difference"]):
        row = rows.isel(difference=index)
        evaluation, verdict = int(row["evaluation"].item()), Verdict(row["verdict"].item())
        is_first, is_new = last is None, evaluation != last
        yield [
            *([claim.text, claim.published] if is_first else ["", ""]),
            str(row["evaluated_on"].item()) if is_new else "",
            Cell(verdict.value, verdict) if is_new else "",
            str(row["contrast"].item()),
            format_signed(row["value"].item()),
            format_interval(np.asarray(row["value_interval"].values), signed=True),
            str(row["test"].item()) if is_first else "",
        ]
        last = evaluation
