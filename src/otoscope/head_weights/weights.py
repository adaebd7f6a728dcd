"""From the weights of a model to norms, ranks, similarities and compositions of its heads, as a run folder.

Axes: l layer, h head, i and j heads of two layers.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from torch import nn

from otoscope.errors import InputError
from otoscope.head_weights import WEIGHT_MEASURES
from otoscope.head_weights.measure import Scope, WeightMeasure
from otoscope.head_weights.options import WeightOptions
from otoscope.head_weights.projections import LayerProjections, read_projections
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.results import Run, check_folder
from otoscope.results.schema import FORMAT_VERSION
from otoscope.runs.cache import RunResult, resume_or_run
from otoscope.runs.run_config import model_plan, requested_model
from otoscope.typing import Floats

WEIGHTS = "weights"  # kind of the runs


def weights(model: str | Path | nn.Module | Encoder, out: str | Path, *, options: WeightOptions | None = None) -> Run:
    """Compute what the weights of a model's heads say without speech, and store it as a run.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        out: folder of the run, which must not exist unless `options.resume` is true.
        options: measures, and how to load the model.

    Returns:
        The finished run. Norms and effective ranks are `[layer, head]`, similarities `[layer, head, other_layer,
        other_head]`, compositions with the heads one layer below `[layer, head, other_head]`.

    Raises:
        InputError: an unknown measure, or one that is not defined for the model, for example because rotary positions
            turn its queries.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = weights("bundled", folder, options=WeightOptions(measures=("ov_effective_rank",)))
        ...     run.dataset["ov_effective_rank"].dims, bool((run.dataset["ov_effective_rank"] <= 32).all())
        (('layer', 'head'), True)
    """
    options = options or WeightOptions()
    measures = WEIGHT_MEASURES.select(options.measures or None)
    check_folder(out, {**requested_model(model), "measures": list(measures)}, resume=options.resume)
    encoder = load(model, device=options.device, dtype="float32", recheck=options.recheck)
    plan = {**model_plan(encoder), "measures": list(measures)}

    def make(folder: Path) -> RunResult:
        layers = read_projections(encoder)
        defined = _defined(encoder.name, layers, measures, options.measures)
        attributes = {"kind": WEIGHTS, "format_version": FORMAT_VERSION, "model": encoder.name, "synthetic": 0}
        left_out = [name for name in measures if name not in defined]
        return measure_weights(layers, defined).assign_attrs(attributes, undefined=left_out), ()

    return resume_or_run(out, plan, make, resume=options.resume)


def _defined(
    name: str, layers: Sequence[LayerProjections], measures: Mapping[str, WeightMeasure], required: Sequence[str]
) -> dict[str, WeightMeasure]:
    """Return the measures that the model defines.

    Raises:
        InputError: a required one, or all, are not defined.
    """
    defined = {key: measure for key, measure in measures.items() if measure.is_defined(layers)}
    missing = [key for key in required or measures if key not in defined]
    if missing and (required or not defined):
        raise InputError(
            f"expected queries, keys, values and outputs of {name} that are linear maps of the hidden state, found "
            f"others (rotary positions, for example); {', '.join(missing)} cannot be computed"
        )
    return defined


def measure_weights(layers: Sequence[LayerProjections], measures: Mapping[str, WeightMeasure]) -> xr.Dataset:
    """Return measures of the heads of all layers, NaN where there is no head.

    Args:
        layers: the matrices of the heads of each layer; none in a layer without heads.
        measures: measures by name, all defined.
    """
    heads = [len(next(iter(layer.values())).left_hdr) if layer else 0 for layer in layers]
    sizes = {"layer": len(layers), "head": max(heads), "other_layer": len(layers), "other_head": max(heads)}
    variables = {}
    for name, measure in measures.items():
        values = np.full([sizes[dim] for dim in measure.scope.value], np.nan)
        _fill(values, layers, measure)
        variables[name] = (measure.scope.value, values, {"units": measure.units, "description": measure.doc})
    dims = {dim for measure in measures.values() for dim in measure.scope.value}
    return xr.Dataset(variables, {dim: np.arange(sizes[dim]) for dim in sizes if dim in dims})


def _fill(values: Floats, layers: Sequence[LayerProjections], measure: WeightMeasure) -> None:
    """Write a measure of all layers with heads into an array of its scope."""
    present = [number for number, layer in enumerate(layers) if layer]
    if measure.scope is Scope.head:
        for number in present:
            _write(values[number], measure.of_layers(layers[number]))
    elif measure.scope is Scope.two_heads:
        for first, second in product(present, present):
            if first <= second:
                values_ij = measure.of_layers(layers[first], layers[second])
                _write(values[first, :, second], values_ij)
                _write(values[second, :, first], values_ij.mT)
    else:
        for number in present:
            if number and layers[number - 1]:
                _write(values[number], measure.of_layers(layers[number], layers[number - 1]))


def _write(target: Floats, values: torch.Tensor) -> None:
    target[tuple(slice(size) for size in values.shape)] = values.cpu().numpy()
