"""Multiplications are those that torch itself counts in eager attention, of every family, refined or not."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import MEASURED, PATCHES, SOME, WHOLE_LAYER
from tests.helpers.tiny_models import BUILDERS
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.refinement.macs import count_macs
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.timing import noise

pytestmark = pytest.mark.slow


def counted_by_torch(encoder: Encoder, seconds: float) -> int:
    """By its own formulas alone: attention in single products of matrices."""
    inputs = encoder.inputs([noise(encoder, seconds)])
    if encoder.model.config._attn_implementation != "eager":
        encoder.model.set_attn_implementation("eager")  # a model with a span stays with its blocks
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter, torch.no_grad():
        encoder.model(**inputs)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize("family", BUILDERS)
def test_every_family_multiplies_what_torch_counts(original: Callable[[str], Path], family: str) -> None:
    encoder = load(original(family), device="cpu")
    parts = count_macs(encoder, 1.0)
    assert all(parts.values())
    assert sum(parts.values()) == counted_by_torch(encoder, 1.0)


@pytest.mark.parametrize(("family", "span"), [*product(MEASURED, (None, 3)), (PATCHES, None)])
def test_refined_models_multiply_what_torch_counts(
    original: Callable[[str], Path], tmp_path: Path, family: str, span: int | None
) -> None:
    """Layers that lose one head, three, and all."""
    removed = [*SOME, *WHOLE_LAYER]
    refine(original(family), tmp_path / "out", remove=removed, options=RefinementOptions(span=span))
    encoder = load(tmp_path / "out", device="cpu")
    before, after = count_macs(load(original(family), device="cpu"), 1.0), count_macs(encoder, 1.0)
    assert sum(after.values()) == counted_by_torch(encoder, 1.0)
    assert after["attention projections"] * 12 == before["attention projections"] * (12 - len(removed))
    assert {name: after[name] for name in ("front end", "feed-forward")} == {
        name: before[name] for name in ("front end", "feed-forward")
    }


def test_a_span_that_is_asked_for_multiplies_what_a_refined_model_does(
    original: Callable[[str], Path], tmp_path: Path
) -> None:
    """Also where the model has a span already, or a layer no head."""
    refine(original("hubert-layer"), tmp_path / "wide", remove=WHOLE_LAYER, options=RefinementOptions(span=9))
    refine(tmp_path / "wide", tmp_path / "narrow", options=RefinementOptions(span=2))
    wide, narrow = (load(tmp_path / name, device="cpu") for name in ("wide", "narrow"))
    assert count_macs(wide, 2.0, 2) == count_macs(narrow, 2.0, 30) == count_macs(narrow, 2.0)
    frames = wide.num_frames(np.zeros(32000))
    assert count_macs(wide, 2.0, 2)["attention"] == 2 * 8 * 12 * -(-frames // 32) * 32 * (32 + 4)


def test_layers_that_share_their_weights_have_the_parts_of_those_that_do_not(original: Callable[[str], Path]) -> None:
    shared, own = (count_macs(load(original(name), device="cpu"), 2.0) for name in ("audioalbert", "mockingjay"))
    assert shared == own


def test_projections_that_no_module_calls_are_counted(original: Callable[[str], Path]) -> None:
    """WavLM hands the weights of its projections to one function of torch; its gate of positions is a projection."""
    encoder = load(original("wavlm-layer"), device="cpu")
    frames = encoder.num_frames(np.zeros(16000))
    assert count_macs(encoder, 1.0)["attention projections"] == 3 * frames * (4 * 48 * 48 + 48 * 8)
