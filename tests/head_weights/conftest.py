"""Fixtures of these tests: every model family once."""

from tests.helpers.model_fixtures import encoder, family, folder, folders

__all__ = ["encoder", "family", "folder", "folders"]
