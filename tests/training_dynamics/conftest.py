"""A training of a few steps with the callback, and a run over its checkpoints."""

from pathlib import Path

import pytest
from transformers import Trainer

import otoscope
from otoscope.bundled import speech
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.pretraining.corpora import extract_features, list_corpora
from otoscope.pretraining.recipe import Recipe
from otoscope.pretraining.trainer import make_trainer, new_model, training_arguments

MODEL = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
FEW = otoscope.SpeechOptions(limit=2)


def make_small_trainer(folder: Path, steps: int = 4) -> Trainer:
    """Return a Trainer of a few steps that writes into a folder."""
    corpora = (str(speech()),)
    training = {"max_steps": steps, "save_steps": 2, "use_cpu": True}
    recipe = Recipe(corpora, corpora, model=MODEL, training=training)
    arguments = training_arguments(recipe, folder)
    features = extract_features(list_corpora(corpora), MockingjayFeatureExtractor(), folder / "features").features
    return make_trainer(recipe, arguments, new_model(recipe, arguments.seed), features, features)


@pytest.fixture(scope="session")
def training(tmp_path_factory) -> Path:
    """The folder of a training that was measured every two steps."""
    folder = tmp_path_factory.mktemp("training")
    trainer = make_small_trainer(folder)
    otoscope.HeadStatistics("bundled", folder / "run", every=2, options=FEW).attach(trainer)
    trainer.train()
    return folder


@pytest.fixture(scope="session")
def dynamics_run(training, tmp_path_factory) -> otoscope.Run:
    """The run over the checkpoints of the training."""
    return otoscope.dynamics([training], "bundled", tmp_path_factory.mktemp("dynamics") / "run", options=FEW)
