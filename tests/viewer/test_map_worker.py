"""Requests return at once with the progress; what a user looks at comes first, and what has been left is cancelled."""

from threading import Event

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.viewer.cache import LruCache
from otoscope.viewer.errors import NotReadyError
from otoscope.viewer.map_worker import LEASE_SECONDS, MapWorker
from otoscope.viewer.thumbnails import thumbnail

LAYERS, HEADS = 3, 2


def head_map(utterance: int, layer: int, head: int) -> np.ndarray:
    return np.full((4, 4), (1 + utterance + layer + head) / 100, dtype=np.float32)


class SlowModel:
    """Computes each map when the test lets it, and writes down the runs that have begun and ended."""

    def __init__(self):
        self.time = 0.0
        self.passes: list[tuple[int, list[int]]] = []
        self.computed: list[tuple[int, int, int]] = []
        self.steps = [Event() for _ in range(100)]
        self.reached = [Event() for _ in range(100)]
        self.worker = MapWorker(self.compute, [HEADS] * LAYERS, LruCache(2**20), lambda: self.time)

    def compute(self, utterance, receive, layers):
        self.passes.append((utterance, list(layers)))
        for layer in layers:
            for head in range(HEADS):
                step = len(self.computed)
                self.reached[step].set()
                self.steps[step].wait()
                self.computed.append((utterance, layer, head))
                receive(layer, head, head_map(utterance, layer, head))

    def allow(self, steps):
        """Let the model compute this many maps in all, and wait until it begins the next one."""
        for step in self.steps[:steps]:
            step.set()
        self.reached[steps].wait()

    def finish(self):
        for step in self.steps:
            step.set()


@pytest.fixture
def model():
    slow = SlowModel()
    yield slow
    slow.time += 2 * LEASE_SECONDS
    slow.finish()


def progress(call) -> str:
    with pytest.raises(NotReadyError) as reason:
        call()
    return str(reason.value)


def wait_for(call):
    while True:
        try:
            return call()
        except NotReadyError:
            continue


def pyramid(model, *place):
    return model.worker.derive("double", place, lambda attn_qk: 2 * attn_qk)


def test_requests_return_at_once_with_the_layer_that_is_computed(model):
    for layer in range(LAYERS):
        progress(lambda layer=layer: model.worker.thumbnails(0, layer))
    model.allow(3)
    assert progress(lambda: model.worker.thumbnails(0, 2)) == "computing layer 2 of 3"
    np.testing.assert_array_equal(
        model.worker.thumbnails(0, 0), np.stack([thumbnail(head_map(0, 0, head)) for head in range(HEADS)])
    )
    model.finish()
    assert wait_for(lambda: model.worker.thumbnails(0, 2)).shape[0] == HEADS
    assert len(model.computed) == LAYERS * HEADS


def test_a_map_that_a_user_opens_comes_before_thumbnails(model):
    for layer in range(LAYERS):
        progress(lambda layer=layer: model.worker.thumbnails(0, layer))
    model.allow(1)
    progress(lambda: pyramid(model, 0, 2, 1))
    model.finish()
    np.testing.assert_array_equal(wait_for(lambda: pyramid(model, 0, 2, 1)), 2 * head_map(0, 2, 1))
    wait_for(lambda: model.worker.thumbnails(0, 1))
    assert model.passes[1:] == [(0, [2]), (0, [1])]  # the thumbnails of layer 2 need no further run


def test_an_utterance_that_has_been_left_is_cancelled_between_two_heads(model):
    for layer in range(LAYERS):
        progress(lambda layer=layer: model.worker.thumbnails(0, layer))
    model.allow(1)
    model.time += 2 * LEASE_SECONDS
    progress(lambda: pyramid(model, 1, 0, 0))
    model.finish()
    wait_for(lambda: pyramid(model, 1, 0, 0))
    assert [place for place in model.computed if place[0] == 0] == [(0, 0, 0), (0, 0, 1)]


def test_a_pause_frees_the_model_after_its_layer(model):
    progress(lambda: model.worker.thumbnails(0, 0))
    progress(lambda: model.worker.thumbnails(0, 1))
    model.reached[0].wait()
    with model.worker.paused():
        model.finish()
        wait_for(lambda: model.worker.thumbnails(0, 0))
        progress(lambda: model.worker.thumbnails(0, 1))
        assert len(model.computed) <= HEADS * 2
    assert wait_for(lambda: model.worker.thumbnails(0, 1)).shape[0] == HEADS


def test_a_model_that_fails_is_an_error_of_each_waiting_request(model):
    def fail(*_):
        raise InputError("too long")

    worker = MapWorker(fail, [HEADS], LruCache(2**20))
    with pytest.raises(InputError, match="too long"):
        wait_for(lambda: worker.thumbnails(0, 0))
