"""A batch depends on the step alone, and holds real, rightly marked speech."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from otoscope.errors import InputError
from otoscope.pretraining.batches import Batching, MaskedBatches, epoch
from otoscope.pretraining.feature_store import Features
from otoscope.pretraining.masking import Masking

LENGTHS = [1, 2, 5, 30, 31, 32, 47, 60, 61, 75, 90, 200, 33, 34, 120]
BATCHING = Batching(size=4, crop=20, rate=3, seed=7)
ZEROED = Masking(span=2, zero=1.0, replace=0.0)


@pytest.fixture
def features() -> Features:
    """Frames that say where they come from: utterance + 1, place + 1, and a constant."""
    frames = [np.stack([np.full(n, u + 1), np.arange(n) + 1, np.ones(n)], 1) for u, n in enumerate(LENGTHS)]
    return Features(np.concatenate(frames).astype(np.float16), np.cumsum([0, *LENGTHS]))


def test_a_batch_is_a_function_of_its_step(features: Features) -> None:
    def batches() -> MaskedBatches:
        return MaskedBatches(features, Masking(), BATCHING, 20)

    forward = [batches()[step] for step in range(20)]
    once = batches()
    backward = [once[step] for step in reversed(range(20))][::-1]
    for first, second in zip(forward, backward, strict=True):
        for name, tensor in first.items():
            assert torch.equal(tensor, second[name]), name


def test_no_two_steps_are_the_same(features: Features) -> None:
    batches = MaskedBatches(features, Masking(), BATCHING, 20)
    inputs = {batches[step]["input_features"].numpy().tobytes() for step in range(20)}
    assert len(inputs) == 20


@pytest.mark.parametrize("number", range(5))
def test_an_epoch_has_each_usable_utterance_at_most_once(number: int) -> None:
    lengths = np.array(LENGTHS)
    utterances = epoch(lengths, BATCHING, number).ravel()
    assert len(set(utterances)) == len(utterances)
    assert (lengths[utterances] >= 3).all()
    assert (lengths >= 3).sum() - len(utterances) < BATCHING.size


def test_epochs_differ_and_leave_out_different_utterances() -> None:
    lengths = np.array(LENGTHS)
    orders = [epoch(lengths, BATCHING, number) for number in range(30)]
    assert len({order.tobytes() for order in orders}) > 1
    assert set(np.concatenate(orders).ravel()) == set(np.flatnonzero(lengths >= 3))


def test_crops_are_consecutive_frames_of_one_utterance(features: Features) -> None:
    for batch in map(MaskedBatches(features, Masking(), BATCHING, 30).__getitem__, range(30)):
        for labels, real in zip(batch["labels"].numpy(), batch["attention_mask"].numpy(), strict=True):
            crop = labels[real.astype(bool)]
            utterance = int(crop[0, 0]) - 1
            length = LENGTHS[utterance]
            assert (crop[:, 0] == utterance + 1).all()
            assert (np.diff(crop[:, 1]) == 1).all()
            assert crop[0, 1] >= 1
            assert crop[-1, 1] <= length
            assert len(crop) == min(length, 60) // 3 * 3


def test_crops_reach_both_ends_of_a_long_utterance(features: Features) -> None:
    batches = MaskedBatches(features, Masking(), Batching(size=13, crop=20, seed=1), 2000)
    starts = [batches[step]["labels"].numpy() for step in range(300)]
    places = np.concatenate([crop[crop[:, 0, 0] == LENGTHS.index(75) + 1, 0, 1] for crop in starts])
    assert set(places) == set(range(1, 75 - 60 + 2))


def test_padding_is_zero_and_marked(features: Features) -> None:
    for batch in map(MaskedBatches(features, ZEROED, BATCHING, 30).__getitem__, range(30)):
        real = batch["attention_mask"].bool()
        assert (batch["labels"][~real] == 0).all()
        assert (batch["input_features"][~real] == 0).all()
        assert (batch["labels"][real][:, 2] == 1).all()
        assert (real.int().diff(dim=1) <= 0).all()
        assert real.any(0).all()


def test_frames_are_hidden_where_the_mask_says_and_nowhere_else(features: Features) -> None:
    for batch in map(MaskedBatches(features, ZEROED, BATCHING, 30).__getitem__, range(30)):
        masked = batch["masked"].repeat_interleave(3, dim=1)
        assert batch["masked"].any(1).all()
        assert batch["attention_mask"][masked].all()
        assert (batch["input_features"][masked] == 0).all()
        assert torch.equal(batch["input_features"][~masked], batch["labels"][~masked])


def test_positions_are_shifted_from_a_step_on_and_nothing_else_changes(features: Features) -> None:
    plain, late = (
        MaskedBatches(features, Masking(), replace(BATCHING, shift=shift, shift_from=5), 20) for shift in (0, 100)
    )
    for step in range(20):
        first, second = plain[step], late[step]
        assert (first.pop("first_position") == 0).all()
        moved = second.pop("first_position")
        assert moved.any().item() == (step >= 5)
        assert moved.max() <= 100
        assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_runs_of_masked_frames_are_those_of_another_masking_before_a_step(features: Features) -> None:
    """So that two models that begin with the same masking are one model until that step."""
    late = replace(ZEROED, span=4, early_span=2, early_steps=5)
    of = {
        masking: MaskedBatches(features, masking, BATCHING, 20) for masking in (ZEROED, replace(ZEROED, span=4), late)
    }
    for step in range(20):
        expected = of[ZEROED if step < 5 else replace(ZEROED, span=4)][step]
        assert all(torch.equal(tensor, expected[name]) for name, tensor in of[late][step].items())


def test_too_little_speech_for_one_batch_is_refused(features: Features) -> None:
    with pytest.raises(InputError, match="13 usable utterances are no batch of 14"):
        MaskedBatches(features, Masking(), Batching(size=14), 1)
