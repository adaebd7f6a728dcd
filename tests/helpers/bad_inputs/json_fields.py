"""Configuration files of a model in which one field has a wrong type or value."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.helpers.bad_inputs.attempt import Attempt, Samples
from tests.helpers.bad_inputs.model_files import COMMANDS

VALUES: tuple[Any, ...] = (None, "x", -1, 0, 0.5, 10**9, [], [1], {"a": 1}, True)
FIELDS = {
    "config.json": (
        "model_type",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "hidden_act",
        "layer_norm_eps",
        "input_dim",
        "downsample_rate",
        "initializer_range",
        "architectures",
        "torch_dtype",
        "attn_implementation",
        "quantization_config",
        "num_labels",
    ),
    "preprocessor_config.json": (
        "feature_extractor_type",
        "feature_size",
        "sampling_rate",
        "padding_value",
        "do_normalize",
        "return_attention_mask",
        "hop_length",
        "n_fft",
    ),
}


def json_attempts() -> Iterator[Attempt]:
    """Yield an analysis with a model of one wrong field each."""
    for file, fields in FIELDS.items():
        for field in fields:
            for value in VALUES:
                yield Attempt(
                    "configuration", f"{file}: {field} = {value!r}", COMMANDS["analyze"], _Changed(file, field, value)
                )
            yield Attempt("configuration", f"{file}: no {field}", COMMANDS["analyze"], _Changed(file, field, ...))
        for content in ("[]", "1", '"x"', "null", "{}", "NaN", '{"a":' * 2000):
            yield Attempt("configuration", f"{file}: {content[:9]}", COMMANDS["analyze"], _Replaced(file, content))


class _Changed:
    """Copy the model and change one field of a file."""

    def __init__(self, file: str, field: str, value: Any) -> None:
        self.file, self.field, self.value = file, field, value

    def __call__(self, here: Path, samples: Samples) -> None:
        path = shutil.copytree(samples.model, here / "model") / self.file
        content = json.loads(path.read_text())
        content.pop(self.field, None)
        path.write_text(json.dumps(content if self.value is ... else content | {self.field: self.value}))


class _Replaced:
    """Copy the model and replace one file."""

    def __init__(self, file: str, content: str) -> None:
        self.file, self.content = file, content

    def __call__(self, here: Path, samples: Samples) -> None:
        (shutil.copytree(samples.model, here / "model") / self.file).write_text(self.content)
