"""A training is taken up by its own recipe and speech alone, so that a model card never speaks of another."""

import shutil
from pathlib import Path

import pytest
from tests.helpers.pretraining_recipe import TINY

from otoscope.errors import InputError
from otoscope.pretraining.model_card import Pretrained
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.provenance import FILE

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(speech_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    folder = tmp_path_factory.mktemp("origin")
    (folder / "recipe.toml").write_text(TINY)
    return pretrain(folder / "recipe.toml", folder / "out")


@pytest.fixture
def trained(finished: Pretrained, tmp_path: Path) -> Path:
    """Return its folder, for resuming."""
    return Path(shutil.copytree(finished.model.parent, tmp_path / "out"))


def changed(recipe_file: Path, old: str, new: str) -> Path:
    text = recipe_file.read_text()
    assert old in text
    recipe_file.write_text(text.replace(old, new))
    return recipe_file


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[batching]", "[masking]\nspan = 9\n[batching]", "masking.span is 3 there, 9 now"),
        ("use_cpu", "learning_rate = 1e-5\nuse_cpu", "training.learning_rate is not set there, 1e-05 now"),
        ("max_steps = 12", "max_steps = 24", "training.max_steps is 12 there, 24 now"),
        ("max_steps = 12", "max_steps = 5", "training.max_steps is 12 there, 5 now"),
        ("hidden_size = 24", "hidden_size = 48", "model.hidden_size is 24 there, 48 now"),
        ('train = ["$SPEECH"]', 'train = ["$SPEECH/slt"]', "data.train is"),
        ('["$SPEECH/awb"]', '["$SPEECH/slt"]', "data.validation is"),
    ],
)
def test_another_training_is_refused_by_what_differs_alone(
    recipe_file: Path, trained: Path, old: str, new: str, message: str
) -> None:
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*")}
    with pytest.raises(InputError) as caught:
        pretrain(changed(recipe_file, old, new), trained, resume=True)
    folder = trained / "checkpoints"
    text, action = str(caught.value).split("; ")
    assert text.startswith(f"{folder} was made by another plan: {message}")
    assert action == "choose another folder"
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*")} == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("save_steps = 6", "save_steps = 4\nsave_total_limit = 1"),
        ("logging_steps = 2", "logging_steps = 3"),
        ("[batching]", '[output]\ndtype = "float16"\n[batching]'),
    ],
)
def test_what_decides_no_weight_may_change(recipe_file: Path, trained: Path, old: str, new: str) -> None:
    assert pretrain(changed(recipe_file, old, new), trained, resume=True).steps == 12


def test_the_same_speech_in_another_place_is_the_same(
    recipe_file: Path, trained: Path, speech_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH", str(shutil.copytree(speech_folder, tmp_path / "moved")))
    assert pretrain(recipe_file, trained, resume=True).steps == 12


def test_a_longer_training_of_constant_rate_goes_on_as_if_never_stopped(recipe_file: Path, tmp_path: Path) -> None:
    changed(recipe_file, "use_cpu", 'lr_scheduler_type = "constant"\nuse_cpu')
    pretrain(recipe_file, tmp_path / "out")
    changed(recipe_file, "max_steps = 12", "max_steps = 14")
    longer, straight = (
        pretrain(recipe_file, tmp_path / "out", resume=True),
        pretrain(recipe_file, tmp_path / "straight"),
    )
    assert longer.steps == 14
    first, second = ((made.model / "model.safetensors").read_bytes() for made in (longer, straight))
    assert first == second


def test_a_training_from_before_it_was_recorded_goes_on_and_is_recorded(recipe_file: Path, trained: Path) -> None:
    (trained / "checkpoints" / FILE).unlink()
    assert pretrain(recipe_file, trained, resume=True).steps == 12
    assert (trained / "checkpoints" / FILE).is_file()


def test_a_checkpoint_of_another_shape_is_refused_also_where_none_was_recorded(
    recipe_file: Path, trained: Path
) -> None:
    (trained / "checkpoints" / FILE).unlink()
    with pytest.raises(InputError, match="checkpoint-12 is of a model of another shape"):
        pretrain(changed(recipe_file, "num_hidden_layers = 2", "num_hidden_layers = 1"), trained, resume=True)
    assert not (trained / "checkpoints" / FILE).exists()


@pytest.mark.parametrize("content", ["", "[1]", '{"model": 3}'])
def test_a_record_that_cannot_be_read_is_told(recipe_file: Path, trained: Path, content: str) -> None:
    (trained / "checkpoints" / FILE).write_text(content)
    with pytest.raises(InputError, match="does not state the training of its checkpoints"):
        pretrain(recipe_file, trained, resume=True)
