"""The tiny model, and tiny models of the families."""

from tests.helpers.model_fixtures import folders
from tests.helpers.speech_samples import tiny_model

__all__ = ["folders", "tiny_model"]
