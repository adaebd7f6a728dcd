"""One question, one answer: what the server, an exported page and a notebook all hand to the page.

A resource is a short path: `runs`; of run number 0: `0/heads`, `0/variable/NAME`, `0/utterance/U`, `0/audio/U`,
`0/overview/U/LAYER`, `0/tile/U/LAYER/HEAD/LEVEL/ROW/COLUMN`, `0/boundaries/U/LAYER/HEAD`, `0/ablate/U/HEADS/RADIUS`
(heads as `0.1,2.3` or `none`, a radius in frames or `full`). Utterances go by their number in the run, so that no
resource names a file.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np

from otoscope.errors import InputError
from otoscope.viewer.array_format import pack
from otoscope.viewer.errors import Absent, NotYet
from otoscope.viewer.run_session import Subject
from otoscope.viewer.schema import Catalogue, Problem

LONGEST_RESOURCE = 8192
BLOCK, JSON, WAV = "application/octet-stream", "application/json", "audio/wav"

_NUMBERS = r"(\d{1,6})"
_QUESTIONS = {
    "heads": r"heads",
    "variable": r"variable/(\w{1,80})",
    "utterance": rf"utterance/{_NUMBERS}",
    "audio": rf"audio/{_NUMBERS}",
    "overview": rf"overview/{_NUMBERS}/{_NUMBERS}",
    "tile": "tile/" + "/".join([_NUMBERS] * 6),
    "boundaries": rf"boundaries/{_NUMBERS}/{_NUMBERS}/{_NUMBERS}",
    "ablate": rf"ablate/{_NUMBERS}/(none|\d+\.\d+(?:,\d+\.\d+)*)/(full|\d{{1,6}})",
}


@dataclass(frozen=True)
class Answer:
    """Bytes, what they are, and whether the question could be answered (as an HTTP status)."""

    content: bytes
    media_type: str
    status: int = 200


class Answers:
    """What there is to ask of some runs.

    The page's own words for what cannot be answered: 404 where there is no such thing, 422 where it cannot be had,
    202 where it cannot be had yet.
    """

    def __init__(self, subjects: Sequence[Subject]) -> None:
        """Answer for these runs, numbered as they come."""
        self.subjects = list(subjects)

    def answer(self, resource: str) -> Answer:
        """The answer to one question."""
        try:
            return self._answer(resource)
        except Absent:
            return _json(Problem(f"there is no {resource[:80]}"), 404)
        except InputError as error:
            return _json(Problem(str(error)), 422)
        except NotYet as error:
            return _json(Problem(str(error)), 202)

    def _answer(self, resource: str) -> Answer:
        if resource == "runs":
            return _json(Catalogue(version("otoscope"), [subject.info for subject in self.subjects]))
        number, _, question = resource[:LONGEST_RESOURCE].partition("/")
        if not (number.isdecimal() and int(number) < len(self.subjects)):
            raise Absent(resource)
        subject = self.subjects[int(number)]
        for name, pattern in _QUESTIONS.items():
            if match := re.fullmatch(pattern, question, re.ASCII):
                return _ANSWERS[name](subject, *match.groups())
        raise Absent(resource)


def _heads(subject: Subject) -> Answer:
    return Answer(pack(subject.head_table()), BLOCK)


def _variable(subject: Subject, name: str) -> Answer:
    return Answer(pack({name: subject.variable(name)}), BLOCK)


def _utterance(subject: Subject, place: str) -> Answer:
    return _json(subject.detail(int(place)))


def _audio(subject: Subject, place: str) -> Answer:
    return Answer(subject.audio(int(place)), WAV)


def _overview(subject: Subject, place: str, layer: str) -> Answer:
    return Answer(pack({"code": subject.overview(int(place), int(layer))}), BLOCK)


def _tile(subject: Subject, place: str, layer: str, head: str, *where: str) -> Answer:
    level, row, column = map(int, where)
    part, whole = subject.tile(int(place), int(layer), int(head), (level, row, column))
    peak = float(np.max(whole.levels[level].peak_q))
    return Answer(pack({"code": part.code_qk, "peak": part.peak_q}, levels=len(whole.levels), highest=peak), BLOCK)


def _boundaries(subject: Subject, place: str, layer: str, head: str) -> Answer:
    return Answer(pack({"seconds": subject.boundaries(int(place), int(layer), int(head))}), BLOCK)


def _ablate(subject: Subject, place: str, heads: str, radius: str) -> Answer:
    pairs = [] if heads == "none" else [pair.split(".") for pair in heads.split(",")]
    removed = [(int(layer), int(head)) for layer, head in pairs]
    return _json(subject.ablate(int(place), removed, None if radius == "full" else int(radius)))


_ANSWERS: dict[str, Callable[..., Answer]] = {
    "heads": _heads,
    "variable": _variable,
    "utterance": _utterance,
    "audio": _audio,
    "overview": _overview,
    "tile": _tile,
    "boundaries": _boundaries,
    "ablate": _ablate,
}


def _json(content: Any, status: int = 200) -> Answer:
    text = json.dumps(asdict(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Answer(text.encode(), JSON, status)
