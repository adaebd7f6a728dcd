"""A training that starts from a checkpoint of another training gives the model that it would give alone."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from otoscope.bundled import speech
from otoscope.papers.warm_start import copy_checkpoint, shared_steps
from otoscope.papers.yang2020.corpora import make_corpora
from otoscope.papers.yang2020.models import make_models, recipe_folder
from otoscope.papers.yang2020.stages import ReproductionJob, make_stages
from otoscope.pretraining.batches import Batching, MaskedBatches
from otoscope.pretraining.masking import Masking
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.recipe import Recipe

SPEECH = (str(speech() / "awb"),)
M3 = Recipe(
    SPEECH,
    SPEECH,
    model={"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48},
    masking=Masking(span=3),
    batching=Batching(size=4, crop=40),
    training={"max_steps": 7, "save_steps": 2, "use_cpu": True},
)
M6 = replace(M3, masking=Masking(span=6, early_span=3, early_steps=5))
M9 = replace(M3, masking=Masking(span=9, early_span=3, early_steps=5))


def test_a_warm_start_gives_the_weights_of_a_training_alone_bit_for_bit(tmp_path, monkeypatch):
    pretrain(M3, tmp_path / "m3")
    alone = pretrain(M6, tmp_path / "alone")
    copy_checkpoint(tmp_path / "m3", shared_steps(M3, M6), tmp_path / "m6")
    steps, batch = [], MaskedBatches.__getitem__
    monkeypatch.setattr(
        MaskedBatches, "__getitem__", lambda batches, step: [steps.append(step), batch(batches, step)][1]
    )
    shared = pretrain(M6, tmp_path / "m6", resume=True)
    assert steps == [4, 5, 6]  # the newest checkpoint within the five that are shared is the fourth
    first, second = (load_file(training.model / "model.safetensors") for training in (alone, shared))
    assert all(np.array_equal(weight, second[name]) for name, weight in first.items())


def test_a_training_with_checkpoints_keeps_them(tmp_path):
    for name, step in (("m3", 4), ("m6", 2)):
        checkpoint = tmp_path / name / "checkpoints" / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text("{}")
    copy_checkpoint(tmp_path / "m3", 5, tmp_path / "m6")
    copy_checkpoint(tmp_path / "m3", 3, tmp_path / "m9")
    assert [path.name for path in (tmp_path / "m6" / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert not (tmp_path / "m9").exists()


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [
        (M3, M6, 5),
        (M6, M3, 5),
        (M6, M9, 5),
        (M3, replace(M6, masking=replace(M6.masking, early_span=2)), 0),
        (M3, replace(M6, masking=replace(M6.masking, proportion=0.2)), 0),
        (M3, replace(M6, batching=replace(M6.batching, seed=1)), 0),
        (M3, replace(M6, training=M6.training | {"max_steps": 9}), 0),
        (M3, replace(M6, train=("elsewhere",)), 0),
        (M3, replace(M3, validation=("elsewhere",)), 7),
    ],
)
def test_equal_steps_are_shared(first, second, steps):
    assert shared_steps(first, second) == steps


def test_small_models_share_steps_and_wait_for_them(tmp_path):
    corpora = make_corpora([str(speech())], str(speech()), [str(speech())])
    job = ReproductionJob(make_models(recipe_folder("small"), corpora.pretrain, corpora.held_out, 2), corpora, tmp_path)
    needs = {stage.name: list(stage.needs) for stage in make_stages(job)}
    assert needs["m3/pretraining"] == needs["m3-1/pretraining"] == []
    assert needs["m6/pretraining"] == ["m3/pretraining"]
    assert needs["m9/pretraining"] == ["m3/pretraining"]
