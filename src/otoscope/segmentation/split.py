"""Utterances with reference boundaries, parted so that what is tuned never hears what is reported."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
from lhotse import MonoCut

from otoscope.corpus import speaker_of
from otoscope.errors import InputError
from otoscope.segmentation.boundaries import inner_boundaries

VALIDATION_STRIDE = 4  # speaker in order of id is one of validation where none is named


@dataclass(frozen=True, eq=False)
class LabelledUtterance:
    """A cut and its phones: symbol, start and end in seconds of each."""

    cut: MonoCut
    phones: Sequence[tuple[str, float, float]]

    @cached_property
    def boundaries(self) -> npt.NDArray[np.float64]:
        """Reference boundaries in seconds."""
        return inner_boundaries((start, end) for _, start, end in self.phones)

    @property
    def speaker(self) -> str:
        """Who speaks; empty where unknown."""
        return speaker_of(self.cut) or ""


@dataclass(frozen=True, eq=False)
class Split:
    """Utterances to tune on and to report on, parted by `speaker`, or by `utterance` where speakers do not allow it."""

    validation: Sequence[LabelledUtterance]
    test: Sequence[LabelledUtterance]
    by: Literal["speaker", "utterance"]


def split(utterances: Sequence[LabelledUtterance], validation: Collection[str] = ()) -> Split:
    """Part utterances into validation and test, no speaker in both.

    Args:
        utterances: all with reference boundaries.
        validation: speakers to tune on; without them every fourth speaker in order of id, beginning with the first.

    A corpus of one speaker (or of none that is known) is parted by utterance, every fourth in order.

    Raises:
        InputError: a speaker that is not there, no speaker or utterance left to report on, speakers named of some
            utterances only.

    Examples:
        >>> from types import SimpleNamespace
        >>> def said_by(name):
        ...     return LabelledUtterance(SimpleNamespace(supervisions=[SimpleNamespace(speaker=name)]), [])
        >>> parts = split([said_by(name) for name in "abcdeabcde"])
        >>> [utterance.speaker for utterance in parts.validation], parts.by
        (['a', 'e', 'a', 'e'], 'speaker')
    """
    speakers = sorted({utterance.speaker for utterance in utterances})
    if validation:
        return _parted(utterances, _known(validation, speakers))
    if len(speakers) > 1:
        return _parted(utterances, speakers[::VALIDATION_STRIDE])
    if len(utterances) < 2:
        raise InputError(
            f"expected 2 utterances with phones or more, to tune on and to report on; got {len(utterances)}"
        )
    return Split(
        utterances[::VALIDATION_STRIDE], [one for i, one in enumerate(utterances) if i % VALIDATION_STRIDE], "utterance"
    )


def _known(validation: Collection[str], speakers: Sequence[str]) -> Collection[str]:
    if missing := sorted(set(validation) - set(speakers)):
        raise InputError(f"no speaker {', '.join(missing)} among those with phones: {', '.join(speakers)}")
    if not set(speakers) - set(validation):
        raise InputError(f"all {len(speakers)} speakers are for validation; leave at least one to report on")
    return validation


def _parted(utterances: Sequence[LabelledUtterance], validation: Collection[str]) -> Split:
    nameless = [utterance.cut.id for utterance in utterances if not utterance.speaker]
    if nameless:
        raise InputError(f"expected every utterance with its speaker, {len(nameless)} have none, such as {nameless[0]}")
    inside, outside = ([one for one in utterances if (one.speaker in validation) is wanted] for wanted in (True, False))
    return Split(inside, outside, "speaker")
