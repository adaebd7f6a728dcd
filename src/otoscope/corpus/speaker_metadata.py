"""What a corpus states of its speakers: gender, age, first language and dialect."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from lhotse import MonoCut
from numpy.typing import NDArray

SPEAKER_METADATA = ("gender", "age", "first_language", "dialect")
GENDERS = {"female": "f", "male": "m"}


def metadata_of(cut: MonoCut) -> dict[str, str]:
    """Return what a corpus states of the speaker of a cut, as text, by the names of `SPEAKER_METADATA`.

    The gender is the field `gender` of Lhotse's supervisions, the rest are their custom fields. What the supervisions
    of a cut contradict is omitted.

    Args:
        cut: an utterance.

    Examples:
        >>> from lhotse import SupervisionSegment
    >>> supervision = SupervisionSegment("u", "u", 0.0, 1.0, gender="Female", custom={"age": 31})
        >>> metadata_of(MonoCut("u", 0.0, 1.0, 0, supervisions=[supervision]))
        {'gender': 'f', 'age': '31'}
    """
    stated = [stated_metadata(supervision.custom, supervision.gender) for supervision in cut.supervisions]
    values = {name: {fields[name] for fields in stated if name in fields} for name in SPEAKER_METADATA}
    return {name: several.pop() for name, several in values.items() if len(several) == 1}


def columns_of(stated: Sequence[Mapping[str, str]]) -> dict[str, NDArray[Any]]:
    """Return a column `[utterance]` of each name that the corpus states of some speaker.

    Ages are years, NaN where unknown; the others are text, empty where unknown.

    Args:
        stated: what `metadata_of` returns, of each utterance.
    """
    names = [name for name in SPEAKER_METADATA if any(name in fields for fields in stated)]
    columns: dict[str, NDArray[Any]] = {
        name: np.array([fields.get(name, "") for fields in stated], dtype=object) for name in names
    }
    if "age" in columns:
        columns["age"] = np.array([_years(text) for text in columns["age"]])
    return columns


def _years(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def supervision_fields(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields `gender` and `custom` of a supervision whose speaker has this metadata.

    >>> supervision_fields({"gender": "f", "age": "31"})
    {'gender': 'f', 'custom': {'age': '31'}}
    """
    others = {name: metadata[name] for name in SPEAKER_METADATA if name in metadata and name != "gender"}
    return {"gender": metadata.get("gender"), "custom": others or None}


def stated_metadata(custom: Mapping[str, Any] | None, gender: Any) -> dict[str, str]:
    """Return what the fields of a supervision state of its speaker.

    >>> stated_metadata({"age": 31, "mood": "good"}, "Female")
    {'gender': 'f', 'age': '31'}
    """
    if not custom and gender is None:
        return {}
    fields = {**(custom or {}), "gender": gender}
    texts = {name: str(fields[name]).strip() for name in SPEAKER_METADATA if fields.get(name) is not None}
    if "gender" in texts:
        gender = texts["gender"].lower()
        texts["gender"] = GENDERS.get(gender, gender)
    return {name: text for name, text in texts.items() if text}
