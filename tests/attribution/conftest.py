"""The tiny models, the tiny corpus, and a context of two outputs of a wave."""

import numpy as np
import pytest
from tests.helpers.model_fixtures import folder, folders
from tests.helpers.speech_samples import tiny_corpus, tiny_pretrained
from tests.helpers.tiny_models import noise

from otoscope.attribution.attribution import AttributionContext
from otoscope.attribution.input_states import read_input
from otoscope.attribution.pieces import Pieces
from otoscope.attribution.scored_output import UtteranceOutputs, read_frames
from otoscope.models.load import load

__all__ = ["folder", "folders", "make_context", "tiny_corpus", "tiny_pretrained"]

WAVE = noise(0.6)
FRAMES_READ = [3, 9]


def make_context(encoder, wave=WAVE, size=4):
    """Return the context of two outputs: the first feature at two frames of the last layer."""
    frames = encoder.num_frames(wave)

    def scores(hidden_btd):
        return hidden_btd[:, FRAMES_READ, 0] * hidden_btd[:, FRAMES_READ, 1]

    outputs = UtteranceOutputs(scores, read_frames(np.array(FRAMES_READ), frames, frames))
    return AttributionContext(read_input(encoder, wave), wave, outputs, Pieces(frames, size))


@pytest.fixture(scope="module")
def context(tiny_pretrained):
    return make_context(load(tiny_pretrained, device="cpu", dtype="float64"))
