"""The form that the plain lines of a manifest share: a pattern reads another line of it without its JSON.

The lines of a manifest have the same keys in the same order. A template is made of a line that was read as JSON. All
but ids, times, text, speaker and path must be equal in another line; what is not is read as JSON, too.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

STRING = r'"([^"\\\x00-\x1f]*)"'
NUMBER = r"(-?(?:0|[1-9]\d{0,14})(?:\.\d{1,18})?)"
"""Some of the strings and numbers that JSON allows: lines with others are read as JSON."""
SUPERVISION, RECORDING = ("supervisions", 0), ("recording",)
FIELDS: Mapping[str, tuple[tuple[str | int, ...], str]] = {
    "cut": (("id",), STRING),
    "start": (("start",), NUMBER),
    "duration": (("duration",), NUMBER),
    "id": ((*SUPERVISION, "id"), STRING),
    "of": ((*SUPERVISION, "recording_id"), STRING),
    "first": ((*SUPERVISION, "start"), NUMBER),
    "length": ((*SUPERVISION, "duration"), NUMBER),
    "text": ((*SUPERVISION, "text"), STRING),
    "speaker": ((*SUPERVISION, "speaker"), STRING),
    "recording": ((*RECORDING, "id"), STRING),
    "samples": ((*RECORDING, "num_samples"), NUMBER),
    "seconds": ((*RECORDING, "duration"), NUMBER),
    "audio": ((*RECORDING, "sources", 0, "source"), STRING),
}
"""Values that may differ: their place in the JSON of a line, and what they may be."""
STYLES: Sequence[Callable[[Any], str]] = [
    partial(json.dumps, ensure_ascii=ascii, separators=separators)
    for ascii in (False, True)
    for separators in ((", ", ": "), (",", ":"))
]
"""How programs write JSON."""


class LineTemplate:
    """Reads the lines of one form.

    Args:
        pattern: pattern of a line; its groups are fields.
        fields: names of the fields that are read.
    """

    def __init__(self, pattern: re.Pattern[str], fields: Sequence[str]) -> None:
        """Store the pattern."""
        self._match = pattern.fullmatch
        self._places = [pattern.groupindex[name] for name in fields]

    @classmethod
    def of(cls, line: str, data: Any, fields: Sequence[str]) -> "LineTemplate | None":
        """Return the template of a line and its JSON; None if it lacks a field, or is written in another style.

        >>> line = '{"id": "a", "start": 0.5, "type": "MonoCut"}'
        >>> template = LineTemplate.of(line, json.loads(line), ["cut", "start"])
        >>> template.read('{"id": "b", "start": 2, "type": "MonoCut"}')
        ('b', '2')
        >>> template.read('{"id": "b", "start": 2, "type": "MixedCut"}') is None
        True
        """
        for write in STYLES:
            if write(data) == line:
                pattern = re.compile(_pattern(data, write))
                return cls(pattern, fields) if pattern.groupindex.keys() >= set(fields) else None
        return None

    def read(self, line: str) -> tuple[str, ...] | None:
        """Return the fields of a line as text, or None if it has another form."""
        match = self._match(line)
        return match.group(*self._places) if match else None


def _pattern(data: Any, write: Callable[[Any], str]) -> str:
    """Return the pattern of a line: its text, with a group for each value that may differ."""
    marked, groups = deepcopy(data), {}
    for name, (place, kind) in FIELDS.items():
        *outer, last = place
        parent = marked
        for key in outer:
            parent = _item(parent, key)
        if type(_item(parent, last)) in ((str,) if kind == STRING else (int, float)):
            parent[last] = f"@{name}@"
            groups[re.escape(json.dumps(parent[last]))] = kind.replace("(", f"(?P<{name}>", 1)
    text = re.escape(write(marked))
    for marker, group in groups.items():
        text = text.replace(marker, group)
    return text


def _item(parent: Any, key: str | int) -> Any:
    """Return an item of an object or a list of JSON, or None."""
    try:
        return parent[key]
    except (KeyError, IndexError, TypeError):
        return None
