"""Operations and concentration of heads (published Figs. 3 and 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import spearmanr

from otoscope.papers.yang2020.claims import OVER_UTTERANCES, Answer, answered_by_each, difference, over_heads
from otoscope.papers.yang2020.pruning_claims import Difference, for_some
from otoscope.relations.operations import SAME, Operation, operations

Floats = NDArray[np.floating]
SIBILANTS = ("ch", "jh", "s", "sh")
# claim: targets that one head must attend to (or avoid), each of them
OPERATIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "some head lets silence attend to silence": (("silence from silence",), "attends"),
    "some head attends to the same phone elsewhere": ((SAME.target,), "attends"),
    "some head avoids the same phone elsewhere": ((SAME.target,), "avoids"),
    "some head attends to silence": (("silence",), "attends"),
    "some head avoids silence": (("silence",), "avoids"),
    "some head attends to ch, jh, s and sh": (SIBILANTS, "attends"),
    "some head avoids ch, jh, s and sh": (SIBILANTS, "avoids"),
}
NAMED = f"operation's bound against the {OVER_UTTERANCES}, the head that is surest"
LOCAL = "; no diagonal heads, whose neighbours are other phones"
NO_SUCH_PHONES = "the corpus has none of these phones"


def relation_answers(found: Mapping[str, xr.Dataset]) -> list[Answer]:
    """Claims about relations, of runs of M3's heads by seed; none where their corpus has no phones."""
    labelled = {seed: dataset for seed, dataset in found.items() if "operation_effect" in dataset}
    if not labelled:
        return []
    of = f"{next(iter(labelled.values())).attrs['labelled_utterances']} utterances"
    return [*(_named(labelled, of, text, *how) for text, how in OPERATIONS.items()), *_concentrating(labelled, of)]


def _named(found: Mapping[str, xr.Dataset], of: str, text: str, targets: Sequence[str], way: str) -> Answer:
    each = {seed: list(_heads(dataset, targets, way)) for seed, dataset in found.items()}
    chosen = {seed: for_some(heads) for seed, heads in each.items() if heads}
    test = f"{NAMED}{LOCAL if _is_met_by_any_local_head(targets, way) else ''}"
    return answered_by_each(text, of, chosen, test if chosen else NO_SUCH_PHONES)


def _is_met_by_any_local_head(targets: Sequence[str], way: str) -> bool:
    """Beside a run of a phone there is another phone, so that whoever looks nearby avoids the same phone elsewhere."""
    return way == "avoids" and SAME.target in targets


def _heads(dataset: xr.Dataset, targets: Sequence[str], way: str) -> Iterator[Difference]:
    """By how much the effect of each head lies beyond its bound; of several targets the least."""
    known = {one.target: one for one in operations([str(phone) for phone in dataset["key_phone"].values])}
    present = set(dataset["operation"].values.tolist())
    if not set(targets) <= present & set(known):
        return
    each = [_beyond(dataset, known[target], avoids=way == "avoids") for target in targets]
    beyond = np.stack(each).min(axis=0)  # of [target, end, head]: value, low, high
    asked = ~np.isnan(beyond[0])
    if _is_met_by_any_local_head(targets, way):
        asked &= dataset["category"].values.ravel() != "diagonal"
    n_heads = dataset.sizes["head"]
    for place in np.flatnonzero(asked):
        value, low, high = beyond[:, place].tolist()
        yield Difference(f"head {place // n_heads}.{place % n_heads}, beyond its bound", value, low, high)


def _beyond(dataset: xr.Dataset, operation: Operation, *, avoids: bool) -> Floats:
    """Value, low and high `[3, head]` by which each head's effect is beyond the operation's bound."""
    effect = dataset["operation_effect"].sel(operation=operation.target).values.ravel()
    low, high = dataset["operation_effect_interval"].sel(operation=operation.target).values.reshape(-1, 2).T
    if avoids:
        return operation.avoids - np.stack([effect, high, low])
    return np.stack([effect, low, high]) - operation.attends


def _concentrating(found: Mapping[str, xr.Dataset], of: str) -> Iterator[Answer]:
    """Whether heads of high verticality have extreme concentration; for neglect among heads that are not diagonal."""
    for text, of_seed, test in (
        ("vertical heads concentrate, by focus", _focus, "heads drawn again"),
        ("vertical heads concentrate, by neglect", _neglect, "heads that are not diagonal, drawn again"),
    ):
        yield answered_by_each(text, of, {seed: of_seed(dataset) for seed, dataset in found.items()}, test)


def _focus(dataset: xr.Dataset) -> Difference:
    most = dataset["concentration"].max("key_phone").values.ravel()
    return _vertical_with(dataset, most, np.ones(len(most), bool))


def _neglect(dataset: xr.Dataset) -> Difference:
    least = dataset["concentration"].min("key_phone").values.ravel()
    return _vertical_with(dataset, -least, dataset["category"].values.ravel() != "diagonal")


def _vertical_with(dataset: xr.Dataset, extreme: Floats, asked: NDArray[np.bool_]) -> Difference:
    """Spearman of verticality with an extreme of concentration, over those of the heads that are asked."""
    verticality = dataset["verticality"].values.ravel()
    present = ~np.isnan(verticality)
    here = present & asked
    value, drawn = over_heads(_correlation(verticality[here], extreme[here]), int(here.sum()))
    return difference(f"Spearman over {here.sum()} of {present.sum()} heads", value, drawn)


def _correlation(a: Floats, b: Floats) -> Callable[[NDArray[np.intp]], float]:
    """Spearman's of drawn heads; NaN where all of them are alike."""

    def of(places: NDArray[np.intp]) -> float:
        alike = np.ptp(a[places]) == 0 or np.ptp(b[places]) == 0
        return np.nan if alike else float(spearmanr(a[places], b[places]).statistic)

    return of
