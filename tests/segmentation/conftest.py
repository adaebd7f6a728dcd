"""The tiny model and corpus, and one segmentation of them."""

import pytest

import otoscope
from speech_samples import tiny_corpus, tiny_model

__all__ = ["tiny_corpus", "tiny_model"]


@pytest.fixture(scope="module")
def segmented(tiny_model, tmp_path_factory):
    """A run on embedded utterances of two voices, tuned on the two of one of them."""
    folder = tmp_path_factory.mktemp("segmented") / "run"
    return otoscope.segment(tiny_model, "embedded", folder, limit=11, validation=["kal16"])
