"""A model without its weights takes the same lengths of audio as the model itself."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.input_limits import describe_model, silent_wave
from otoscope.models.load import load

SECONDS = (0.001, 0.02, 0.03, 1.0, 10.3, 29.9, 31.0, 3600.0)


@pytest.fixture
def tiny_folder(folders: dict[str, Path], tmp_path: Path) -> Path:
    return shutil.copytree(folders["hubert-layer"], tmp_path / "model")


def refusals(encoder: Encoder) -> list[str]:
    """Return the message for each of SECONDS, empty where the length is accepted."""
    messages = []
    for seconds in SECONDS:
        try:
            encoder.check_length(silent_wave(seconds, encoder.sampling_rate))
            messages.append("")
        except InputError as error:
            messages.append(str(error).replace(encoder.name, "MODEL"))
    return messages


@pytest.mark.slow
def test_it_refuses_the_same_lengths_in_every_family(encoder: Encoder, folder: Path) -> None:
    description = describe_model(str(folder))
    in_memory = [weight for weight in description.model.parameters() if weight.device.type != "meta"]
    assert all(weight.ndim == 1 for weight in in_memory)  # transformers fills some embeddings of one frame itself
    assert refusals(description) == refusals(encoder)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no config\.json"):
        describe_model(str(tmp_path))


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("adapter_config.json", {"peft_type": "LORA"}, "contains an adapter"),
        ("config.json", {"quantization_config": {"quant_method": "gptq"}}, r"has quantised weights \(gptq\)"),
        ("config.json", {"num_hidden_layers": 10**9}, "expected num_hidden_layers from 1 to 1000"),
    ],
)
def test_what_load_refuses_by_its_settings_is_refused(tiny_folder, file, content, message) -> None:
    """The base of an adapter is another model, and its limits are none of the adapted one's."""
    path = tiny_folder / file
    settings = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(settings | content))
    for read in (describe_model, load):
        with pytest.raises(InputError, match=message):
            read(str(tiny_folder))


def test_a_silent_wave_of_a_year_takes_no_memory() -> None:
    wave = silent_wave(366 * 86400, 16000)
    assert len(wave) == 366 * 86400 * 16000
    assert wave.strides == (0,)
    assert not np.any(wave[:5])
