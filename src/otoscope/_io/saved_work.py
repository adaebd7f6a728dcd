"""The one rule by which a command resumes saved work: it continues work of the same plan, and refuses all other.

A plan is a JSON object of all settings that decide the result. Runs store it in `run.json`, trainings next to their
checkpoints, trained models in their configuration.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.errors import InputError, join_truncated

Plan = Mapping[str, Any]
MAX_NAMED = 3  # elements of a list that a message names
_UNSET = object()


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any], *, shared: bool = False) -> None:
    """Write a file of JSON, whole or not at all, and make its folder if there is none.

    Args:
        path: the file.
        content: what it holds.
        shared: other processes may write the same at the same time.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    make_folder(path.parent)
    text = format_json(content)
    with atomic_write(path, needed=len(text), shared=shared) as partial:
        partial.write_text(text, encoding="utf-8")


def format_json(content: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return the text of a file of JSON.

    >>> format_json({"ský": 1})
    '{\\n  "ský": 1\\n}\\n'
    """
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def as_json(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON stores it: tuples as lists, keys and unknown types as text.

    >>> as_json({"layers": (1, 2), "folder": Path("speech")})
    {'layers': [1, 2], 'folder': 'speech'}
    """
    return dict(json.loads(json.dumps(plan, default=str)))


def check_resume_requested(folder: Path, contents: str, action: str, *, resume: bool) -> None:
    """Raise InputError if a folder contains saved work and the caller did not ask to resume.

    Args:
        folder: the folder that the user named.
        contents: the saved work, such as `an unfinished run`.
        action: the effect of `--resume`, such as `continue it`.
        resume: whether the caller asked to resume.
    """
    if not resume:
        raise InputError(f"{folder} holds {contents}; choose another folder, or pass --resume to {action}")


def check_same_plan(folder: Path, stored: Plan, plan: Plan) -> None:
    """Raise InputError with the differences if the saved work in a folder has another plan.

    Differences of fingerprints come last, because they follow from the others.

    >>> check_same_plan(Path("run"), {"model": "a", "options": {}}, {"model": "b", "options": {"limit": 3}})
    Traceback (most recent call last):
    otoscope.errors.InputError: run was made by another plan: model is 'a' there, 'b' now; options.limit is not set there, 3 now; choose another folder
    """  # noqa: E501
    differences = sorted(_differences(stored, as_json(plan)), key=lambda pair: "fingerprint" in pair[0])
    if differences:
        text = "; ".join(f"{key} {difference}" for key, difference in differences)
        raise InputError(f"{folder} was made by another plan: {text}; choose another folder")


def select_keys(plan: Plan, settings: Plan) -> dict[str, Any]:
    """Return the part of a plan that has the keys of some settings, also within objects.

    >>> select_keys({"model": {"name": "a", "dtype": "float32"}, "step": 1}, {"model": {"name": "b"}})
    {'model': {'name': 'a'}}
    """
    return {
        key: select_keys(plan[key], value) if isinstance(value, dict) and isinstance(plan[key], dict) else plan[key]
        for key, value in settings.items()
        if key in plan
    }


def _differences(stored: Plan, plan: Plan, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the dotted key of each setting that differs, and how it differs."""
    for key in sorted(stored.keys() | plan.keys()):
        old, new = stored.get(key, _UNSET), plan.get(key, _UNSET)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}", _difference(old, new)


def _difference(old: object, new: object) -> str:
    """Describe how two values differ; of long lists, name the elements that only one of them contains."""
    if not (isinstance(old, list) and isinstance(new, list)) or max(len(old), len(new)) <= MAX_NAMED:
        return f"is {_format_value(old)} there, {_format_value(new)} now"
    only_old, only_new = [item for item in old if item not in new], [item for item in new if item not in old]
    parts = [
        f"{join_truncated([repr(item) for item in items], MAX_NAMED)} only {side}"
        for items, side in ((only_old, "there"), (only_new, "now"))
        if items
    ]
    return f"has {', '.join(parts)}" if parts else "has the same in another order or number"


def _format_value(value: object) -> str:
    return "not set" if value is _UNSET else "none" if value is None else repr(value)
