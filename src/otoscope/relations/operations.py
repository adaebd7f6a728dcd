"""Operations of a head: the phones that it attends to or avoids by more than chance.

The module compares attention outside the query's own run of one phone with uniform attention there. Otherwise a
diagonal head, which neglects all other phones equally, would avoid every phone. Attention within the own run is an
operation of its own. The effect of an operation is the attention to its target divided by that of uniform attention,
averaged over query phones (1 plus a mean of preferences). Attention within the own run has another unit: its effect is
its share of all attention. `significance.py` tests whether an effect is beyond a bound.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from otoscope.phones import phone_info
from otoscope.relations.preference import mean_of_defined, ratio_to_uniform, shares
from otoscope.typing import AnyFloats, Ints

SILENCE = "sil"


@dataclass(frozen=True)
class Operation:
    """Attention to a target, and the bounds of its effect.

    Attributes:
        target: name of the target.
        keys: indices of the target's phones; empty if the target is no fixed set of phones.
        attends: effect above which a head attends to the target.
        avoids: effect below which a head avoids the target.

    Examples:
        >>> Operation("fricatives", keys=(1, 2)).attends
        2.0
    """

    target: str
    keys: tuple[int, ...] = ()
    attends: float = 2.0
    avoids: float = 0.5


STAY_IN_PHONE = Operation("its own phone", attends=0.5, avoids=0.0)
"""Attention within the query's own run; its effect is the share of all attention."""
SAME_PHONE = Operation("the same phone elsewhere")
"""Attention to other runs of the query's phone."""
SILENCE_TO_SILENCE = Operation("silence from silence")


def label_kind(attributes: Mapping[Hashable, Any]) -> str:
    """Return what relations are between, from the attributes of a run: a phone, a word, or a label of another tier.

    >>> label_kind({}), label_kind({"unit": "word"}), label_kind({"unit": "tones"})
    ('phone', 'word', 'label')
    """
    unit = str(attributes.get("unit", "phone"))
    return unit if unit in ("phone", "word") else "label"


def operations(phones: Sequence[str]) -> list[Operation]:
    """Return every operation that heads can perform in a corpus with these phones.

    Args:
        phones: names of the phones in the order of axes.

    Examples:
        >>> [operation.target for operation in operations(["sil", "s"])]
        ['its own phone', 'the same phone elsewhere', 'silence from silence', 'silence', 'fricatives', 's']
    """
    classes: dict[str, list[int]] = {}
    for place, symbol in enumerate(phones):
        if info := phone_info(symbol):
            name = info.category if symbol == SILENCE else f"{info.category}s"
            classes.setdefault(name, []).append(place)
    of_classes = [Operation(name, tuple(keys)) for name, keys in classes.items()]
    of_phones = [Operation(symbol, (place,)) for place, symbol in enumerate(phones) if symbol != SILENCE]
    return [STAY_IN_PHONE, SAME_PHONE, SILENCE_TO_SILENCE, *of_classes, *of_phones]


def effects(
    elsewhere: AnyFloats, own_run: AnyFloats, baseline_elsewhere: AnyFloats, phones: Sequence[str]
) -> AnyFloats:
    """Compute the effect of each operation of `operations(phones)`.

    Args:
        elsewhere: relations P' without the query's own run, `[..., Y, Y]`.
        own_run: relations within the query's own run, `[..., Y]`.
        baseline_elsewhere: P_U without the query's own run, `[..., Y, Y]`.
        phones: names of the Y phones.

    Returns:
        Effects `[..., O]`: of its own phone the share of all attention, of others times uniform; NaN if undefined.

    Examples:
        >>> elsewhere, own = np.array([[0.0, 0.2], [0.6, 0.0]]), np.array([0.2, 0.0])
        >>> effects(elsewhere, own, np.array([[0.2, 0.3], [0.3, 0.2]]), ["sil", "s"]).round(2).tolist()
        [0.2, 0.0, 0.0, 1.25, 0.42, 0.42]
    """
    share, uniform = shares(elsewhere), shares(baseline_elsewhere)
    same = ratio_to_uniform(*(np.diagonal(array, axis1=-2, axis2=-1) for array in (share, uniform)))
    silent = [same[..., place] for place, symbol in enumerate(phones) if symbol == SILENCE]
    belongs_yo = _membership(phones).astype(elsewhere.dtype)
    to_targets = mean_of_defined(ratio_to_uniform(share @ belongs_yo, uniform @ belongs_yo), axis=-2)
    first = [own_run.sum(axis=-1), mean_of_defined(same, axis=-1), *(silent or [np.full(same.shape[:-1], np.nan)])]
    return np.concatenate([np.stack(first, axis=-1), to_targets], axis=-1)


def target_weights(baseline: AnyFloats, baseline_elsewhere: AnyFloats, phones: Sequence[str]) -> AnyFloats:
    """Return the share of frame pairs that the effect of each operation of `operations(phones)` is based on.

    Args:
        baseline: P_U `[..., Y, Y]`.
        baseline_elsewhere: P_U without the query's own run, `[..., Y, Y]`.
        phones: names of the Y phones.

    Returns:
        Weights `[..., O]`: of its own phone, all pairs of frames; of others, the pairs whose key is in the target.

    Examples:
        >>> target_weights(np.full((2, 2), 0.25), np.array([[0.2, 0.3], [0.3, 0.2]]), ["sil", "s"]).round(2).tolist()
        [1.0, 0.4, 0.2, 0.5, 0.5, 0.5]
    """
    same = np.diagonal(baseline_elsewhere, axis1=-2, axis2=-1)
    silent = [same[..., place] for place, symbol in enumerate(phones) if symbol == SILENCE]
    first = [baseline.sum(axis=(-2, -1)), same.sum(axis=-1), *(silent or [np.zeros(same.shape[:-1])])]
    to_targets = (baseline_elsewhere @ _membership(phones).astype(baseline_elsewhere.dtype)).sum(axis=-2)
    return np.concatenate([np.stack(first, axis=-1), to_targets], axis=-1)


def name_operations(performed: Ints, phones: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Iterate over the names of the operations that a head performs.

    An operation on a single phone is skipped if the head performs the same operation on the class of the phone.

    Args:
        performed: for every operation, 1 if the head attends to its target, -1 if it avoids it, else 0, `[O]`.
        phones: names of the phones in the order of axes.

    Yields:
        Name of an operation, and its index in `operations(phones)`.

    Examples:
        >>> list(name_operations(np.array([1, 0, 0, 0, 0, 0]), ["sil", "s"]))
        [('attends to its own phone', 0)]
    """
    named: set[tuple[int, int]] = set()
    for place, operation in enumerate(operations(phones)):
        direction = int(performed[place])
        pairs = {(direction, key) for key in operation.keys}
        if direction and not (pairs and pairs <= named):
            yield f"{'attends to' if direction > 0 else 'avoids'} {operation.target}", place
            named |= pairs


def _membership(phones: Sequence[str]) -> AnyFloats:
    """Return 1 if a phone belongs to a target, else 0, `[Y, O']`, for the O' targets with phones."""
    targets = [operation.keys for operation in operations(phones) if operation.keys]
    belongs_yo = np.zeros((len(phones), len(targets)))
    for column, keys in enumerate(targets):
        belongs_yo[list(keys), column] = 1
    return belongs_yo
