"""What heads and spans are worth, asked of each corpus that probes were trained on (published Figs. 5 and 6)."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims import Answer, answered
from otoscope.papers.yang2020.pruning_claims import Difference, claims, for_some

NO_LOSS = 0.01  # of accuracy: what is lost within it is none
PAIRED = "bootstrap over seeds and utterances, paired"


def pruning_answers(dataset: xr.Dataset, corpus: str) -> Iterator[Answer]:
    """Claims about which heads matter to M3, of a run of prune by every category and by weight."""
    for claim in claims(dataset):
        yield answered(claim.text, f"{corpus}, {claim.probe}", claim.differences, PAIRED)
    for probe in dataset["probe"].values:
        if dataset["better"].sel(probe=probe).item() == "high":
            found = [_half(dataset, str(probe))]
            yield answered("half of the heads go without loss", f"{corpus}, {probe}", found, PAIRED)


def _half(dataset: xr.Dataset, probe: str) -> Difference:
    """Change of the score when half of the heads are gone by some ranking, plus what counts as no loss."""
    one = dataset.sel(probe=probe)
    step = int(np.abs(one["removed"].values - one["removed"].values[-1] / 2).argmin())
    at = one[["change", "change_interval"]].isel(step=step).stack(way=("ranking", "direction"))
    return for_some([_change(at.isel(way=place)) for place in range(at.sizes["way"])])


def _change(at: xr.Dataset) -> Difference:
    low, high = (float(end) + NO_LOSS for end in at["change_interval"].values)
    what = f"{at['ranking'].item()}, {at['direction'].item()}: change plus {NO_LOSS:g}"
    return Difference(what, at["change"].item() + NO_LOSS, low, high)
