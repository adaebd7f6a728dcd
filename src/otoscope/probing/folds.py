"""Who is tested: folds of utterances, each tested by a net that was trained on the others."""

from collections.abc import Sequence

import numpy as np

from otoscope.errors import InputError
from otoscope.typing import Ints

UNUSED = -1


def speaker_disjoint_folds(speakers: Sequence[str | None], n_folds: int, rng: np.random.Generator) -> Ints:
    """Return the fold of each utterance, all of a speaker in the same; utterances without a speaker are `UNUSED`.

    Raises:
        InputError: there are fewer than two speakers.

    >>> speaker_disjoint_folds(["a", "a", "b", None], 3, np.random.default_rng(0)).tolist()
    [0, 0, 1, -1]
    """
    different = sorted({speaker for speaker in speakers if speaker})
    if len(different) < 2:
        raise InputError(
            f"expected utterances of two speakers or more, to train and to test, found {len(different)}; add speech, "
            "raise --limit, or choose another probe"
        )
    fold_of = dict(zip(rng.permutation(different), np.arange(len(different)) % n_folds, strict=True))
    return np.array([fold_of[speaker] if speaker else UNUSED for speaker in speakers])


def within_speaker_folds(speakers: Sequence[str | None], n_folds: int, rng: np.random.Generator) -> Ints:
    """Return the fold of each utterance, each speaker's utterances spread over the folds.

    Utterances without a speaker, or of a speaker with a single one, are `UNUSED`.

    Raises:
        InputError: fewer than two speakers have two utterances.

    >>> sorted(within_speaker_folds(["a", "a", "b", "b", "c"], 2, np.random.default_rng(0)).tolist())
    [-1, 0, 0, 1, 1]
    """
    fold, taken = np.full(len(speakers), UNUSED), 0
    for speaker in sorted({speaker for speaker in speakers if speaker}):
        mine = np.flatnonzero([other == speaker for other in speakers])
        if len(mine) > 1:
            fold[rng.permutation(mine)] = (np.arange(len(mine)) + taken) % n_folds
            taken += 1
    if taken < 2:
        named = len({speaker for speaker in speakers if speaker})
        raise InputError(
            f"expected two speakers or more with two utterances each, found {taken} (of {named} speakers); add speech, "
            "raise --limit, or choose another probe"
        )
    return fold


def held_out(training: Ints, share: float, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return the utterances to train on, and a share of them held out (at least one) that decides when training stops.

    Raises:
        InputError: there are not two.
    """
    if len(training) < 2:
        raise InputError(
            f"expected two utterances or more to train a probe on, apart from those that test it, got {len(training)}; "
            "give three speakers or more, or two with two utterances each"
        )
    shuffled = rng.permutation(training)
    count = max(1, round(share * len(training)))
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])
