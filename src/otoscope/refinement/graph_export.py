"""The encoder of a refined model as a graph without Python: of torch.export or ONNX, for audio of any length.

A graph takes the inputs of the encoder in their order, such as samples and a padding mask, and returns the final hidden
states `[B, T, d]`. Before it is written, it is compared with the model on more audio of another length.
"""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.errors import InputError, shorten_error
from otoscope.models.encoder import Encoder
from otoscope.models.load import silence_transformers
from otoscope.refinement.timing import noise

SECONDS, BATCH = 2.3, 2  # of the example
OTHER_SECONDS, OTHER_BATCH = 3.1, 3  # of the comparison
TOLERANCE, INT8_TOLERANCE = 1e-4, 0.2  # relative error
LIBRARIES = ("onnx", "onnxscript", "onnxruntime")

Graph = Callable[[Sequence[Tensor]], Tensor]
"""Computes the final hidden states from the inputs."""


class EncoderGraph(nn.Module):
    """An encoder whose inputs have an order, and whose output is a tensor."""

    def __init__(self, encoder: nn.Module, names: Sequence[str]) -> None:
        """Wrap an encoder that takes inputs of these names."""
        super().__init__()
        self.encoder, self.names = encoder, tuple(names)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the final hidden states `[B, T, d]`."""
        states: Tensor = self.encoder(**dict(zip(self.names, inputs, strict=True))).last_hidden_state
        return states


def check_export(form: str) -> None:
    """Raise InputError if a library is missing that a form of graphs needs."""
    missing = [name for name in LIBRARIES if find_spec(name) is None] if form != "torch" else []
    if missing:
        raise InputError(
            f"expected {', '.join(missing)} for --export {form}, found none; pip install 'otoscope[onnx]', or take "
            "--export torch"
        )


def write_graph(model: Any, original: Encoder, form: str, folder: Path) -> Path:
    """Write the graph of an encoder, and return its file in a folder.

    Args:
        model: the encoder within a refined model.
        original: the encoder that it is refined from, with its features.
        form: `torch`, `onnx`, or `onnx-int8`, which also writes a graph with linear maps of 8 bits, and returns that.
        folder: where it goes.

    Raises:
        InputError: the model cannot be exported, or its graph does not give what it gives.
    """
    inputs = example_inputs(original, SECONDS, BATCH)
    other = example_inputs(original, OTHER_SECONDS, OTHER_BATCH)
    module = EncoderGraph(model, list(inputs)).eval()
    program = _trace(module, inputs, other, original.name)
    if form == "torch":
        path = folder / "encoder.pt2"
        torch.export.save(program, path)
        graph = torch.export.load(path).module()
        check_graph(module, lambda tensors: graph(*tensors), other, TOLERANCE, original.name)
        return path
    path = folder / "encoder.onnx"
    _convert(program, path, list(inputs))
    check_graph(module, _onnx_graph(path, list(inputs)), other, TOLERANCE, original.name)
    if form == "onnx-int8":
        path = _quantise(path)
        check_graph(module, _onnx_graph(path, list(inputs)), other, INT8_TOLERANCE, original.name)
    return path


def example_inputs(encoder: Encoder, seconds: float, batch: int) -> dict[str, Tensor]:
    """Return the inputs for some noise, with a padding mask if the model has one."""
    longest = min(seconds, encoder.max_seconds)
    step = longest / 10 if encoder.padding_invariant else 0.0
    return dict(encoder.inputs([noise(encoder, longest - place * step) for place in range(batch)]))


def _trace(module: EncoderGraph, inputs: Mapping[str, Tensor], other: Mapping[str, Tensor], name: str) -> Any:
    """Return the program of a module; each axis whose size differs between both inputs is dynamic."""
    dynamic = tuple(
        {axis: torch.export.Dim.AUTO for axis, size in enumerate(value.shape) if size != other[key].shape[axis]}
        for key, value in inputs.items()
    )
    try:
        with torch.no_grad(), silence_transformers():
            return torch.export.export(module, tuple(inputs.values()), dynamic_shapes={"inputs": dynamic})
    except Exception as error:  # torch.export fails in many ways on code that depends on values
        raise InputError(f"{name} cannot be exported: {shorten_error(error)}; omit --export") from error


def _convert(program: Any, path: Path, names: Sequence[str]) -> None:
    """Write a program as ONNX; what its libraries warn of concerns their authors."""
    with silence_transformers(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            program, (), path, input_names=list(names), output_names=["hidden"], external_data=False, verbose=False
        )


def _quantise(path: Path) -> Path:
    """Write a graph with weights of 8 bits in its linear maps, whose inputs are quantised as they come; return it."""
    from onnxruntime.quantization import quantize_dynamic

    quantised = path.with_name("encoder-int8.onnx")
    logging.getLogger().disabled = True  # it warns that the graph was not prepared, which dynamic weights do not need
    try:
        quantize_dynamic(path, quantised, op_types_to_quantize=["MatMul", "Gemm"])
    finally:
        logging.getLogger().disabled = False
    return quantised


def _onnx_graph(path: Path, names: Sequence[str]) -> Graph:
    from onnxruntime import InferenceSession

    session = InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(inputs: Sequence[Tensor]) -> Tensor:
        feed = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
        return torch.from_numpy(session.run(None, feed)[0])

    return run


def check_graph(module: EncoderGraph, graph: Graph, inputs: Mapping[str, Tensor], tolerance: float, name: str) -> None:
    """Raise InputError if a graph does not give what a model gives."""
    with torch.no_grad():
        expected, states = module(*inputs.values()), graph(list(inputs.values()))
    error = float((states - expected).norm() / expected.norm())
    if not error <= tolerance:
        raise InputError(
            f"{name} cannot be exported: expected a graph with the outputs of the model, found a relative error of "
            f"{error:.2g}; omit --export"
        )
