"""A training that begins with what another has trained ends as if it had trained all of it."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from otoscope.bundled import speech
from otoscope.papers.yang2020.corpora import corpora
from otoscope.papers.yang2020.models import models, recipes_of
from otoscope.papers.yang2020.pipeline import Work, stages
from otoscope.papers.yang2020.warm_start import begin_with, shared_steps
from otoscope.pretraining.batches import Batching, MaskedBatches
from otoscope.pretraining.masking import Masking
from otoscope.pretraining.recipe import Recipe
from otoscope.pretraining.train import pretrain

HEARD = (str(speech() / "awb"),)
M3 = Recipe(
    HEARD,
    HEARD,
    model={"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48},
    masking=Masking(span=3),
    batching=Batching(size=4, crop=40),
    training={"max_steps": 7, "save_steps": 2, "use_cpu": True},
)
M6 = replace(M3, masking=Masking(span=6, early_span=3, early_steps=5))
M9 = replace(M3, masking=Masking(span=9, early_span=3, early_steps=5))


def test_the_end_is_that_of_a_training_alone_bit_for_bit(tmp_path, monkeypatch):
    pretrain(M3, tmp_path / "m3")
    alone = pretrain(M6, tmp_path / "alone")
    begin_with(tmp_path / "m3", shared_steps(M3, M6), tmp_path / "m6")
    steps, batch = [], MaskedBatches.__getitem__
    monkeypatch.setattr(
        MaskedBatches, "__getitem__", lambda batches, step: [steps.append(step), batch(batches, step)][1]
    )
    shared = pretrain(M6, tmp_path / "m6", resume=True)
    assert steps == [4, 5, 6]  # the newest checkpoint within the five that are shared is the fourth
    first, second = (load_file(made.model / "model.safetensors") for made in (alone, shared))
    assert all(np.array_equal(weight, second[name]) for name, weight in first.items())


def test_a_training_that_has_begun_goes_on_with_its_own(tmp_path):
    for name, step in (("m3", 4), ("m6", 2)):
        checkpoint = tmp_path / name / "checkpoints" / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        (checkpoint / "trainer_state.json").write_text("{}")
    begin_with(tmp_path / "m3", 5, tmp_path / "m6")
    begin_with(tmp_path / "m3", 3, tmp_path / "m9")
    assert [path.name for path in (tmp_path / "m6" / "checkpoints").iterdir()] == ["checkpoint-2"]
    assert not (tmp_path / "m9").exists()


@pytest.mark.parametrize(
    ("one", "other", "steps"),
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
def test_only_steps_that_are_the_same_are_shared(one, other, steps):
    assert shared_steps(one, other) == steps


def test_small_models_share_what_their_recipes_do_and_wait_for_it(tmp_path):
    heard = corpora([str(speech())], str(speech()), [str(speech())])
    work = Work(models(recipes_of("small"), heard.pretrain, heard.held_out, 2), heard, tmp_path)
    needs = {stage.name: list(stage.needs) for stage in stages(work)}
    assert needs["m3/pretraining"] == needs["m3-1/pretraining"] == []
    assert needs["m6/pretraining"] == ["m3/pretraining"]
    assert needs["m9/pretraining"] == ["m3/pretraining"]
