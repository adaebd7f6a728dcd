"""Decoded responses of the viewer's API."""

import json

import numpy as np

from otoscope.viewer.api import ViewerApi
from otoscope.viewer.array_format import unpack


def get_json(api: ViewerApi, resource: str) -> dict:
    answer = api.wait(resource)
    assert (answer.status, answer.media_type) == (200, "application/json"), answer.content
    return json.loads(answer.content)


def get_arrays(api: ViewerApi, resource: str) -> dict[str, np.ndarray]:
    answer = api.wait(resource)
    assert (answer.status, answer.media_type) == (200, "application/octet-stream"), answer.content
    return unpack(answer.content)[0]


def get_error(api: ViewerApi, resource: str) -> str:
    answer = api.wait(resource)
    assert answer.status == 422
    return json.loads(answer.content)["error"]
