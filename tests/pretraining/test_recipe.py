"""A recipe that cannot be used is refused in one clear line before anything is made."""

import re
from pathlib import Path

import pytest

from otoscope.errors import InputError
from otoscope.pretraining.batches import Batching
from otoscope.pretraining.masking import Masking
from otoscope.pretraining.pretrain import pretrain
from otoscope.pretraining.recipe import Output, read_recipe

EMBEDDED = Path(__file__).parents[2] / "experiments" / "bundled" / "recipe.toml"


def replaced(recipe_file: Path, old: str, new: str) -> Path:
    text = recipe_file.read_text()
    assert old in text
    recipe_file.write_text(text.replace(old, new))
    return recipe_file


def added(recipe_file: Path, table: str, line: str) -> Path:
    text = recipe_file.read_text()
    if f"[{table}]" in text:
        return replaced(recipe_file, f"[{table}]", f"[{table}]\n{line}")
    recipe_file.write_text(f"{text}\n[{table}]\n{line}\n")
    return recipe_file


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_recipe(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"recipe {path}")
    return message


def test_a_recipe_is_what_its_tables_say(recipe_file: Path) -> None:
    added(recipe_file, "model", "downsample_rate = 2")
    added(recipe_file, "masking", "span = 6")
    recipe = read_recipe(added(recipe_file, "output", 'dtype = "float16"'))
    assert recipe.train == ("$SPEECH",)
    assert recipe.validation == ("$SPEECH/awb",)
    assert recipe.masking == Masking(span=6)
    assert recipe.batching == Batching(size=4, crop=40, rate=2)
    assert recipe.output == Output("float16")
    assert recipe.training["max_steps"] == 12


def test_the_recipe_of_the_embedded_model_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTOSCOPE_CORPORA", "somewhere")
    assert read_recipe(EMBEDDED).batching.rate == 2


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "none.toml")


@pytest.mark.parametrize("content", [b"[data\n", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    assert "is not TOML" in refusal(path)


def test_an_unset_environment_variable_is_refused(recipe_file: Path) -> None:
    path = replaced(recipe_file, "$SPEECH/awb", "$NO_SUCH_VARIABLE/awb")
    assert "the environment variable in '$NO_SUCH_VARIABLE/awb' is not set" in refusal(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('train = ["$SPEECH"]', "", "'train' must list at least one corpus"),
        ('["$SPEECH"]', "[]", "'train' must list at least one corpus"),
        ('["$SPEECH"]', '"$SPEECH"', r"train must be list\[str\], is '\$SPEECH'"),
        ("max_steps = 12", "", "max_steps must be at least 1, is missing"),
        ("max_steps = 12", "max_steps = 0", "max_steps must be at least 1, is 0"),
        ("max_steps = 12", "max_steps = 1.5", "max_steps must be int, is 1.5"),
        ("max_steps = 12", "max_steps = true", "max_steps must be int, is True"),
        ("hidden_size = 24", 'hidden_size = "wide"', "hidden_size must be int, is 'wide'"),
        ("\nsize = 4", "\nsize = 0", "batching: size must be at least 1, is 0"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(recipe_file: Path, old: str, new: str, message: str) -> None:
    assert re.search(message, refusal(replaced(recipe_file, old, new)))


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        (
            "stuff",
            "a = 1",
            "'stuff' is not known here; known: batching, data, dynamics, masking, model, output, training",
        ),
        ("data", 'test = ["x"]', "'test' is not known here; known: train, validation"),
        ("model", "depth = 3", "'depth' is not known here"),
        ("model", "num_mel_bins = 40", "'num_mel_bins' is not known here"),
        ("training", "epochs = 3", "'epochs' is not known here"),
        ("training", 'output_dir = "x"', "'output_dir' is not known here"),
        ("training", 'learning_rate = "fast"', "learning_rate must be float, is 'fast'"),
        ("batching", "rate = 2", "'rate' is not known here; known: crop, seed, shift, shift_from, size"),
        ("batching", "seed = -1", "seed must be at least 0, is -1"),
        (
            "masking",
            "spam = 3",
            "'spam' is not known here; known: early_span, early_steps, proportion, replace, span, zero",
        ),
        ("masking", 'span = "x"', "masking: span must be int, is 'x'"),
        ("masking", "span = true", "masking: span must be int, is True"),
        ("masking", "span = 0", "span must be at least 1, is 0"),
        ("masking", "proportion = 0", "proportion must be above 0 and at most 1, is 0"),
        ("masking", "proportion = 1.01", "proportion must be above 0 and at most 1, is 1.01"),
        ("masking", "proportion = nan", "proportion must be above 0 and at most 1, is nan"),
        ("masking", "zero = 0.95", "zero and replace must be shares of 1, are 0.95 and 0.1"),
        ("masking", "replace = -0.1", "zero and replace must be shares of 1, are 0.8 and -0.1"),
        ("dynamics", "every = -1", "dynamics: every must be at least 0, is -1"),
        ("dynamics", "utterances = 0", "dynamics: utterances must be at least 1, is 0"),
        ("output", 'dtype = "int8"', "dtype must be 'float32' or 'float16' or 'bfloat16', is 'int8'"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(recipe_file: Path, table: str, line: str, message: str) -> None:
    assert message in refusal(added(recipe_file, table, line))


def test_steps_that_are_not_one_batch_each_are_not_counted_as_such(recipe_file: Path) -> None:
    accumulated = added(recipe_file, "training", "gradient_accumulation_steps = 2")
    assert read_recipe(accumulated)
    assert "shift_from counts batches" in refusal(added(accumulated, "batching", "shift_from = 2"))


def test_a_table_that_is_a_value_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flat.toml"
    path.write_text("masking = 3\n")
    assert "masking must be dict, is 3" in refusal(path)


@pytest.mark.parametrize(
    ("table", "line", "message"),
    [
        ("training", 'optim = "none_such"', "training: none_such is not a valid OptimizerNames"),
        ("training", "bf16 = true\nfp16 = true", "training: At most one of fp16 and bf16 can be True"),
        ("model", 'hidden_act = "none_such"', "model: no such model can be made"),
        ("model", "hidden_dropout_prob = 2", "model: no such model can be made"),
        ("model", "hidden_dropout_prob = nan", "model: hidden_dropout_prob must be a finite number, is nan"),
        ("training", "learning_rate = nan", "training: learning_rate must be a finite number, is nan"),
        ("training", "learning_rate = inf", "training: learning_rate must be a finite number, is inf"),
        ("training", "learning_rate = -1.0", "training: learning_rate must be at least 0, is -1.0"),
        ("training", "weight_decay = -0.5", "training: weight_decay must be at least 0, is -0.5"),
        ("training", "adam_beta2 = 2.0", "training: no such optimiser can be made: Invalid beta parameter"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_made(
    recipe_file: Path, tmp_path: Path, table: str, line: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        pretrain(added(recipe_file, table, line), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("old", ["hidden_size = 24", "num_hidden_layers = 2", "intermediate_size = 48"])
@pytest.mark.filterwarnings("error")
def test_a_model_of_nothing_is_refused_in_one_line(recipe_file: Path, tmp_path: Path, old: str) -> None:
    key = old.split()[0]
    with pytest.raises(InputError, match=f"^model: {key} must be at least 1, is 0$"):
        pretrain(replaced(recipe_file, old, f"{key} = 0"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("heads", ["5", "0"])
def test_heads_that_do_not_share_the_width_are_refused(recipe_file: Path, tmp_path: Path, heads: str) -> None:
    path = replaced(recipe_file, "num_attention_heads = 2", f"num_attention_heads = {heads}")
    with pytest.raises(InputError, match="model: no such model can be made"):
        pretrain(path, tmp_path / "out")
