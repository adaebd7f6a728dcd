"""Checkpoint files are read without running what they contain, and refused in one line where they are damaged."""

import pickle
import sys
import types
from typing import Any

import pytest
import torch
from tests.helpers.malicious import Malicious

from otoscope.errors import InputError
from otoscope.models.checkpoints.convert import convert
from otoscope.models.checkpoints.reading import Placeholder, plain, read


def other_class(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> Any:
    """A class of a package that is not installed, for the time in which a file is written."""
    cls = type(name, (), {"__module__": module})
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        monkeypatch.setitem(sys.modules, ".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    setattr(sys.modules[module], name, cls)
    return cls


@pytest.mark.parametrize("is_zip", [True, False])
def test_objects_of_training_tools_become_placeholders(tmp_path, monkeypatch, is_zip):
    with monkeypatch.context() as patch:
        letters = other_class(patch, "fairseq.data.dictionary", "Dictionary")()
        letters.symbols = ["a", "b"]
        config = other_class(patch, "omegaconf.dictconfig", "DictConfig")()
        node = other_class(patch, "omegaconf.nodes", "AnyNode")()
        node.__dict__ |= {"_val": 12, "_parent": config}
        config.__dict__ |= {"_content": {"layers": node}, "_metadata": dict}
        contents = {"task_state": letters, "cfg": config, "weight": torch.ones(2)}
        torch.save(contents, tmp_path / "x.pt", _use_new_zipfile_serialization=is_zip)
    states = read(tmp_path / "x.pt")
    assert isinstance(states["task_state"], Placeholder)
    assert plain(states["cfg"]) == {"layers": 12}
    assert plain({"task": states["task_state"]}) == {"task": None}
    assert torch.equal(states["weight"], torch.ones(2))


def test_a_name_of_a_training_tool_hides_no_code(tmp_path, monkeypatch):
    witness = tmp_path / "ran"
    with monkeypatch.context() as patch:
        letters = other_class(patch, "fairseq.data.dictionary", "Dictionary")()
        letters.symbols = Malicious(witness)
        torch.save({"cfg": {}, "model": {}, "task_state": letters}, tmp_path / "x.pt")
    with pytest.raises(InputError, match=r"is refused: .* it names .*system"):
        read(tmp_path / "x.pt")
    assert not witness.exists()


@pytest.mark.parametrize(
    "contents",
    [b"", b"weights", b"PK\x03\x04", b"\x80\x02}", b"\x80\x05" + bytes(range(256)), pickle.dumps({"a": 1})[:-2]],
    ids=["empty", "text", "zip", "pickle", "noise", "truncated"],
)
def test_damaged_files_are_one_line(tmp_path, contents):
    (tmp_path / "x.pt").write_bytes(contents)
    with pytest.raises(InputError, match=r"is refused|is no checkpoint|contains a dict|contains nothing") as refused:
        convert(tmp_path / "x.pt", tmp_path / "model")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_file_is_one_line(tmp_path, share):
    torch.save({"model": {"weight": torch.ones(1000)}, "cfg": {}}, tmp_path / "x.pt")
    whole = (tmp_path / "x.pt").read_bytes()
    (tmp_path / "x.pt").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"is refused|is no checkpoint that torch wrote") as refused:
        convert(tmp_path / "x.pt", tmp_path / "model")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({"epoch": 1, "loss": 0.5}, "contains epoch, loss; expected 'model' and 'cfg' or 'args' of fairseq"),
        ({}, "contains nothing; expected"),
        ({3: 4}, "contains 3; expected"),
        ([torch.ones(2)], "contains a list; expected a dictionary of weights and settings"),
        ({"model": {"a": torch.ones(2)}, "cfg": {}}, "does not hold its model's settings|found 0"),
        ({"dims": {}, "model_state_dict": {}}, "expected n_mels from 1"),
    ],
)
def test_contents_of_no_source_are_named(tmp_path, contents, message):
    torch.save(contents, tmp_path / "x.pt")
    with pytest.raises(InputError, match=message):
        convert(tmp_path / "x.pt", tmp_path / "model")


def test_a_folder_is_no_checkpoint(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        convert(tmp_path, tmp_path / "model")
