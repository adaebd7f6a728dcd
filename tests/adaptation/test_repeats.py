"""Repeats are parts of their text, their unlikelihood equals a slow sum, and its gradient makes repeats less likely."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_models import noise

from otoscope.adaptation.builtin.text import TextTask
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
        assert repeats == each.unlikely  # no token of this text is there twice, so that none is right


def test_parts_of_all_places_lengths_and_times_are_drawn(drawn: list[Repeat]) -> None:
    assert {each.start for each in drawn} == set(range(len(PROMPT) + 1, len(PROMPT) + len(TEXT) + 1))
    assert {len(each.unlikely) for each in drawn} >= {1, 2, 3, 4, 5, 6, 12, 18}


def _repeat(text: tuple[int, ...], part: slice, times: int) -> Repeat:
    draws = iter([len(PROMPT) + part.stop, len(PROMPT) + part.start, times])
    rng: Any = SimpleNamespace(integers=lambda *_: next(draws))
    return draw_repeat((*PROMPT, *text, END), len(PROMPT), rng, None)


@pytest.mark.parametrize(
    ("text", "part", "times", "start", "unlikely"),
    [
        pytest.param((1, 2, 3), slice(0, 2), 2, 4, (1, 2, 1, 2), id="other-than-the-text"),
        pytest.param((5, 5, 5), slice(0, 1), 2, 5, (), id="all-of-it-is-the-text"),
        pytest.param((5, 5, 5), slice(0, 1), 3, 5, (5,), id="the-end-is-right-where-the-text-ends"),
        pytest.param((1, 2, 1, 2, 3), slice(0, 2), 2, 6, (1, 2), id="once-is-the-text"),
        pytest.param((1, 2, 1, 3), slice(0, 2), 1, 5, (2,), id="one-token-is-the-text"),
    ],
)
def test_tokens_that_are_right_are_not_made_unlikely(text, part, times, start, unlikely) -> None:
    """Checked by hand: a repeat is wrong from its first token that is not the next one of the text."""
    each = _repeat(text, part, times)
    assert each.sequence == (*PROMPT, *text[: part.stop], *text[part] * times, END)
    assert (each.start, each.unlikely) == (start, unlikely)


def test_repeats_beyond_the_positions_of_the_decoder_are_omitted() -> None:
    rng = np.random.default_rng(0)
    every = [draw_repeat((*PROMPT, *TEXT, END), len(PROMPT), rng, 11) for _ in range(200)]
    assert max(len(each.sequence) for each in every) == 12  # the end token is not read
    assert min(len(each.unlikely) for each in every) == 0


def test_unlikelihood_equals_a_slow_sum() -> None:
    repeats = [Repeat((90, 1, 2, 1, 2, 99), 3, (1, 2)), Repeat((90, 3, 3, 99), 2, (99,)), Repeat((90, 4, 99), 2, ())]
    logits = torch.randn(3, 5, 100, generator=torch.Generator().manual_seed(0))
    rows = logits.log_softmax(-1)
    probabilities = rows.exp()
    each = [probabilities[0, 2, 1], probabilities[0, 3, 2], probabilities[1, 1, 99]]
    slow = -sum(math.log(1 - float(p)) for p in each) / 3
    assert float(unlikelihood(list(rows), repeats)) == pytest.approx(slow, rel=1e-5)


@pytest.mark.parametrize("logit", [5.0, 11.0, 40.0])
def test_a_repeat_that_is_nearly_certain_is_pulled_down(logit: float) -> None:
    """By the logit of the token, the gradient is its probability: at 40 the loss is constant, and finite."""
    logits = torch.zeros(2, 2).index_put((torch.tensor([1]), torch.tensor([1])), torch.tensor([logit]))
    logits.requires_grad_(True)
    loss = unlikelihood([logits.log_softmax(-1)], [Repeat((0, 1, 1, 0), 2, (1,))])
    (gradient,) = torch.autograd.grad(loss, logits)
    assert math.isfinite(float(loss.detach()))
    assert float(gradient[1, 1]) == pytest.approx(1 / (1 + math.exp(-logit)) if logit < 40 else 0, abs=0.02)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GatedModel:
    return make_gated_model(read_source(save_transcriber(tmp_path_factory.mktemp("model"), seconds=2)), "decoder")


@pytest.fixture(scope="module")
def speech() -> Material:
    texts = ["ab", "ba", "", "ab" * 300]
    return Material(
        "m", list("abcd"), [noise(0.5, seed=seed) for seed in range(4)], texts, list("xyzx"), [Role.train] * 4
    )


def test_repeats_of_texts_equal_a_slow_pass_of_each(model: GatedModel, speech: Material) -> None:
    """An empty text has no repeat; one that fills the positions of the decoder has what fits."""
    task, transcriber = TextTask(model, speech), model.transcriber
    assert len(task.sequences[3]) == (transcriber.max_tokens or 0) + 1
    rng = np.random.default_rng([3, 0, 1])
    slow = []
    for index in (3, 0, 1):
        sequence = model.sequence(speech.texts[index] or "")
        each = draw_repeat(sequence, len(transcriber.prompt), rng, transcriber.max_tokens)
        inputs = transcriber.inputs([speech.waves[index]])
        with torch.no_grad():
            logits = model.source.whole(**inputs, decoder_input_ids=torch.tensor([each.sequence[:-1]])).logits[0]
        probabilities = logits.softmax(-1)
        slow += [
            -math.log(1 - float(probabilities[each.start - 1 + i, token])) for i, token in enumerate(each.unlikely)
        ]
    with torch.no_grad():
        assert float(task.repeats([3, 2, 0, 1])) == pytest.approx(np.mean(slow), abs=2e-5)
        assert float(task.repeats([2])) == 0
    assert slow


def test_the_loss_of_texts_has_the_repeats_of_half_of_them_by_their_weight(model: GatedModel, speech: Material) -> None:
    with torch.no_grad():
        task = TextTask(model, speech)
        parts = [float(part) for part in (task.cross_entropy([1, 0, 3]), task.repeats([1, 0]))]
        for weight in (0.0, 1.0, 2.0):
            loss = float(TextTask(model, speech, weight).loss([1, 0, 3]))
            assert loss == pytest.approx(parts[0] + weight * parts[1], rel=1e-5)


def test_the_gradient_of_repeats_makes_them_less_likely(model: GatedModel, speech: Material) -> None:
    task = TextTask(model, speech)
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
