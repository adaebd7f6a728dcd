"""Answers of the viewer's API, decoded."""

import json

import numpy as np

from otoscope.viewer.api import Answers
from otoscope.viewer.array_format import unpack


def told(answers: Answers, resource: str) -> dict:
    answer = answers.answer(resource)
    assert (answer.status, answer.media_type) == (200, "application/json"), answer.content
    return json.loads(answer.content)


def arrays(answers: Answers, resource: str) -> dict[str, np.ndarray]:
    answer = answers.answer(resource)
    assert (answer.status, answer.media_type) == (200, "application/octet-stream"), answer.content
    return unpack(answer.content)[0]


def refused(answers: Answers, resource: str) -> str:
    answer = answers.answer(resource)
    assert answer.status == 422
    return json.loads(answer.content)["error"]
