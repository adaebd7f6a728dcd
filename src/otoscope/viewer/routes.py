"""The paths of everything that the page can request, written once.

The API matches requests with this table, the export lists the resources of a page with it, and the client of the page
(`web/src/core/routes.ts`) is generated from it. Utterances are numbers, so that no path names a file.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from otoscope.viewer.ablation_kinds import ABLATION_PATTERN
from otoscope.viewer.errors import NotFoundError

MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True)
class ParameterKind:
    """What a part of a path looks like, its type in TypeScript, and how the API reads it."""

    pattern: str
    typescript: str
    parse: Callable[[str], Any]


def _parse_heads(text: str) -> list[tuple[int, int]]:
    pairs = [] if text == "none" else [pair.split(".") for pair in text.split(",")]
    return [(int(layer), int(head)) for layer, head in pairs]


def _parse_radius(text: str) -> int | None:
    return None if text == "full" else int(text)


NUMBER = r"\d{1,6}"
INDEX = ParameterKind(NUMBER, "number", int)
PARAMETERS = {
    "variable": ParameterKind(rf"\w{{1,{MAX_NAME_CHARACTERS}}}", "string", str),
    "heads": ParameterKind(rf"none|{NUMBER}\.{NUMBER}(?:,{NUMBER}\.{NUMBER})*", "string", _parse_heads),
    "means": ParameterKind(r"head|layer|model", '"head" | "layer" | "model"', str),
    "radius": ParameterKind(rf"full|{NUMBER}", 'number | "full"', _parse_radius),
    "kind": ParameterKind(ABLATION_PATTERN, "string", str),
}
"""Parameters that are no index: the name of a variable, heads as `0.1,2.3` or `none`, what is compared (each head, or
means), a radius in frames or `full`, what replaces heads."""


@dataclass(frozen=True)
class Route:
    """A path with parameters in braces.

    >>> Route("{run}/audio/{utterance}").path(0, 4)
    '0/audio/4'
    >>> Route("{run}/audio/{utterance}").match("0/audio/4")
    {'run': 0, 'utterance': 4}
    """

    template: str

    @property
    def parameters(self) -> dict[str, ParameterKind]:
        """Parameters by name, in the order of the path."""
        return {name: PARAMETERS.get(name, INDEX) for name in re.findall(r"\{(\w+)\}", self.template)}

    def path(self, *values: object) -> str:
        """Return the path for values of the parameters, in their order."""
        return self.template.format(**dict(zip(self.parameters, values, strict=True)))

    def match(self, path: str) -> dict[str, Any] | None:
        """Return the values of the parameters by name, or None where this is another route."""
        match = self._pattern.fullmatch(path)
        return match and {name: kind.parse(match[name]) for name, kind in self.parameters.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        groups = {name: f"(?P<{name}>{kind.pattern})" for name, kind in self.parameters.items()}
        return re.compile(self.template.format(**groups), re.ASCII)


MAP = Route("{run}/tile/{utterance}/{layer}/{head}")
"""The common beginning of the paths of all tiles of one map; it is no resource itself."""

ROUTES = {
    "runs": Route("runs"),
    "heads": Route("{run}/heads"),
    "variable": Route("{run}/variable/{variable}"),
    "example": Route("{run}/example/{utterance}"),
    "exampleMap": Route("{run}/example/{utterance}/{variable}/{layer}/{head}"),
    "contents": Route("{run}/contents"),
    "utterance": Route("{run}/utterance/{utterance}"),
    "audio": Route("{run}/audio/{utterance}"),
    "thumbnails": Route("{run}/thumbnails/{utterance}/{layer}"),
    "tile": Route(f"{MAP.template}/{{level}}/{{row}}/{{column}}"),
    "boundaries": Route("{run}/boundaries/{utterance}/{layer}/{head}"),
    "comparison": Route("{run}/comparison/{other}/{means}"),
    "against": Route("{run}/against/{layer}/{head}"),
    "ablation": Route("{run}/ablation/{utterance}/{heads}/{radius}/{kind}"),
    "formation": Route("{run}/formation"),
    "overview": Route("{run}/overview/{step}"),
}


def resolve(path: str) -> tuple[str, dict[str, Any]]:
    """Return the name of the route of a path, and its parameters.

    Raises:
        NotFoundError: no route has such a path.

    Examples:
        >>> resolve("1/variable/rank")
        ('variable', {'run': 1, 'variable': 'rank'})
    """
    for name, route in ROUTES.items():
        parameters = route.match(path)
        if parameters is not None:
            return name, parameters
    raise NotFoundError(path)
