"""The description of a run that the page receives first."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from otoscope.phones import fold_phones, phone_info
from otoscope.relations.operations import name_operations
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.results.shapes import shape_label
from otoscope.viewer.schema import HeadInfo, RunInfo, Span, UtteranceInfo, VariableInfo

MAX_AXIS_LABELS = 4096

LabelTriples = list[tuple[str, float, float]]
"""Symbol, start and end in seconds of each label."""


def run_info(run: Run, no_model_reason: str) -> RunInfo:
    """Describe a run; `no_model_reason` says why the viewer has no model for it (empty: it has one)."""
    dataset = run.dataset
    has_heads = run.kind == HEADS
    return RunInfo(
        name=run.path.resolve().name if run.path.name != "run" else "/".join(run.path.resolve().parts[-2:]),
        kind=run.kind,
        part=run.part,
        corruption=str(dataset.attrs.get("corruption", "")),
        model=str(dataset.attrs.get("model", "")),
        fingerprint=_fingerprint(run),
        corpus=str(dataset.attrs.get("corpus", "")),
        synthetic=bool(dataset.attrs.get("synthetic", False)),
        frame_period=float(dataset.attrs.get("frame_period", 0)),
        layers=dataset.sizes.get("layer", 0),
        heads=_heads(run) if has_heads else [],
        statistics=[str(name) for name in dataset.attrs.get("statistics", ())],
        variables=[_variable(dataset, str(name)) for name in dataset.data_vars if dataset[name].dtype.kind in "fiub"],
        labels={str(dim): _axis(dataset, str(dim)) for dim in dataset.dims if _has_labels(dataset, str(dim))},
        utterances=_utterances(run) if has_heads else [],
        no_model_reason=no_model_reason,
    )


def stored_labels(stored: xr.Dataset, tier: str) -> LabelTriples:
    """Return the labels of a tier (`phone`, `word`) that are stored with a map."""
    if f"{tier}_symbol" not in stored:
        return []
    columns = (stored[f"{tier}_{name}"].values.tolist() for name in ("symbol", "start", "end"))
    return [(str(symbol), start, end) for symbol, start, end in zip(*columns, strict=True)]


def phone_names(run: Run) -> Mapping[str, str]:
    """Return the phone of each symbol of a run, as the run folded them.

    A run without them, of an earlier version, has the symbols of all its stored maps folded together: the phone set is
    recognised from the whole corpus, never from one utterance.
    """
    about = run.dataset.attrs
    if "phone_symbols" in about:
        return dict(zip(about["phone_symbols"], about["phone_names"], strict=True))
    symbols = sorted({symbol for id in run.maps for symbol, _, _ in stored_labels(run.map(id), "phone")})
    return dict(zip(symbols, fold_phones(symbols).symbols, strict=True))


def add_classes(labels: Sequence[tuple[str, float, float]], names: Mapping[str, str]) -> list[Span]:
    """Add to each label its phone and the phone's class; the class is empty for a label that is not a phone.

    >>> add_classes([("Z", 0.0, 0.1)], {"Z": "z"})
    [Span(label='Z', start=0.0, end=0.1, folded='z', group='fricative')]
    """
    phones = [names.get(label, label) for label, _, _ in labels]
    return [
        Span(*label, folded=phone, group=info.category if (info := phone_info(phone)) else "")
        for label, phone in zip(labels, phones, strict=True)
    ]


def word_spans(words: Sequence[tuple[str, float, float]]) -> list[Span]:
    """Return words as the page shows them: a word is no phone, and has no class."""
    return [Span(*word, folded=word[0], group="") for word in words]


def _fingerprint(run: Run) -> str:
    model = run.plan.get("model")
    return str(model["fingerprint"]) if isinstance(model, dict) else ""


def _heads(run: Run) -> list[HeadInfo]:
    columns = (run.heads[name].tolist() for name in ("layer", "head", "category"))
    rows = zip(*columns, _shapes(run), _operations(run), strict=True)
    return [HeadInfo(*row) for row in rows]


def _operations(run: Run) -> list[list[str]]:
    """Return the names of the operations of every head."""
    if "operation_performed" not in run.dataset:
        return [[] for _ in range(len(run.heads))]
    performed_lho = run.dataset["operation_performed"].values
    phones = [str(symbol) for symbol in run.dataset["key_phone"].values]
    places = zip(run.heads["layer"], run.heads["head"], strict=True)
    return [[name for name, _ in name_operations(performed_lho[place], phones)] for place in places]


def _shapes(run: Run) -> list[str]:
    """Return the shape of every head with its offset, as text; empty in a run of an earlier version."""
    if "shape" not in run.heads:
        return [""] * len(run.heads)
    return [shape_label(*pair) for pair in zip(run.heads["shape"], run.heads["shape_offset_ms"], strict=True)]


def _utterances(run: Run) -> list[UtteranceInfo]:
    stored, table = set(run.maps), run.utterances
    columns = (table.index.tolist(), table["frames"].tolist(), table["duration"].tolist(), table["speaker"].tolist())
    return [UtteranceInfo(*row, stored=row[0] in stored) for row in zip(*columns, strict=True)]


def _variable(dataset: xr.Dataset, name: str) -> VariableInfo:
    array = dataset[name]
    units, doc = (str(array.attrs.get(key, "")) for key in ("units", "description"))
    return VariableInfo(name, [str(dim) for dim in array.dims], list(array.shape), units, doc)


def _has_labels(dataset: xr.Dataset, dim: str) -> bool:
    return dim in dataset.coords and dataset.sizes[dim] <= MAX_AXIS_LABELS


def _axis(dataset: xr.Dataset, dim: str) -> list[str]:
    values = dataset[dim].values
    return [f"{value:g}" if isinstance(value, np.floating) else str(value) for value in values]
