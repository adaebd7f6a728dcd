"""The tiny model and corpus, and one segmentation of them."""

import pytest
from tests.helpers.speech_samples import tiny_corpus, tiny_model

import otoscope

__all__ = ["tiny_corpus", "tiny_model"]


@pytest.fixture(scope="module")
def segmented(tiny_model, tmp_path_factory):
    """A run on bundled utterances of two voices, tuned on the two of one of them."""
    folder = tmp_path_factory.mktemp("segmented") / "run"
    return otoscope.segment(
        tiny_model, "bundled", folder, validation=["kal16"], options=otoscope.SpeechOptions(limit=11)
    )
