"""What the page is told about a run before it asks for anything."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from otoscope.phones import fold, phone
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.viewer.schema import HeadInfo, RunInfo, Span, UtteranceInfo, VariableInfo

LONGEST_AXIS = 4096


def describe(run: Run, modelless: str) -> RunInfo:
    """What a run holds; `modelless` says why it has no model beside it."""
    dataset = run.dataset
    whole = run.kind == HEADS
    return RunInfo(
        name=run.path.resolve().name if run.path.name != "run" else "/".join(run.path.resolve().parts[-2:]),
        kind=run.kind,
        model=str(dataset.attrs.get("model", "")),
        fingerprint=_fingerprint(run),
        corpus=str(dataset.attrs.get("corpus", "")),
        synthetic=bool(dataset.attrs.get("synthetic", False)),
        frame_period=float(dataset.attrs.get("frame_period", 0)),
        layers=dataset.sizes.get("layer", 0),
        heads=_heads(run) if whole else [],
        statistics=[str(name) for name in dataset.attrs.get("statistics", ())],
        variables=[_variable(dataset, str(name)) for name in dataset.data_vars if dataset[name].dtype.kind in "fiub"],
        labels={str(dim): _axis(dataset, str(dim)) for dim in dataset.dims if _named(dataset, str(dim))},
        utterances=_utterances(run) if whole else [],
        modelless=modelless,
    )


def labels_of(stored: xr.Dataset, tier: str) -> list[tuple[str, float, float]]:
    """Labels of a tier (`phone`, `word`) that a stored map carries: symbol, start and end in seconds."""
    if f"{tier}_symbol" not in stored:
        return []
    columns = (stored[f"{tier}_{name}"].values.tolist() for name in ("symbol", "start", "end"))
    return [(str(symbol), start, end) for symbol, start, end in zip(*columns, strict=True)]


def spans(labels: Sequence[tuple[str, float, float]]) -> list[Span]:
    """Labels with the phone that each folds to and its class, where it has one.

    >>> spans([("Z", 0.0, 0.1)])
    [Span(label='Z', start=0.0, end=0.1, folded='z', group='fricative')]
    """
    folded = fold([label for label, _, _ in labels]).symbols
    return [
        Span(*label, folded=symbol, group=known.category if (known := phone(symbol)) else "")
        for label, symbol in zip(labels, folded, strict=True)
    ]


def _fingerprint(run: Run) -> str:
    model = run.plan.get("model")
    return str(model["fingerprint"]) if isinstance(model, dict) else ""


def _heads(run: Run) -> list[HeadInfo]:
    rows = zip(run.heads["layer"], run.heads["head"], run.heads["category"], strict=True)
    return [HeadInfo(int(at), int(head), str(category), _operations(run, at, head)) for at, head, category in rows]


def _operations(run: Run, layer: int, head: int) -> list[str]:
    if "operations" not in run.dataset:
        return []
    return [name for name in str(run.dataset["operations"].values[layer, head]).split("; ") if name]


def _utterances(run: Run) -> list[UtteranceInfo]:
    stored, table = set(run.maps), run.utterances
    columns = (table.index.tolist(), table["frames"].tolist(), table["duration"].tolist(), table["speaker"].tolist())
    return [UtteranceInfo(*row, stored=row[0] in stored) for row in zip(*columns, strict=True)]


def _variable(dataset: xr.Dataset, name: str) -> VariableInfo:
    array = dataset[name]
    units, doc = (str(array.attrs.get(key, "")) for key in ("units", "description"))
    return VariableInfo(name, [str(dim) for dim in array.dims], list(array.shape), units, doc)


def _named(dataset: xr.Dataset, dim: str) -> bool:
    return dim in dataset.coords and dataset.sizes[dim] <= LONGEST_AXIS


def _axis(dataset: xr.Dataset, dim: str) -> list[str]:
    values = dataset[dim].values
    return [f"{value:g}" if isinstance(value, np.floating) else str(value) for value in values]
