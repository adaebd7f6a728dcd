"""Compiled modules are measured as they were written; scripted, exported and quantised ones are refused in one line."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.attention_spellings import HOP, WIDTH, SpelledEncoder, fused, plain, with_random_weights
from tests.helpers.attention_spellings import frames_of as float_frames_of
from tests.helpers.tiny_models import noise
from torch import Tensor, nn

from otoscope.errors import InputError
from otoscope.models.wrap import wrap

WAVE = noise(0.3)


@pytest.fixture(autouse=True)
def _forget_compiled_code() -> Iterator[None]:
    yield
    torch._dynamo.reset()


def frames_of(wave: np.ndarray) -> Tensor:
    return float_frames_of(wave).double()


def encoder_module() -> nn.Module:
    return with_random_weights(SpelledEncoder(plain, fused))


def maps_of(module: Any) -> dict[int, np.ndarray]:
    return wrap(module, samples_per_frame=HOP, inputs=frames_of).maps(WAVE)


def compiled(module: nn.Module) -> Any:
    return torch.compile(module, backend="eager")


def compiled_and_run(module: nn.Module) -> Any:
    optimised = compiled(module)
    optimised(frames_of(WAVE)[None])
    return optimised


def compiled_in_place(module: nn.Module) -> nn.Module:
    module.compile(backend="eager")
    return module


def compiled_layer(module: nn.Module) -> nn.Module:
    module.layers[0] = compiled(module.layers[0])
    return module


@pytest.mark.parametrize("compilation", [compiled, compiled_and_run, compiled_in_place, compiled_layer])
def test_a_compiled_module_has_the_maps_of_the_original(compilation: Callable[[nn.Module], Any]) -> None:
    expected = maps_of(encoder_module())
    for layer, attn_hqk in maps_of(compilation(encoder_module())).items():
        assert np.array_equal(attn_hqk, expected[layer])


def test_a_layer_that_is_not_captured_has_its_own_name_in_a_compiled_module() -> None:
    module = with_random_weights(
        SpelledEncoder(plain, lambda layer, scores, mask, value: torch.sigmoid(scores) @ value)
    )
    module.layers[1] = compiled(module.layers[1])
    with pytest.raises(InputError, match=r"in layers\.1 \(SpelledAttention\)"):
        maps_of(compiled(module))


def transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(WIDTH, 2, 24, batch_first=True)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()


def traced(module: nn.Module) -> Any:
    return torch.jit.trace(module, float_frames_of(WAVE)[None], check_trace=False)


def exported(module: nn.Module) -> Any:
    return torch.export.export(module, (float_frames_of(WAVE)[None],))


def quantised(module: nn.Module) -> Any:
    return torch.ao.quantization.quantize_dynamic(module, {nn.Linear})


class OpaquePart(nn.Module):
    """A part of it is scripted."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.front, self.encoder = torch.jit.script(nn.Linear(WIDTH, WIDTH)), module

    def forward(self, states: Tensor) -> Tensor:
        return self.encoder(self.front(states))


@pytest.mark.parametrize(
    ("conversion", "reason"),
    [
        (torch.jit.script, "a scripted or traced module: RecursiveScriptModule"),
        (traced, "a scripted or traced module: TopLevelTracedModule"),
        (OpaquePart, r"a scripted or traced module: front \(RecursiveScriptModule\)"),
        (exported, "found an exported program; pass the original nn.Module that was exported"),
        (lambda module: exported(module).module(), "an exported module: GraphModule"),
        (quantised, r"a quantised module: layers\.0\.linear1 \(Linear\)"),
        (lambda module: module.state_dict(), "expected an nn.Module, found OrderedDict"),
        (lambda module: "model.pt", "expected an nn.Module, found str"),
    ],
)
def test_a_module_that_hides_its_attention_is_refused_in_one_line(
    conversion: Callable[[nn.Module], Any], reason: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = conversion(transformer())
    with pytest.raises(InputError, match=reason) as refused:
        wrap(module, samples_per_frame=HOP, inputs=float_frames_of)
    assert "\n" not in str(refused.value)
    assert "pass the original nn.Module" in str(refused.value)
