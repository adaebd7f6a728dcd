"""Unusable training or validation speech is reported before the first step, with skipped utterances and reasons."""

from pathlib import Path

import pytest

from otoscope.errors import InputError
from otoscope.pretraining.pretrain import pretrain


def test_a_span_longer_than_every_held_out_utterance_is_refused_before_the_first_step(
    recipe_file: Path, tmp_path: Path
) -> None:
    recipe_file.write_text(recipe_file.read_text() + "[masking]\nspan = 900\n")
    with pytest.raises(InputError, match="validation: no utterance is as long as two masked runs of 27000 ms"):
        pretrain(recipe_file, tmp_path / "out")
    assert not (tmp_path / "out" / "checkpoints").exists()


def test_too_little_speech_to_train_on_says_what_was_left_out_and_why(recipe_file: Path, tmp_path: Path) -> None:
    recipe_file.write_text(recipe_file.read_text().replace("\nsize = 4\n", "\nsize = 19\n"))
    with pytest.raises(InputError) as caught:
        pretrain(recipe_file, tmp_path / "out")
    message = str(caught.value)
    assert message.startswith("training speech ($SPEECH): 18 usable utterances are no batch of 19; 3 skipped: ")
    for why in ("slt/silent (digital silence)", "slt/short (audio of 100 samples", "slt/broken ("):
        assert why in message
    assert not (tmp_path / "out" / "checkpoints").exists()


def test_too_little_held_out_speech_is_not_taken_for_too_little_to_train_on(recipe_file: Path, tmp_path: Path) -> None:
    recipe_file.write_text(recipe_file.read_text().replace("\nsize = 4\n", "\nsize = 10\n"))
    with pytest.raises(InputError) as caught:
        pretrain(recipe_file, tmp_path / "out")
    message = "validation speech ($SPEECH/awb): 9 usable utterances are no batch of 10; add speech or lower the size"
    assert str(caught.value) == message


def test_utterances_shorter_than_a_model_frame_are_counted(recipe_file: Path, tmp_path: Path) -> None:
    text = recipe_file.read_text().replace("[model]", "[model]\ndownsample_rate = 2000")
    recipe_file.write_text(text)
    with pytest.raises(InputError, match=r"0 usable utterances .* 18 shorter than one frame of 20000 ms"):
        pretrain(recipe_file, tmp_path / "out")
