"""Hidden states beyond the bound of memory are those in memory, to the bit."""

import pytest
import torch

from otoscope.probing import hidden_states
from otoscope.probing.hidden_states import HiddenStates


@pytest.mark.parametrize("bound", [0, 100, 10**6], ids=["in the file", "in both", "in memory"])
def test_states_come_back_to_the_bit_in_any_order(bound, monkeypatch):
    monkeypatch.setattr(hidden_states, "MAX_STATE_BYTES", bound)
    states = [torch.randn(frames, 4) for frames in (5, 1, 9, 3)]
    stored = HiddenStates(len(states))
    for index in (2, 0, 3, 1):
        stored.add(index, states[index])
    assert all(torch.equal(one, other) for one, other in zip(stored, states, strict=True))
    assert torch.equal(stored[-1], states[-1])
    assert [len(one) for one in stored[1:3]] == [1, 9]
