"""The callback measures what its checkpoints would give, and leaves the training as it is."""

import numpy as np
import pytest
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.training_dynamics.conftest import FEW, MODEL, make_small_trainer

import otoscope
from otoscope.bundled import speech
from otoscope.errors import InputError
from otoscope.pretraining.batches import Batching
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.recipe import Dynamics, Recipe
from otoscope.training_dynamics.callback import GAP, tile_overviews

pytestmark = pytest.mark.slow


def test_training_ends_with_the_same_bits(training, tmp_path):
    make_small_trainer(tmp_path).train()
    watched, alone = (load_file(folder / "checkpoint-4" / "model.safetensors") for folder in (training, tmp_path))
    assert all(np.array_equal(watched[name], alone[name]) for name in alone)


def test_its_run_equals_that_over_the_checkpoints(training, dynamics_run):
    run = otoscope.open_run(training / "run")
    assert run.dataset["step"].values.tolist() == [0, 2, 4]
    later = run.dataset.sel(step=[2, 4])
    for name in ("globalness", "diagonality", "diagonality_interval", "overview"):
        assert np.array_equal(later[name], dynamics_run.dataset[name]), name


def test_reporters_receive_scalars_and_a_picture(training):
    events = EventAccumulator(str(next(training.glob("runs/*"))))
    events.Reload()
    assert [event.step for event in events.Scalars("train/heads/diagonality")] == [0, 2, 4]
    assert [event.step for event in events.Images("heads/maps")] == [0, 2, 4]


def test_a_new_training_does_not_write_into_the_run_of_another(training, tmp_path):
    trainer = make_small_trainer(tmp_path)
    otoscope.HeadStatistics("bundled", training / "run", every=2, options=FEW).attach(trainer)
    with pytest.raises(InputError, match="holds a finished run"):
        trainer.train()


def test_a_training_without_speech_or_extractor_is_refused(tmp_path):
    with pytest.raises(InputError, match="every=0"):
        otoscope.HeadStatistics("bundled", tmp_path / "run", every=0)
    trainer = make_small_trainer(tmp_path)
    trainer.callback_handler.processing_class = None
    otoscope.HeadStatistics("bundled", tmp_path / "run", options=FEW).attach(trainer)
    with pytest.raises(InputError, match="expected a feature extractor"):
        trainer.train()
    trainer = make_small_trainer(tmp_path)
    otoscope.HeadStatistics(tmp_path / "no-speech", tmp_path / "run").attach(trainer)
    with pytest.raises(InputError, match="no-speech"):
        trainer.train()
    assert not (tmp_path / "run").exists()


def test_a_recipe_measures_the_heads_and_a_finished_training_resumes(tmp_path):
    """The statistics equal those of the checkpoint on the same utterances."""
    corpora, training = (str(speech() / "awb"),), {"max_steps": 4, "save_steps": 2, "use_cpu": True}
    few, batching = Dynamics(every=2, utterances=2), Batching(size=4)
    recipe = Recipe(corpora, corpora, model=MODEL, batching=batching, training=training, dynamics=few)
    for resume in (False, True):
        pretrain(recipe, tmp_path, resume=resume)
    run = otoscope.open_run(tmp_path / "dynamics")
    assert run.dataset["step"].values.tolist() == [0, 2, 4]
    options = otoscope.SpeechOptions(sample=2)
    checkpoint = tmp_path / "checkpoints" / "checkpoint-2"
    single = otoscope.analyze(checkpoint, corpora[0], tmp_path / "single", options=options)
    assert np.array_equal(run.dataset["diagonality"].sel(step=2), single.dataset["diagonality"])


def test_a_finished_run_is_not_extended(training):
    few = otoscope.SpeechOptions(limit=2, resume=True)
    trainer = make_small_trainer(training, steps=6)
    otoscope.HeadStatistics("bundled", training / "run", every=2, options=few).attach(trainer)
    with pytest.raises(InputError, match="expected an unfinished run"):
        trainer.train(resume_from_checkpoint=str(training / "checkpoint-4"))


def test_tiles_lie_in_the_order_of_layers_and_heads():
    overview = np.arange(2 * 3 * 2 * 2, dtype=float).reshape(2, 3, 2, 2) + 1
    picture = tile_overviews(overview)
    for layer, head in np.ndindex(2, 3):
        top, left = ((2 + GAP) * place for place in (layer, head))
        tile = picture[top : top + 2, left : left + 2]
        assert np.allclose(tile, overview[layer, head] / overview[layer, head].max())
