"""The budget form: heads by Fisher score, rearranged within layers, scaled by least squares."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.helpers.refinable_models import plain, relative
from tests.helpers.tiny_models import noise

from otoscope.errors import InputError
from otoscope.models.capture import forward_with_handler
from otoscope.models.load import load
from otoscope.refinement.budget import rearrange, search, within_budget
from otoscope.refinement.builder import build
from otoscope.refinement.macs import count_macs
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.reduction_method import SECONDS, ReductionDraft
from otoscope.refinement.refine import refine
from otoscope.refinement.rescale import rescale, solve
from otoscope.refinement.source_model import read_source
from otoscope.runs.speech_source import SpeechPool

pytestmark = pytest.mark.slow


def test_the_least_fisher_scores_go_where_heads_do_not_depend_on_each_other() -> None:
    """Gradients that are orthogonal within a layer leave nothing to rearrange."""
    gradients = np.zeros((6, 2, 3))
    gradients[range(6), [0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]] = [5, 1, 4, 2, 6, 3]
    assert search(gradients, 3) == [(0, 1), (1, 0), (1, 2)]


def test_heads_that_a_layer_lacks_are_never_chosen() -> None:
    gradients = np.ones((4, 2, 2))
    gradients[:, 1, 1] = np.nan
    assert search(gradients, 3) == [(0, 0), (0, 1), (1, 0)]


@pytest.mark.parametrize("seed", range(5))
def test_no_exchange_makes_it_better(seed: int) -> None:
    gradients = np.random.default_rng(seed).normal(size=(20, 6)) + np.random.default_rng(seed + 9).normal(size=(20, 1))
    fisher = gradients.T @ gradients
    found = rearrange(fisher, {0, 1, 2}, {3, 4, 5})
    harm = {chosen: fisher[np.ix_(chosen, chosen)].sum() for chosen in combinations(range(6), 3)}
    near = [chosen for chosen in harm if len(found - set(chosen)) == 1]
    assert harm[tuple(sorted(found))] <= min(harm[chosen] for chosen in near)
    assert harm[tuple(sorted(found))] <= harm[0, 1, 2]


def test_scales_solve_least_squares() -> None:
    generator = torch.Generator().manual_seed(0)
    parts = torch.randn(3, 200, generator=generator, dtype=torch.float64)
    target = torch.tensor([0.5, 2.0, 1.5], dtype=torch.float64) @ parts
    found = solve(parts @ parts.T, parts @ target)
    torch.testing.assert_close(found, torch.tensor([0.5, 2.0, 1.5], dtype=torch.float64), rtol=0, atol=1e-3)


def test_all_heads_kept_are_scaled_by_one() -> None:
    encoder = load("bundled", device="cpu")
    for scale in rescale(encoder, [encoder.inputs([noise(1.0)])], [], None):
        torch.testing.assert_close(scale, torch.ones(8, dtype=torch.float64), rtol=0, atol=1e-3)


def test_the_first_layer_gives_as_nearly_as_can_be_what_it_gave() -> None:
    """No other scales of the heads that stay bring its attention nearer to that of all heads."""
    encoder, removed = load("bundled", device="cpu"), [(0, 1), (0, 4), (0, 6)]
    inputs = encoder.inputs([noise(2.0)])
    scale = rescale(encoder, [inputs], removed, None)[0]
    output = encoder.model.encoder.layer[0].attention.output.dense.weight.detach()
    contexts: list[torch.Tensor] = []
    hook = encoder.model.encoder.layer[0].attention.output.dense.register_forward_pre_hook(
        lambda _, args: contexts.append(args[0].detach().double())
    )
    encoder.forward_unhooked([noise(2.0)])
    hook.remove()
    weight_hdo = output.double().T.unflatten(0, (8, -1))
    given_hx = torch.einsum("bthd,hdo->hbto", contexts[0].unflatten(-1, (8, -1)), weight_hdo).flatten(1)
    kept, target = [0, 2, 3, 5, 7], given_hx.sum(0)
    best = torch.linalg.lstsq(given_hx[kept].T, target[:, None]).solution.flatten()

    def error(scales: torch.Tensor) -> float:
        return float((scales @ given_hx[kept] - target).norm())

    assert scale[[1, 4, 6]].tolist() == [0, 0, 0]
    assert error(best) <= error(scale[kept]) < error(torch.ones(5, dtype=torch.float64))
    assert error(scale[kept]) < 1.0001 * error(best)


def test_a_budget_is_kept_and_used(original, tmp_path: Path) -> None:
    """Another head would exceed the budget; a span allows more heads."""
    model = original("mockingjay")
    budget = 0.35 * sum(count_macs(load(model, device="cpu"), SECONDS).values())
    kept = {}
    for span in (None, 32):
        out = tmp_path / f"span-{span}"
        kept[span] = sum(refine(model, out, options=RefinementOptions(budget_macs=0.35, span=span)).heads)
        macs = count_macs(load(out, device="cpu"), SECONDS)
        head = (macs["attention projections"] + macs["attention"]) / kept[span]
        assert budget - head < sum(macs.values()) <= budget
    assert kept[None] < kept[32]


def test_a_budget_is_measured_on_no_more_audio_than_the_model_takes(original, tmp_path: Path) -> None:
    assert load(original("whisper"), device="cpu").max_seconds < SECONDS
    assert refine(original("whisper"), tmp_path / "out", options=RefinementOptions(budget_macs=0.97)).removed


def test_scales_are_in_the_weights(original, tmp_path: Path) -> None:
    """What is saved gives what scaled heads give."""
    model = original("mockingjay")  # in single precision: a model of half precision is rounded
    encoder, source = load(model, device="cpu"), read_source(model)
    draft = ReductionDraft(source, build(source), 0.8, None, SpeechPool(["bundled"]).read(source.encoder))
    removed, scales = within_budget(draft)
    refine(model, tmp_path / "out", options=RefinementOptions(budget_macs=0.8))
    wave = noise(0.9)

    def answer(call):
        from otoscope.attention.interventions import NO_INTERVENTION, attend_with

        return attend_with(NO_INTERVENTION, call, call.layer)[0] * scales[call.layer].float()[:, None]

    assert removed
    assert relative(plain(tmp_path / "out", [wave]), forward_with_handler(encoder, [wave], answer)) < 1e-5


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (0.1, "a budget of 0.1 cannot be reached: without any head 0\\.[0-9]+ of the multiplications stay"),
        (1.0, "expected a budget above 0 and below 1"),
        (-0.5, "expected a budget above 0 and below 1"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(original, tmp_path: Path, budget: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        refine(original("mockingjay"), tmp_path / "out", options=RefinementOptions(budget_macs=budget))
    assert not list(tmp_path.iterdir())
