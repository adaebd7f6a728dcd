"""Every variable of a run's Dataset: its dimensions, units and meaning.

A run is of one *kind*, the attribute `run_kind` of its Dataset: `heads` is what `analyze` writes and what this schema
spells out; other commands write other kinds, whose variables carry their units and meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import xarray as xr

from otoscope.errors import InputError
from otoscope.statistics.clusters import Clusters, make_clusters

FORMAT_VERSION = 4
HEADS = "heads"  # kind of the runs that analyze writes
HEAD_DIMS = ("layer", "head")


class StatisticInfo(Protocol):
    """The description of a statistic that results store."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def doc(self) -> str: ...  # noqa: D102
    @property
    def units(self) -> str: ...  # noqa: D102
    @property
    def dims(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def coords(self) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True)
class Variable:
    """One array of a Dataset: names of its axes, units of its values (`1`: a pure number), meaning in one sentence."""

    dims: tuple[str, ...]
    units: str
    doc: str

    @property
    def attrs(self) -> dict[str, str]:
        """Attributes that the array carries."""
        return {"units": self.units, "description": self.doc}


def labelled(variables: Mapping[str, Variable], arrays: Mapping[str, Any]) -> dict[str, xr.Variable]:
    """Return arrays by name with the axes, units and meaning of their variables.

    >>> labelled({"score": Variable(("head",), "1", "how good it is")}, {"score": [0.5]})["score"].dims
    ('head',)
    """
    return {name: xr.Variable(variables[name].dims, array, variables[name].attrs) for name, array in arrays.items()}


SPEAKER_COORDINATES = {  # in a run whose corpus states them
    "gender": Variable(("utterance",), "1", "gender of the speaker; empty where unknown"),
    "age": Variable(("utterance",), "years", "age of the speaker; NaN where unknown"),
    "first_language": Variable(("utterance",), "1", "first language of the speaker; empty where unknown"),
    "dialect": Variable(("utterance",), "1", "dialect of the speaker; empty where unknown"),
}

COORDINATES = {
    "layer": Variable(("layer",), "1", "attention layer, counted from 0 at the input"),
    "head": Variable(("head",), "1", "head within its layer, counted from 0"),
    "bound": Variable(("bound",), "1", "end of an interval: low or high"),
    "offset": Variable(("offset",), "frames", "key minus query, in frames of the model"),
    "utterance": Variable(("utterance",), "1", "id of the utterance in its corpus"),
    "frames": Variable(("utterance",), "frames", "length of the utterance on the model's grid"),
    "duration": Variable(("utterance",), "s", "length of the utterance's audio"),
    "speaker": Variable(("utterance",), "1", "speaker of the utterance; empty where unknown"),
    **SPEAKER_COORDINATES,
}
OPTIONAL_COORDINATES = {"offset", *SPEAKER_COORDINATES}

OVER_CLUSTERS = "of the clusters that the attribute `clusters` names"
INTERVAL = "95 % jackknife t interval over the clusters that the attribute `clusters` names"
NO_INTERVAL = "NaN where fewer than two have the value, or where a share is 0 or 1 without one of them"

CATEGORY = {
    "category": Variable(
        HEAD_DIMS,
        "1",
        "category in whose list the head ranks best: global, vertical or diagonal; empty: no such head",
    ),
    "category_agreement": Variable(
        HEAD_DIMS, "1", f"share of resamples {OVER_CLUSTERS} in which the head keeps its category"
    ),
}

_REST = ", without the keys of the query's own uninterrupted run of one phone"


def _with_interval(name: str, dims: tuple[str, ...], doc: str) -> dict[str, Variable]:
    interval = f"{INTERVAL}, of those with phones (NaN where fewer than two have it): {doc}"
    return {
        name: Variable((*HEAD_DIMS, *dims), "1", doc),
        f"{name}_interval": Variable((*HEAD_DIMS, *dims, "bound"), "1", interval),
    }


def _between_phones(ending: str, rest: str) -> dict[str, Variable]:
    pair = ("query_phone", "key_phone")
    relation = f"P': share of attention from one phone to another{rest}, mean over utterances"
    preference = f"P = (P' - P_U) / P_U{rest}: above 0 preferred, below avoided; NaN: never occurs"
    concentration = f"C: mean of P over query phones{rest}: above 0 focus, below neglect"
    return {
        f"relation{ending}": Variable((*HEAD_DIMS, *pair), "1", relation),
        f"relation_baseline{ending}": Variable(pair, "1", f"P_U: the same for uniform attention{rest}"),
        **_with_interval(f"preference{ending}", pair, preference),
        **_with_interval(f"concentration{ending}", ("key_phone",), concentration),
    }


EFFECT = "attention to a target divided by uniform attention, mean over query phones; own phone: share of all"

RELATIONS = {  # in a run whose corpus has phones
    "query_phone": Variable(("query_phone",), "1", "phone that attends"),
    "key_phone": Variable(("key_phone",), "1", "phone that is attended to"),
    "phone_class": Variable(("key_phone",), "1", "class of the phone; empty for one that is none of the 39"),
    "operation": Variable(("operation",), "1", "target that may be attended to or avoided"),
    **_between_phones("", ""),
    **_between_phones("_elsewhere", _REST),
    **_with_interval("operation_effect", ("operation",), EFFECT),
    "phone_frames": Variable(("key_phone",), "frames", "label frames of the phone"),
    "phone_utterances": Variable(("key_phone",), "1", "utterances with the phone"),
    "phone_speakers": Variable(("key_phone",), "1", "speakers with the phone; 0 where speakers are unknown"),
    "direction": Variable(("direction",), "1", "attends: more than a bound; avoids: less than another"),
    "operation_p": Variable(
        (*HEAD_DIMS, "operation", "direction"), "1", "one-sided p-value, not corrected; NaN where there is no test"
    ),
    "layer_effect": Variable(
        ("layer", "operation"), "1", f"of the mean map of a layer: {EFFECT}; NaN for a layer without heads"
    ),
    "layer_effect_interval": Variable(
        ("layer", "operation", "bound"), "1", f"{INTERVAL}, of those with phones (NaN where fewer than two have it)"
    ),
    "operation_performed": Variable(
        (*HEAD_DIMS, "operation"),
        "1",
        "1 attends, -1 avoids, 0 neither: at the false discovery rate and least support of the attributes",
    ),
    "operations": Variable(HEAD_DIMS, "1", "names of the operations that a head performs; empty: none"),
}


def statistic_variables(name: str, units: str, doc: str, dims: tuple[str, ...] = ()) -> dict[str, Variable]:
    """Return the variables of one statistic: its mean, its interval and, for a scalar, its rows.

    >>> list(statistic_variables("globalness", "nat", "mean row entropy"))
    ['globalness', 'globalness_interval', 'globalness_rows']
    """
    mean_dims = (*HEAD_DIMS, *dims)
    interval = f"{INTERVAL} (NaN where fewer than two have it): {doc}"
    variables = {
        name: Variable(mean_dims, units, doc),
        f"{name}_interval": Variable((*mean_dims, "bound"), units, interval),
    }
    if not dims:
        variables[f"{name}_rows"] = Variable(("utterance", *HEAD_DIMS), units, f"of each utterance: {doc}")
    return variables


def validate_dataset(dataset: xr.Dataset) -> None:
    """Raise InputError unless a Dataset of heads holds exactly the variables of this schema, with dimensions and docs.

    In a Dataset of another kind, every data variable must have units and a description.

    >>> validate_dataset(xr.Dataset({"category": "global"}))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    otoscope.errors.InputError: results lack bound, category_agreement, duration, ...
    """
    if run_kind(dataset) != HEADS:
        _check_documented(dataset)
        return
    expected = _expected(dataset)
    present = set(map(str, dataset.variables))
    allowed = set(expected) | set(COORDINATES) | {str(dim) for dim in dataset.dims}
    required = set(expected) | (COORDINATES.keys() - OPTIONAL_COORDINATES)
    if missing := sorted(required - present):
        raise InputError(f"results lack {', '.join(missing)}; they were not written by otoscope, or not completely")
    if unknown := sorted(present - allowed):
        raise InputError(f"results hold {', '.join(unknown)}, which format version {FORMAT_VERSION} does not describe")
    for name, variable in (expected | COORDINATES).items():
        if name in present:
            _check_variable(dataset[name], variable)


def run_kind(dataset: xr.Dataset) -> str:
    """Return the kind of a Dataset: `heads`, or that of another command.

    >>> run_kind(xr.Dataset()), run_kind(xr.Dataset(attrs={"kind": "segmentation"}))
    ('heads', 'segmentation')
    """
    return str(dataset.attrs.get("kind", HEADS))


def run_clusters(dataset: xr.Dataset) -> Clusters:
    """Return the clusters of the utterances of a run: their speakers, or each of them where speakers are unknown."""
    return make_clusters(dataset["speaker"].values.tolist(), dataset["utterance"].values.tolist())


def check_version(version: object, where: object) -> None:
    """Raise InputError unless this version of otoscope reads format `version` (of the run at `where`)."""
    if not isinstance(version, int):
        raise InputError(f"expected a run with an integer format_version at {where}, found {version!r}")
    if version > FORMAT_VERSION:
        raise InputError(f"{where} has format version {version}, this otoscope reads {FORMAT_VERSION}; update otoscope")
    if version < FORMAT_VERSION:
        raise InputError(
            f"{where} has format version {version} of an older otoscope, this one reads {FORMAT_VERSION}; "
            "repeat the command that wrote it"
        )


def _expected(dataset: xr.Dataset) -> dict[str, Variable]:
    expected = CATEGORY | (RELATIONS if "relation" in dataset else {})
    for name in dataset.attrs.get("statistics", ()):
        if name not in dataset:
            raise InputError(f"results lack {name}, which they list among their statistics")
        array = dataset[name]
        dims = tuple(str(dim) for dim in array.dims)
        if dims[:2] != HEAD_DIMS:
            raise InputError(f"results: {name} has dimensions {dims}, expected them to begin {HEAD_DIMS}")
        expected |= statistic_variables(
            name, array.attrs.get("units", ""), array.attrs.get("description", ""), dims[2:]
        )
    return expected


def _check_variable(array: xr.DataArray, variable: Variable) -> None:
    if array.dims != variable.dims:
        raise InputError(f"results: {array.name} has dimensions {array.dims}, expected {variable.dims}")
    documentation = array.attrs.get("units"), array.attrs.get("description")
    if documentation != (variable.units, variable.doc) or not all(documentation):
        raise InputError(f"results: {array.name} has units, description = {documentation}, expected {variable.attrs}")


def _check_documented(dataset: xr.Dataset) -> None:
    undocumented = [
        name for name, array in dataset.data_vars.items() if not {"units", "description"} <= array.attrs.keys()
    ]
    if undocumented:
        raise InputError(f"results: {', '.join(map(str, undocumented))} lack units and description")
