"""The summary that the command line prints."""

import xarray as xr

from otoscope.papers.yang2020.published import published_claims
from otoscope.papers.yang2020.report.claim_tables import verdicts
from otoscope.papers.yang2020.report.cost_tables import stage_times
from otoscope.results.text_table import format_table


def summary(dataset: xr.Dataset) -> str:
    """Return the verdicts on all claims, then the time of every stage, as text."""
    rows = [[claim.text, verdicts(dataset, claim).text] for claim in published_claims().values()]
    times = [[name, time] for name, time, _ in stage_times(dataset)]
    return f"{format_table(('claim', 'verdict'), rows)}\n{format_table(('stage', 'time'), times)}"
