"""A tiny model and a tiny corpus for the tests that need both: random weights, bundled synthetic speech."""

import shutil
from pathlib import Path

import pytest
import torch

from otoscope import bundled
from otoscope.models.mockingjay import (
    MockingjayConfig,
    MockingjayFeatureExtractor,
    MockingjayForPreTraining,
    MockingjayModel,
)

VOICES = ("awb", "rms")
EACH = 2


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a Mockingjay model of 2 layers x 3 heads with random weights, large enough that heads differ."""
    folder = tmp_path_factory.mktemp("tiny-model")
    return save_tiny_model(folder)


@pytest.fixture(scope="session")
def tiny_pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of such a model that kept its prediction head."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny-pretrained"), MockingjayForPreTraining)


def save_tiny_model(
    folder: Path, kind: type[MockingjayModel] | type[MockingjayForPreTraining] = MockingjayModel, deviation: float = 0.4
) -> Path:
    """Save a Mockingjay model with random weights of a standard deviation, and its extractor; return the folder."""
    torch.manual_seed(0)
    config = MockingjayConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32, initializer_range=deviation
    )
    kind(config).save_pretrained(folder)
    MockingjayFeatureExtractor().save_pretrained(folder)
    return folder


@pytest.fixture
def tiny_corpus(tmp_path: Path) -> Path:
    """Folder of four utterances by two synthetic voices, audio with TextGrids."""
    return save_tiny_corpus(tmp_path / "corpus")


def save_tiny_corpus(folder: Path) -> Path:
    """Save four utterances by two synthetic voices, audio with TextGrids, and return the folder."""
    for voice in VOICES:
        audio = sorted((bundled.speech() / voice).glob("*.flac"))[:EACH]
        (folder / voice).mkdir(parents=True)
        for path in audio:
            shutil.copy(path, folder / voice)
            shutil.copy(path.with_suffix(".TextGrid"), folder / voice)
    return folder
