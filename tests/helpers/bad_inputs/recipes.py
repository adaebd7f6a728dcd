"""Recipes of pre-training with a wrong section, key or value."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.helpers.bad_inputs.attempt import Attempt, Samples
from tests.helpers.bad_inputs.label_files import BYTES
from tests.helpers.pretraining_recipe import TINY

VALUES = ('""', '"x"', "-1", "0", "0.5", "nan", "inf", "[]", "{}", "true", "99999999999")
KEYS = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "size",
    "crop",
    "max_steps",
    "save_steps",
    "eval_strategy",
    "use_cpu",
    "train",
)


def recipe_attempts() -> Iterator[Attempt]:
    """Yield a training with a bad recipe each; no step is trained, because the corpus does not exist."""
    for name, content in BYTES.items():
        yield _recipe(name, content)
    for key in KEYS:
        for value in VALUES:
            yield _recipe(f"{key} = {value}", _replaced(key, value))
    for section in ("data", "model", "batching", "training"):
        yield _recipe(f"no [{section}]", TINY.replace(f"[{section}]", "").encode())
        yield _recipe(f"[{section}] twice", (TINY + f"\n[{section}]\n").encode())
        yield _recipe(
            f"an unknown key in [{section}]", TINY.replace(f"[{section}]", f"[{section}]\nnonsense = 1").encode()
        )


def _replaced(key: str, value: str) -> bytes:
    lines = [f"{key} = {value}" if line.startswith(f"{key} =") else line for line in TINY.splitlines()]
    return "\n".join(lines).encode()


def _recipe(name: str, content: bytes) -> Attempt:
    return Attempt("recipe", name, ("pretrain", "{here}/recipe.toml", "-o", "{here}/out"), _write(content))


def _write(content: bytes) -> Callable[[Path, Samples], None]:
    def prepare(here: Path, samples: Samples) -> None:
        (here / "recipe.toml").write_bytes(content.replace(b"$SPEECH", str(here / "no-speech").encode()))

    return prepare
