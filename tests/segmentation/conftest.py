"""The tiny model and corpus, and one segmentation of them."""

import pytest
from tests.helpers.speech_samples import tiny_corpus, tiny_model

import otoscope

PUBLISHED = otoscope.SegmentationOptions(validation=("kal16",), shifts=0)
"""The published method alone."""

__all__ = ["tiny_corpus", "tiny_model"]


@pytest.fixture(scope="session")
def shifted(tiny_model, tmp_path_factory):
    """A run with two shifts, tuned on two utterances of one voice and scored on two of another."""
    return otoscope.segment(
        tiny_model,
        "bundled",
        tmp_path_factory.mktemp("shifted") / "run",
        segmentation=otoscope.SegmentationOptions(validation=("kal16",), shifts=2),
        options=otoscope.SpeechOptions(speakers=("awb", "kal16"), sample=4, balanced="speaker"),
    )


@pytest.fixture(scope="module")
def segmented(tiny_model, tmp_path_factory):
    """A run on bundled utterances of two voices, tuned on the two of one of them."""
    folder = tmp_path_factory.mktemp("segmented") / "run"
    return otoscope.segment(
        tiny_model,
        "bundled",
        folder,
        segmentation=PUBLISHED,
        options=otoscope.SpeechOptions(limit=11),
    )
