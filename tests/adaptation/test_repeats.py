"""Repeats are parts of their text, their unlikelihood equals a slow sum, and its gradient makes repeats less likely."""

import math

import numpy as np
import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation import OBJECTIVES
from otoscope.adaptation.gated_model import GatedModel, make_gated_model
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.repeats import MOST_TIMES, MOST_TOKENS, Repeat, draw_repeat, unlikelihood
from otoscope.refinement.source_model import read_source

PROMPT, END = (90, 91), 99
TEXT = (1, 2, 3, 4, 5, 6, 7, 8, 9)


@pytest.fixture(scope="module")
def drawn() -> list[Repeat]:
    rng = np.random.default_rng(0)
    return [draw_repeat((*PROMPT, *TEXT, END), len(PROMPT), rng, None) for _ in range(400)]


def test_a_repeat_is_a_part_of_the_text_that_ends_where_the_repeats_begin(drawn: list[Repeat]) -> None:
    for each in drawn:
        before, repeats = each.sequence[: each.start], each.sequence[each.start : -1]
        assert before == (*PROMPT, *TEXT)[: each.start]
        assert each.sequence[-1] == END
        fitting = [
            length
            for length in range(1, MOST_TOKENS + 1)
            if repeats == before[-length:] * (len(repeats) // length) and len(repeats) <= length * MOST_TIMES
        ]
        assert fitting
        assert repeats == each.unlikely  # no token of this text is there twice, so that none is the right one


def test_parts_of_all_places_lengths_and_times_are_drawn(drawn: list[Repeat]) -> None:
    assert {each.start for each in drawn} == set(range(len(PROMPT) + 1, len(PROMPT) + len(TEXT) + 1))
    assert {len(each.unlikely) for each in drawn} >= {1, 2, 3, 4, 5, 6, 12, 18}


def test_the_token_that_should_follow_is_not_made_unlikely() -> None:
    rng = np.random.default_rng(0)
    for each in (draw_repeat((*PROMPT, 5, 5, 5, END), len(PROMPT), rng, None) for _ in range(50)):
        expected = END if each.start < len(PROMPT) + 3 else 5
        assert set(each.unlikely) == {expected}


def test_repeats_beyond_the_positions_of_the_decoder_are_omitted() -> None:
    rng = np.random.default_rng(0)
    every = [draw_repeat((*PROMPT, *TEXT, END), len(PROMPT), rng, 11) for _ in range(200)]
    assert max(len(each.sequence) for each in every) == 12  # the end token is not read
    assert min(len(each.unlikely) for each in every) == 0


def test_unlikelihood_equals_a_slow_sum_and_is_finite_where_it_is_certain() -> None:
    repeats = [Repeat((90, 1, 2, 1, 2, 99), 3, (1, 2)), Repeat((90, 3, 3, 99), 2, (99,)), Repeat((90, 4, 99), 2, ())]
    logits = torch.randn(3, 5, 100, generator=torch.Generator().manual_seed(0))
    rows = logits.log_softmax(-1)
    probabilities = rows.exp()
    each = [probabilities[0, 2, 1], probabilities[0, 3, 2], probabilities[1, 1, 99]]
    slow = -sum(math.log(1 - float(p)) for p in each) / 3
    assert float(unlikelihood(list(rows), repeats)) == pytest.approx(slow, rel=1e-5)
    certain = torch.zeros(1, 2, 100).index_fill(2, torch.tensor([3]), 0.0)
    assert math.isfinite(float(unlikelihood([certain[0]], [Repeat((90, 3, 3, 99), 2, (3,))])))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GatedModel:
    return make_gated_model(read_source(save_transcriber(tmp_path_factory.mktemp("model"), seconds=2)), "decoder")


def test_the_loss_of_texts_has_the_unlikelihood_of_the_same_repeats_each_time(model: GatedModel) -> None:
    waves = [noise(0.5, seed=seed) for seed in range(3)]
    speech = Material("m", list("abc"), waves, ["ab", "ba", "b"], list("xyz"), [Role.train] * 3)
    task = OBJECTIVES.get("text").make(model, speech)
    with torch.no_grad():
        assert float(task.loss([0, 1, 2])) == float(task.loss([0, 1, 2]))
        assert float(task.loss([0, 1, 2])) == pytest.approx(
            float(task.cross_entropy([0, 1, 2])) + float(task.repeats([0, 1])), rel=1e-6
        )
    before = float(task.repeats([0, 1]).detach())
    for _ in range(5):
        with model.gates():
            loss = task.repeats([0, 1])
        gradients = torch.autograd.grad(loss, model.parameters)
        with torch.no_grad():
            for offset, gradient in zip(model.parameters, gradients, strict=True):
                offset -= 0.5 * gradient / gradient.norm()
    with model.gates():
        assert float(task.repeats([0, 1]).detach()) < before
