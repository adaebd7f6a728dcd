"""Split of labelled utterances into a validation part, to tune on, and a test part, to report on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from lhotse import MonoCut

from otoscope.corpus import speaker_of
from otoscope.corpus.published_splits import PUBLISHED_SPLITS, PublishedSplit
from otoscope.errors import InputError
from otoscope.runs.progress import progress
from otoscope.segmentation.boundaries import inner_boundaries
from otoscope.typing import Floats

VALIDATION_STRIDE = 4
"""Without named speakers, one speaker (or utterance) of so many, in order, belongs to the validation part."""


@dataclass(frozen=True, eq=False)
class LabelledUtterance:
    """A cut and its phones, syllables or words.

    Attributes:
        cuts: the cuts of the corpus, which may be read when they are used.
        place: place of the cut among them.
        units: symbol, start and end in seconds of each unit.
    """

    cuts: Sequence[MonoCut]
    place: int
    units: Sequence[tuple[str, float, float]]

    @property
    def cut(self) -> MonoCut:
        """Return the audio."""
        return self.cuts[self.place]

    @cached_property
    def boundaries(self) -> Floats:
        """Return the reference boundaries `[n]` in seconds."""
        return inner_boundaries((start, end) for _, start, end in self.units)

    @cached_property
    def speaker(self) -> str:
        """Return the id of the speaker; empty if it is unknown."""
        return speaker_of(self.cut) or ""


def with_progress(utterances: Sequence[LabelledUtterance], what: str) -> Iterator[LabelledUtterance]:
    """Iterate over utterances; each counts as done when the next one is requested."""
    with progress(what, sum(utterance.cut.duration for utterance in utterances)) as on_progress:
        for utterance in utterances:
            yield utterance
            on_progress(utterance.cut.duration)


@dataclass(frozen=True, eq=False)
class Split:
    """Utterances of the validation part and of the test part.

    Attributes:
        validation: utterances to tune on.
        test: utterances to report on.
        split_by: `speaker` if no speaker is in both parts; `utterance` if the corpus has a single speaker.
    """

    validation: Sequence[LabelledUtterance]
    test: Sequence[LabelledUtterance]
    split_by: Literal["speaker", "utterance"]


def split(utterances: Sequence[LabelledUtterance], validation: Collection[str] = ()) -> Split:
    """Split utterances into a validation and a test part that share no speaker.

    The function splits a corpus of one speaker, or of unknown speakers, by utterance: every fourth one, in order,
    belongs to the validation part.

    Args:
        utterances: utterances with reference boundaries.
        validation: speakers to tune on, or the name of one of `PUBLISHED_SPLITS`; if empty, every fourth speaker in
            order of id, from the first.

    Returns:
        Both parts, in the order of `utterances`.

    Raises:
        InputError: `validation` names an unknown speaker or every speaker; there are fewer than two utterances; or
            only some utterances have a speaker.

    Examples:
        >>> from types import SimpleNamespace
        >>> def utterance_of(speaker):
        ...     return LabelledUtterance([SimpleNamespace(supervisions=[SimpleNamespace(speaker=speaker)])], 0, [])
        >>> parts = split([utterance_of(speaker) for speaker in "abcdeabcde"])
        >>> [utterance.speaker for utterance in parts.validation], parts.split_by
        (['a', 'e', 'a', 'e'], 'speaker')
    """
    speakers = sorted({utterance.speaker for utterance in utterances})
    if len(validation) == 1 and (published := PUBLISHED_SPLITS.get(next(iter(validation)))):
        return _published(utterances, published, speakers)
    if validation:
        _check_validation(validation, speakers)
        return _split_by_speaker(utterances, validation)
    if len(speakers) > 1:
        return _split_by_speaker(utterances, speakers[::VALIDATION_STRIDE])
    return _split_by_utterance(utterances)


def _published(utterances: Sequence[LabelledUtterance], published: PublishedSplit, speakers: Sequence[str]) -> Split:
    """Return the parts of a published split; other speakers are in none."""
    validation, test = (
        [utterance for utterance in utterances if utterance.speaker in names]
        for names in (published.validation, published.test)
    )
    if not (validation and test):
        names = published.test if validation else published.validation
        raise InputError(
            f"expected speakers of the published split, {', '.join(names)}, found {', '.join(speakers)}; "
            "name other speakers with --validation"
        )
    return Split(validation, test, "speaker")


def _check_validation(validation: Collection[str], speakers: Sequence[str]) -> None:
    if missing := sorted(set(validation) - set(speakers)):
        raise InputError(
            f"expected speakers with phones for validation, found no {', '.join(missing)}; "
            f"choose from {', '.join(speakers)}"
        )
    if not set(speakers) - set(validation):
        raise InputError(
            f"expected speakers to report on, found all {len(speakers)} speakers in validation; name fewer speakers"
        )


def _split_by_speaker(utterances: Sequence[LabelledUtterance], validation: Collection[str]) -> Split:
    without_speaker = [utterance.cut.id for utterance in utterances if not utterance.speaker]
    if without_speaker:
        raise InputError(
            f"expected a speaker for every utterance, found {len(without_speaker)} without one (the first: "
            f"{without_speaker[0]}); add the speakers to the corpus"
        )
    return Split(
        [utterance for utterance in utterances if utterance.speaker in validation],
        [utterance for utterance in utterances if utterance.speaker not in validation],
        "speaker",
    )


def _split_by_utterance(utterances: Sequence[LabelledUtterance]) -> Split:
    if len(utterances) < 2:
        raise InputError(
            f"expected at least 2 utterances with phones, one to tune on and one to report on, "
            f"found {len(utterances)}; add speech with phone labels"
        )
    test = [utterance for i, utterance in enumerate(utterances) if i % VALIDATION_STRIDE]
    return Split(utterances[::VALIDATION_STRIDE], test, "utterance")
