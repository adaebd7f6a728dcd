"""Operations and concentration of heads (published Figs. 3 and 4)."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import spearmanr

from otoscope.importance.claims import Difference
from otoscope.relations.operations import SAME, Operation, operations
from otoscope.reproduction.answers import OVER_UTTERANCES, Answer, answered, difference, over_heads

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


def relation_answers(dataset: xr.Dataset) -> list[Answer]:
    """Claims about relations, of a run of M3's heads; none where its corpus has no phones."""
    if "operation_effect" not in dataset:
        return []
    of = f"{dataset.attrs['labelled_utterances']} utterances"
    return [*(_named(dataset, of, text, *how) for text, how in OPERATIONS.items()), *_concentrating(dataset, of)]


def _named(dataset: xr.Dataset, of: str, text: str, targets: Sequence[str], way: str) -> Answer:
    found = list(_surest(dataset, targets, way))
    test = f"{NAMED}{LOCAL if _is_met_by_any_local_head(targets, way) else ''}"
    return answered(text, of, found, test if found else NO_SUCH_PHONES)


def _is_met_by_any_local_head(targets: Sequence[str], way: str) -> bool:
    """Beside a run of a phone there is another phone, so that whoever looks nearby avoids the same phone elsewhere."""
    return way == "avoids" and SAME.target in targets


def _surest(dataset: xr.Dataset, targets: Sequence[str], way: str) -> Iterator[Difference]:
    """By how much the effect of the surest head lies beyond its bound; of several targets the least."""
    known = {one.target: one for one in operations([str(phone) for phone in dataset["key_phone"].values])}
    present = set(dataset["operation"].values.tolist())
    if not set(targets) <= present & set(known):
        return
    each = [_beyond(dataset, known[target], avoids=way == "avoids") for target in targets]
    chosen = np.stack(each).min(axis=0)  # of [target, end, head]: value, low, high
    if _is_met_by_any_local_head(targets, way):
        chosen = np.where(dataset["category"].values.ravel() == "diagonal", np.nan, chosen)
    if np.isnan(chosen[1]).all():
        return
    head = int(np.nanargmax(chosen[1]))
    heads = dataset.sizes["head"]
    value, low, high = chosen[:, head]
    yield Difference(f"head {head // heads}.{head % heads}, beyond its bound", float(value), float(low), float(high))


def _beyond(dataset: xr.Dataset, operation: Operation, *, avoids: bool) -> Floats:
    """Value, low and high `[3, head]` by which each head's effect is beyond the operation's bound."""
    effect = dataset["operation_effect"].sel(operation=operation.target).values.ravel()
    low, high = dataset["operation_effect_interval"].sel(operation=operation.target).values.reshape(-1, 2).T
    if avoids:
        return operation.avoids - np.stack([effect, high, low])
    return np.stack([effect, low, high]) - operation.attends


def _concentrating(dataset: xr.Dataset, of: str) -> Iterator[Answer]:
    """Whether heads of high verticality have extreme concentration; for neglect among heads that are not diagonal."""
    verticality = dataset["verticality"].values.ravel()
    present, upright = ~np.isnan(verticality), dataset["category"].values.ravel() != "diagonal"
    of_phones = dataset["concentration"].values.reshape(len(verticality), -1)
    for text, extreme, here in (
        ("vertical heads concentrate, by focus", np.nanmax(of_phones, axis=1), present),
        ("vertical heads concentrate, by neglect", -np.nanmin(of_phones, axis=1), present & upright),
    ):
        value, drawn = over_heads(_correlation(verticality[here], extreme[here]), int(here.sum()))
        yield answered(text, of, [difference("Spearman over heads", value, drawn)], "heads drawn again")


def _correlation(a: Floats, b: Floats) -> Callable[[NDArray[np.intp]], float]:
    """Spearman's of drawn heads; NaN where all of them are alike."""

    def of(places: NDArray[np.intp]) -> float:
        alike = np.ptp(a[places]) == 0 or np.ptp(b[places]) == 0
        return np.nan if alike else float(spearmanr(a[places], b[places]).statistic)

    return of
