"""A refined model takes less of the disk than its original, and a full disk is one line."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.helpers.refinable_models import SOME, plain, relative
from tests.helpers.tmpfs import mounted
from transformers import AutoModel

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine

pytestmark = pytest.mark.slow

HOW = [
    {"options": RefinementOptions(budget_macs=0.8, portable=True)},
    {"remove": SOME, "corpora": ["bundled"], "options": RefinementOptions(tune=1, portable=True)},
]


def size(folder: Path) -> int:
    return (folder / "model.safetensors").stat().st_size


@pytest.fixture(scope="module")
def half(original: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a model whose weights are stored in half precision, as those of the bundled model."""
    folder = Path(shutil.copytree(original("mockingjay"), tmp_path_factory.mktemp("half") / "model"))
    weights = load_file(folder / "model.safetensors")
    save_file({name: weight.half() for name, weight in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    return folder


@pytest.mark.parametrize("how", HOW)
def test_a_model_of_half_precision_does_not_grow(how: dict[str, object], half: Path, tmp_path: Path) -> None:
    """Nor where scales or training change its weights; it loads in single precision all the same."""
    refine(half, tmp_path / "out", **how)
    assert size(tmp_path / "out") < size(half)
    stored = load_file(tmp_path / "out" / "model.safetensors").values()
    assert {weight.dtype for weight in stored if weight.is_floating_point()} == {torch.float16}
    assert {weight.dtype for weight in load(tmp_path / "out", device="cpu").model.parameters()} == {torch.float32}
    assert {weight.dtype for weight in AutoModel.from_pretrained(tmp_path / "out").parameters()} == {torch.float32}
    whole = AutoModel.from_pretrained(tmp_path / "out" / "portable", trust_remote_code=True)
    assert {weight.dtype for weight in whole.parameters()} == {torch.float32}
    assert relative(plain(tmp_path / "out" / "portable"), plain(tmp_path / "out")) < 1e-5


def test_tuned_weights_are_rounded_only_where_the_original_was(
    original: Callable[[str], Path], half: Path, tmp_path: Path
) -> None:
    tuned = {}
    for name in (half, original("mockingjay")):
        out = refine(
            name, tmp_path / str(len(tuned)), remove=[(0, 0)], corpora=["bundled"], options=RefinementOptions(tune=1)
        ).path
        tuned[name] = {weight.dtype for weight in load_file(out / "model.safetensors").values() if weight.ndim > 1}
    assert list(tuned.values()) == [{torch.float16}, {torch.float32}]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MB holds a refined bundled model, but not the portable one as well."""
    with mounted(tmp_path / "small", "12m") as disk:
        yield disk


def test_a_full_disk_is_one_line_and_nothing_half_written(small_disk: Path) -> None:
    """The library that writes weights rewords the operating system's error."""
    with pytest.raises(InputError, match=r"disk full while writing .*out: .* MB free") as refused:
        refine("bundled", small_disk / "out", remove=[(0, 0)], options=RefinementOptions(portable=True))
    assert "\n" not in str(refused.value)
    assert not list(small_disk.iterdir())
