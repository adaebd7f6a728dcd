"""The API of the viewer: one resource, one response, for a server, an exported page and a notebook.

`routes.py` lists the resources. A response has the status 404 where no such resource exists, 422 where it is not
available, and 202 where it is not available yet.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from time import sleep
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.viewer.array_format import pack
from otoscope.viewer.comparison import compare_heads, compare_runs
from otoscope.viewer.decoder_examples import example_arrays, example_map
from otoscope.viewer.errors import NotFoundError, NotReadyError
from otoscope.viewer.formation import formation, step_overview
from otoscope.viewer.routes import resolve
from otoscope.viewer.run_session import RunSession
from otoscope.viewer.schema import ErrorMessage, RunList

MAX_RESOURCE_CHARACTERS = 8192
MAX_QUOTED_CHARACTERS = 80
OK, ACCEPTED, NOT_FOUND, UNPROCESSABLE = 200, 202, 404, 422
POLL_SECONDS = 0.05
ARRAYS, JSON, WAV = "application/octet-stream", "application/json", "audio/wav"


@dataclass(frozen=True)
class Response:
    """Bytes, their media type, and an HTTP status."""

    content: bytes
    media_type: str
    status: int = OK


class ViewerApi:
    """All resources of some runs."""

    def __init__(self, sessions: Sequence[RunSession]) -> None:
        """Serve these runs; a run's number is its index."""
        self.sessions = list(sessions)

    def get(self, resource: str) -> Response:
        """Return the response for a path of `routes.ROUTES`; errors are responses, too."""
        try:
            return self._get(resource)
        except NotFoundError:
            return _json(ErrorMessage(f"there is no {resource[:MAX_QUOTED_CHARACTERS]}"), NOT_FOUND)
        except InputError as error:
            return _json(ErrorMessage(str(error)), UNPROCESSABLE)
        except NotReadyError as error:
            return _json(ErrorMessage(str(error)), ACCEPTED)

    def wait(self, resource: str) -> Response:
        """Return the response for a path when it is ready."""
        while (response := self.get(resource)).status == ACCEPTED:
            sleep(POLL_SECONDS)
        return response

    def _get(self, resource: str) -> Response:
        if len(resource) > MAX_RESOURCE_CHARACTERS:
            raise NotFoundError(resource)
        name, parameters = resolve(resource)
        if name == "runs":
            return _json(RunList(version("otoscope"), [session.info for session in self.sessions]))
        sessions = {key: self._session(parameters.pop(key)) for key in ("run", "other") if key in parameters}
        return HANDLERS[name](*sessions.values(), **parameters)

    def _session(self, number: int) -> RunSession:
        if number >= len(self.sessions):
            raise NotFoundError(number)
        return self.sessions[number]


def _heads(session: RunSession) -> Response:
    return Response(pack(session.head_table()), ARRAYS)


def _variable(session: RunSession, variable: str) -> Response:
    return Response(pack({variable: session.variable(variable)}), ARRAYS)


def _contents(session: RunSession) -> Response:
    return _json(session.contents)


def _example(session: RunSession, utterance: int) -> Response:
    arrays, texts = example_arrays(session.run.dataset, utterance)
    return Response(pack(arrays, **texts), ARRAYS)


def _example_map(session: RunSession, utterance: int, variable: str, layer: int, head: int) -> Response:
    return Response(pack({variable: example_map(session.run.dataset, utterance, variable, (layer, head))}), ARRAYS)


def _utterance(session: RunSession, utterance: int) -> Response:
    return _json(session.detail(utterance))


def _audio(session: RunSession, utterance: int) -> Response:
    return Response(session.audio(utterance), WAV)


def _thumbnails(session: RunSession, utterance: int, layer: int) -> Response:
    return Response(pack({"code": session.thumbnails(utterance, layer)}), ARRAYS)


def _tile(session: RunSession, utterance: int, layer: int, head: int, **position: int) -> Response:
    level = position["level"]
    tile, pyramid = session.tile(utterance, layer, head, (level, position["row"], position["column"]))
    peak = float(np.max(pyramid.levels[level].peak_q))
    arrays: dict[str, npt.NDArray[Any]] = {"code": tile.code_qk, "peak": tile.peak_q}
    return Response(pack(arrays, levels=len(pyramid.levels), highest=peak), ARRAYS)


def _boundaries(session: RunSession, utterance: int, layer: int, head: int) -> Response:
    return Response(pack(session.boundaries(utterance, layer, head)), ARRAYS)


def _comparison(session: RunSession, other: RunSession, means: str) -> Response:
    return _json(compare_runs(session.run, other.run, means))


def _against(session: RunSession, layer: int, head: int) -> Response:
    return _json(compare_heads(session.run, layer, head))


def _ablation(
    session: RunSession, utterance: int, heads: list[tuple[int, int]], radius: int | None, kind: str
) -> Response:
    return _json(session.ablate(utterance, heads, radius, kind))


def _formation(session: RunSession) -> Response:
    return Response(pack(formation(session.run)), ARRAYS)


def _overview(session: RunSession, step: int) -> Response:
    code_lhqk, frames = step_overview(session.run, step)
    return Response(pack({"code": code_lhqk}, frames=frames), ARRAYS)


HANDLERS: dict[str, Callable[..., Response]] = {
    "heads": _heads,
    "variable": _variable,
    "example": _example,
    "exampleMap": _example_map,
    "contents": _contents,
    "utterance": _utterance,
    "audio": _audio,
    "thumbnails": _thumbnails,
    "tile": _tile,
    "boundaries": _boundaries,
    "comparison": _comparison,
    "against": _against,
    "ablation": _ablation,
    "formation": _formation,
    "overview": _overview,
}
"""A function for each route of a run; it takes the sessions of the runs, and the other parameters by name."""


def _json(content: Any, status: int = OK) -> Response:
    text = json.dumps(asdict(content), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Response(text.encode(), JSON, status)
