"""Keys that are removed or emptied, in the model's own eager attention."""

import numpy as np
import pytest
import torch
from tests.helpers.slow_attention import changed_maps, fresh, slow
from tests.helpers.tiny_models import noise

from otoscope.attention_sinks import blocking
from otoscope.attention_sinks.blocking import CONTROL, INTACT, conditions
from otoscope.models.load import load

WAVE = noise(0.5)
MULTIPLE = 1.5


def by_definition(condition, frames):
    """Return what becomes of maps `[..., K, K]`: the sinks of the first `frames` queries, or the keys after them."""

    def changed(maps):
        keys = torch.arange(maps.shape[-1]) >= frames
        is_meant = keys if "padding" in condition else maps[..., :frames, :].mean(-2) > MULTIPLE / frames
        rest = maps * ~is_meant.expand(maps.shape[:-2] + maps.shape[-1:])[..., None, :]
        if "emptied" in condition:
            return rest
        of_utterance = torch.arange(maps.shape[-1])[:, None] < frames
        return torch.where(of_utterance, rest / rest.sum(-1, keepdim=True), maps)

    return changed


@pytest.mark.parametrize("family", ["mockingjay", "whisper"])
def test_conditions_are_those_of_the_definition(folders, family, monkeypatch):
    """A weight of zero in place of a value of zero."""
    monkeypatch.setattr(blocking, "MULTIPLE", MULTIPLE)
    folder = folders[family]
    encoder = load(folder, device="cpu", dtype="float64")
    frames, heads = encoder.num_frames(WAVE), [(layer, h) for layer, n in enumerate(encoder.n_heads) for h in range(n)]
    by_name = conditions(heads, encoder.family.sees_silence)
    for name in by_name.keys() - {INTACT, CONTROL}:
        model = fresh(folder)
        with changed_maps(model, by_definition(name, frames)):
            expected = slow(folder, WAVE, model).hidden
        with encoder.intervene(*by_name[name]):
            measured = encoder.forward([WAVE]).hidden[0].numpy()
        np.testing.assert_allclose(measured, expected, atol=1e-8, err_msg=name)
        assert np.abs(measured - encoder.forward([WAVE]).hidden[0].numpy()).max() > 1e-6


def test_as_many_other_keys_as_sinks_are_removed(folders, monkeypatch):
    monkeypatch.setattr(blocking, "MULTIPLE", MULTIPLE)
    encoder, masks = load(folders["mockingjay"], device="cpu"), []

    def record(own, mask):
        masks.append((blocking.sinks(own), mask))
        return own

    monkeypatch.setattr(blocking, "remove_keys", record)
    with encoder.intervene(*conditions([(0, 1)], sees_silence=False)[CONTROL]):
        encoder.forward([WAVE])
    ((is_sink, is_removed),) = masks
    assert is_sink.sum() == is_removed.sum() > 0
    assert not (is_sink & is_removed).any()
