"""Graphs of refined encoders give what the models give, for audio of any length, spans and patterns included."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import SOME, relative
from tests.helpers.tiny_models import noise

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement import graph_export
from otoscope.refinement.graph_export import EncoderGraph, check_export, check_graph, example_inputs, write_graph
from otoscope.refinement.modeling import limit_spans
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

pytestmark = pytest.mark.slow


def test_a_graph_of_torch_takes_any_length_and_padding(original, tmp_path: Path) -> None:
    """One utterance, little longer than a block and shorter than its span, and several that are padded."""
    refine(original("mockingjay"), tmp_path / "out", remove=SOME, options=RefinementOptions(span=40, export="torch"))
    graph = torch.export.load(tmp_path / "out" / "encoder.pt2").module()
    refined = load(tmp_path / "out", device="cpu")
    mask = refined.inputs([noise(0.8), noise(0.6)])["attention_mask"]
    for waves in ([noise(0.8)], [noise(2.9), noise(0.8)]):
        inputs = refined.inputs(waves)
        features = next(iter(inputs.values()))
        inputs.setdefault("attention_mask", torch.ones(features.shape[:2], dtype=mask.dtype))
        with torch.inference_mode():
            expected = refined.model(**inputs).last_hidden_state
            assert relative(graph(*inputs.values()), expected) < 1e-5


def test_a_graph_that_differs_is_refused(intact) -> None:
    encoder = intact("mockingjay")
    inputs = example_inputs(encoder, 1.0, 2)
    module = EncoderGraph(encoder.model, list(inputs))
    check_graph(module, lambda tensors: module(*tensors), inputs, 1e-9, "mine")
    with pytest.raises(InputError, match=r"mine cannot be exported: .* relative error of 1; omit") as refused:
        check_graph(module, lambda tensors: 2 * module(*tensors), inputs, 0.1, "mine")
    assert "\n" not in str(refused.value)


def test_forms_and_libraries_that_lack_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="expected --export torch, onnx, onnx-int8, found 'tflite'"):
        RefinementOptions(export="tflite")
    monkeypatch.setattr(graph_export, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="expected onnx, onnxscript, onnxruntime for --export onnx"):
        check_export("onnx")
    check_export("torch")


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_graphs_of_onnx_take_any_length(original, intact, tmp_path: Path) -> None:
    """One of floats, and one with weights of 8 bits, which is smaller and less exact; spans are wider than a block."""
    from onnxruntime import InferenceSession

    refine(original("mockingjay"), tmp_path / "out", remove=SOME)
    refined = load(tmp_path / "out", device="cpu")
    limit_spans(refined.model, [[40, 8, None], 40, 8])
    write_graph(refined.model, intact("mockingjay"), "onnx-int8", tmp_path)
    inputs = refined.inputs([noise(2.9), noise(1.2)])
    with torch.inference_mode():
        expected = EncoderGraph(refined.model, list(inputs))(*inputs.values())
    errors = []
    for name in ("encoder.onnx", "encoder-int8.onnx"):
        session = InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"])
        states = session.run(None, {key: np.asarray(value) for key, value in inputs.items()})[0]
        errors.append(float((torch.from_numpy(states) - expected).norm() / expected.norm()))
    assert errors[0] < 1e-4 < errors[1] < 0.2
