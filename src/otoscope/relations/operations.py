"""What a head does, in words: operations that it performs by more than chance, each with the number that names it.

Attention outside the query's own run of one phone is compared with uniform attention there, so that a diagonal head,
which neglects everything else alike, is not said to avoid each phone; that it stays in its own phone has a name of its
own. An operation's effect is how many times the attention of uniform attention its target gets, on average over query
phones (1 plus a mean of preferences); that of staying is the share of all attention. An operation is named where the
whole 95 % interval of its effect lies beyond a bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.phones import phone_info
from otoscope.relations.preference import Floats, mean_of_defined, ratio_to_uniform, shares

SILENCE = "sil"


@dataclass(frozen=True)
class Operation:
    """Attention to a target: its name; places of its phones, where it is some; bounds beyond which it is named.

    `attends` and `avoids` are effects above and below which a head attends to the target or avoids it.
    """

    target: str
    keys: tuple[int, ...] = ()
    attends: float = 2.0
    avoids: float = 0.5


STAY_IN_PHONE = Operation("its own phone", attends=0.5, avoids=0.0)  # staying in the run: share of all attention
SAME_PHONE = Operation("the same phone elsewhere")  # in another run
SILENCE_TO_SILENCE = Operation("silence from silence")


def operations(phones: Sequence[str]) -> list[Operation]:
    """Every operation that is looked for in a corpus with these phones.

    Examples:
        >>> [operation.target for operation in operations(["sil", "s"])]
        ['its own phone', 'the same phone elsewhere', 'silence from silence', 'silence', 'fricatives', 's']
    """
    classes: dict[str, list[int]] = {}
    for place, symbol in enumerate(phones):
        if known := phone_info(symbol):
            name = known.category if symbol == SILENCE else f"{known.category}s"
            classes.setdefault(name, []).append(place)
    of_classes = [Operation(name, tuple(keys)) for name, keys in classes.items()]
    of_phones = [Operation(symbol, (place,)) for place, symbol in enumerate(phones) if symbol != SILENCE]
    return [STAY_IN_PHONE, SAME_PHONE, SILENCE_TO_SILENCE, *of_classes, *of_phones]


def effects(rest: Floats, own_run: Floats, rest_baseline: Floats, phones: Sequence[str]) -> Floats:
    """Effect of each of `operations(phones)`, `[..., O]`; NaN where it is undefined.

    Args:
        rest: relations P' without the query's own run, `[..., Y, Y]`.
        own_run: relations within it, `[..., Y]`.
        rest_baseline: P_U without the query's own run, `[..., Y, Y]`.
        phones: the Y phones.

    Examples:
        >>> rest, own = np.array([[0.0, 0.2], [0.6, 0.0]]), np.array([0.2, 0.0])
        >>> effects(rest, own, np.array([[0.2, 0.3], [0.3, 0.2]]), ["sil", "s"]).round(2).tolist()
        [0.2, 0.0, 0.0, 1.25, 0.42, 0.42]
    """
    share, uniform = shares(rest), shares(rest_baseline)
    same = ratio_to_uniform(*(np.diagonal(one, axis1=-2, axis2=-1) for one in (share, uniform)))
    silent = [same[..., place] for place, symbol in enumerate(phones) if symbol == SILENCE]
    belongs_yo = _membership(phones).astype(rest.dtype)
    to_targets = mean_of_defined(ratio_to_uniform(share @ belongs_yo, uniform @ belongs_yo), axis=-2)
    first = [own_run.sum(axis=-1), mean_of_defined(same, axis=-1), *(silent or [np.full(same.shape[:-1], np.nan)])]
    return np.concatenate([np.stack(first, axis=-1), to_targets], axis=-1)


def name_operations(interval: Floats, phones: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Name of each operation that a head performs, and its place in `operations(phones)`.

    Phones of a class that is named already are not named again.

    Args:
        interval: ends of the effect of every operation, `[O, 2]`; one with a NaN names nothing.
        phones: the phones.
    """
    said: set[tuple[str, int]] = set()
    for place, operation in enumerate(operations(phones)):
        low, high = interval[place]
        verb = "attends to" if low > operation.attends else "avoids" if high < operation.avoids else ""
        told = {(verb, key) for key in operation.keys}
        if verb and not (told and told <= said):
            yield f"{verb} {operation.target}", place
            said |= told


def _membership(phones: Sequence[str]) -> Floats:
    """1 where a phone belongs to a target that is made of phones, `[Y, O']`."""
    targets = [operation.keys for operation in operations(phones) if operation.keys]
    belongs_yo = np.zeros((len(phones), len(targets)))
    for column, keys in enumerate(targets):
        belongs_yo[list(keys), column] = 1
    return belongs_yo
