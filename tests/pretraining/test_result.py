"""What a finished training leaves: a model in the precision that was asked for, an honest card, logs, and no noise."""

import json
import re
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.helpers.pretraining_recipe import TINY
from transformers import AutoModelForPreTraining
from transformers.utils import logging

from otoscope.pretraining.evaluation import evaluate
from otoscope.pretraining.feature_store import read_features
from otoscope.pretraining.masking import Masking
from otoscope.pretraining.model_card import Pretrained
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.trainer import newest_checkpoint


@pytest.fixture(scope="module")
def half(speech_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Pretrained:
    folder = tmp_path_factory.mktemp("half")
    (folder / "recipe.toml").write_text(f'{TINY}[output]\ndtype = "float16"\n')
    return pretrain(folder / "recipe.toml", folder / "out")


def test_half_precision_is_stored_and_float32_is_used(half: Pretrained) -> None:
    stored = load_file(half.model / "model.safetensors")
    trained = load_file(newest_checkpoint(half.model.parent / "checkpoints") / "model.safetensors")
    used = AutoModelForPreTraining.from_pretrained(half.model).state_dict()
    assert stored.keys() == trained.keys() == used.keys()
    for name, weight in stored.items():
        assert torch.equal(weight, trained[name].half()), name
        assert weight.dtype == torch.float16
        assert used[name].dtype == torch.float32
        assert torch.equal(used[name], weight.float()), name
    assert half.parameters == sum(weight.numel() for weight in stored.values())


def test_the_figure_is_that_of_the_stored_weights(half: Pretrained) -> None:
    folders = (half.model.parent / "features").iterdir()
    validation = min((read_features(folder) for folder in folders), key=lambda features: len(features.frames))
    stored = AutoModelForPreTraining.from_pretrained(half.model)
    trained = AutoModelForPreTraining.from_pretrained(newest_checkpoint(half.model.parent / "checkpoints"))
    assert evaluate(stored, validation, Masking()) == half.reconstruction
    assert evaluate(trained, validation, Masking()) != half.reconstruction


def test_the_card_says_what_how_long_and_how_well(half: Pretrained) -> None:
    _, header, text = (half.model / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(header)["library_name"] == "transformers"
    for corpus, part in ((half.train[0], "training"), (half.validation[0], "validation")):
        assert f"| `{corpus.name}` | {part} | {corpus.utterances} | {corpus.hours:.2f} |" in text
    assert half.train[0].utterances == 18
    assert "Skipped as unusable: 3 (`slt/broken`, `slt/short`, `slt/silent`)." in text
    assert f"12 steps of 4 utterances; {half.seconds / 3600:.2f} hours on CPU" in text
    figures = [float(figure) for figure in re.findall(r"\| (\d\.\d{4}) \|", text)]
    found = half.reconstruction
    assert figures == [round(value, 4) for value in (found.model, found.mean, found.nearest)]
    assert f"over {found.frames} masked frames of 30 ms in runs of 3" in text
    assert "(float16)" in text
    assert "What it is not for" in text


def test_skipped_utterances_come_back_with_their_reasons(half: Pretrained) -> None:
    reasons = {utterance.id: utterance.reason for utterance in half.skipped}
    assert sorted(reasons) == ["slt/broken", "slt/short", "slt/silent"]
    assert all(reasons.values())


def test_the_model_folder_names_no_place_on_this_machine(half: Pretrained, speech_folder: Path) -> None:
    for path in half.model.iterdir():
        content = path.read_bytes()
        for place in (speech_folder, half.model.parent, Path(__file__).parents[2]):
            assert str(place).encode() not in content, path.name
    recipe = json.loads((half.model / "config.json").read_text())["recipe"]
    assert recipe["train"] == ["$SPEECH"]
    assert recipe["output"] == {"dtype": "float16"}


def test_losses_are_logged_for_tensorboard_under_the_folder(half: Pretrained) -> None:
    (log,) = half.model.parent.rglob("events.out.tfevents.*")
    scalars = EventAccumulator(str(log)).Reload()
    assert [event.step for event in scalars.Scalars("train/loss")] == [2, 4, 6, 8, 10, 12]
    assert [event.step for event in scalars.Scalars("eval/loss")] == [6, 12]
    assert 0 < half.seconds < 3600


def test_nothing_is_drawn_away_from_a_terminal(
    recipe_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pretrain(recipe_file, tmp_path / "out")
    assert capfd.readouterr() == ("", "")


def test_a_terminal_shows_steps_rate_and_time_left(
    recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    pretrain(recipe_file, tmp_path / "out")
    shown = capsys.readouterr()
    assert re.search(r"12/12 \[\d\d:\d\d<\d\d:\d\d, +[\d.]+(it/s|s/it)\]", shown.err)
    assert "model shards" not in shown.err


def test_the_bars_of_transformers_are_left_as_they_were(recipe_file: Path, tmp_path: Path) -> None:
    before = logging.is_progress_bar_enabled()
    pretrain(recipe_file, tmp_path / "out")
    assert logging.is_progress_bar_enabled() == before
