"""A run folder is claimed by one plan, written whole or not at all, and says what is in the way."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.helpers.synthetic_run import STATISTICS, make_run, utterance
from tests.helpers.tmpfs import mounted

from otoscope._io.atomic import atomic_write
from otoscope.errors import InputError
from otoscope.results import (
    FORMAT_VERSION,
    MapDescription,
    Measurements,
    assemble,
    claim_folder,
    finish,
    folder,
    open_run,
    write_map,
)
from otoscope.statistics.clusters import make_clusters

PLAN = {"model": "m", "options": {"limit": 3, "layers": (1, 2)}}
UNIFORM = np.full((2, 4, 4), 0.25)


def a_map(path, attn_hqk=UNIFORM):
    """Store the maps of one layer."""
    heads, frames, _ = attn_hqk.shape
    write_map(path, 0, [attn_hqk], description([heads], frames))


def description(n_heads, frames):
    return MapDescription(n_heads=n_heads, frames=frames, utterance="u", audio="u.wav", frame_period=0.02)


def files(path):
    return sorted(str(entry.relative_to(path)) for entry in Path(path).rglob("*"))


def contents(path):
    return {name: (path / name).read_bytes() for name in files(path) if (path / name).is_file()}


@pytest.fixture
def finished(tmp_path):
    return make_run(tmp_path / "run", 2, 3, 3)


@pytest.mark.parametrize("before", ["absent", "empty", "left by a kill"])
def test_a_vacant_place_is_claimed(tmp_path, before):
    run = tmp_path / "deep" / "run"
    if before != "absent":
        run.mkdir(parents=True)
    if before == "left by a kill":
        (run / ".run.json.partial").write_text("{")
    assert claim_folder(run, PLAN) == "new"
    assert json.loads((run / "run.json").read_text())["finished"] is False


def test_something_else_is_never_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="is not a run of otoscope; choose another folder"):
        claim_folder(tmp_path, PLAN, resume=True)
    with pytest.raises(InputError, match="is not a run of otoscope"):
        claim_folder(tmp_path / "thesis.tex", PLAN)
    assert files(tmp_path) == ["thesis.tex"]


def test_a_place_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"cannot make the folder .*run .*; choose another place"):
        claim_folder(tmp_path / "file" / "run", PLAN)


def test_an_unfinished_run_wants_resume(tmp_path):
    claim_folder(tmp_path, PLAN)
    with pytest.raises(InputError, match=r"holds an unfinished run; .*--resume to continue it"):
        claim_folder(tmp_path, PLAN)
    assert claim_folder(tmp_path, PLAN, resume=True) == "unfinished"


def test_another_plan_is_refused_by_what_differs(tmp_path):
    claim_folder(tmp_path, PLAN)
    other = {"model": "m", "options": {"limit": 4, "layers": (1, 2)}, "seed": 1}
    with pytest.raises(InputError, match=r"limit is 3 there, 4 now; seed is not set there, 1 now; choose another"):
        claim_folder(tmp_path, other, resume=True)


def test_a_finished_run_is_only_opened_again_by_its_own_plan(finished):
    plan = finished.plan
    with pytest.raises(InputError, match=r"holds a finished run; .*--resume to open it"):
        claim_folder(finished.path, plan)
    assert claim_folder(finished.path, plan, resume=True) == "finished"
    with pytest.raises(InputError, match="seed is not set there, 9 now"):
        claim_folder(finished.path, {**plan, "seed": 9}, resume=True)


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "3", '{"a":' * 9999, f'{{"format_version": {FORMAT_VERSION}}}', '{"format_version": "x", "plan": {}}'],
)
def test_a_damaged_record_is_one_line(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    damaged = "run.json is damaged|run.json was changed|expected a run with an integer format_version"
    with pytest.raises(InputError, match=damaged):
        claim_folder(tmp_path, PLAN, resume=True)
    with pytest.raises(InputError, match=damaged):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"), [("plan", {"model": "another"}), ("plan", None), ("finished", 1), ("holds", {}), ("digest", "")]
)
def test_a_record_that_was_changed_is_refused(tmp_path, finished, field, value):
    """A run states how its numbers were made: a plan that is not the one that made them is never shown."""
    copy = shutil.copytree(finished.path, tmp_path / "copy")
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(record | {field: value}))
    with pytest.raises(InputError, match=r"run.json was changed after otoscope wrote it; copy the run again"):
        open_run(copy)


def test_a_finished_run_holds_these_files_and_no_partial_or_shard(tmp_path, finished):
    run = tmp_path / "next"
    claim_folder(run, PLAN)
    (run / "shards").mkdir()
    (run / "shards" / "0.npz").write_bytes(b"x")
    finish(run, finished.dataset, [("bad", "empty audio"), ("bad", "another of that name")])
    assert {entry.name for entry in run.iterdir()} == {"run.json", "skipped.json", "results.zarr"}
    assert not [name for name in files(run) if name.endswith(".partial")]
    assert open_run(run).skipped.values.tolist() == [
        ["bad", "empty audio", "utterance"],
        ["bad", "another of that name", "utterance"],
    ]


def test_finishing_twice_gives_the_same_bytes(finished):
    """A kill between the results and the record is mended by writing both again."""
    before = contents(finished.path)
    finish(finished.path, finished.dataset.load(), finished.skipped.itertuples(index=False))
    assert contents(finished.path) == before


def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(tmp_path):
    target = tmp_path / "note"
    target.write_text("old")

    def fail():
        with atomic_write(target) as partial:
            partial.write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert files(tmp_path) == ["note"]
    assert target.read_text() == "old"


def test_processes_that_write_the_same_at_the_same_time_write_it_whole(tmp_path):
    """Each has a place of its own until it is done: neither removes or moves what the other is writing."""
    target = tmp_path / "net.npz"
    with atomic_write(target, shared=True) as mine:
        mine.write_text("half")
        code = "import sys; from pathlib import Path; from otoscope._io.atomic import atomic_write\n"
        code += "with atomic_write(Path(sys.argv[1]), shared=True) as partial: partial.write_text('the other')"
        subprocess.run([sys.executable, "-c", code, str(target)], check=True)
        assert target.read_text() == "the other"
        mine.write_text("mine")
    assert target.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]


def test_a_map_comes_back_with_its_phones_to_half_precision(tmp_path):
    run = make_run(tmp_path / "run", 2, n_heads=[3, 1], utterances=2, maps=2)
    stored = run.map("voice-1/001")
    speech = utterance(60, 1)
    assert run.maps == ["voice-0/000", "voice-1/001"]
    assert [
        *zip(*(stored[f"phone_{part}"].values for part in ("symbol", "start", "end")), strict=True)
    ] == speech.phones
    assert stored.attrs == {"utterance": "voice-1/001", "audio": "voice-1/001.wav", "frame_period": 0.02}
    attention = stored["attention"]
    assert attention.dims == ("layer", "head", "query", "key")
    assert attention.dtype == np.float16
    assert np.isnan(attention.sel(layer=1, head=[1, 2])).all()
    np.testing.assert_allclose(attention.sel(layer=0).sum("key").astype(float), 1, atol=0.01)


def test_an_interrupted_map_is_not_there(tmp_path):
    claim_folder(tmp_path, PLAN)

    def layers():
        yield UNIFORM
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_map(tmp_path, 0, layers(), description([2, 2], 4))
    assert files(tmp_path / "maps.zarr") == ["zarr.json"]
    a_map(tmp_path)
    assert files(tmp_path / "maps.zarr")[0] == "0"


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    """Every write of a run meets a disk that fills while it is flushed."""
    run = make_run(tmp_path / "whole", 2, 3, 3)
    claim_folder(tmp_path / "run", PLAN)
    before = files(tmp_path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for write in (
        lambda: claim_folder(tmp_path / "next", PLAN),
        lambda: a_map(tmp_path / "run"),
        lambda: finish(tmp_path / "run", run.dataset, ()),
    ):
        with pytest.raises(InputError, match=r"disk full while writing .* MB free; free some space there"):
            write()
        assert files(tmp_path) == before


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 kB."""
    with mounted(tmp_path / "small", "200k") as disk:
        yield disk


def test_a_disk_that_is_really_full(small_disk):
    """Results and maps larger than the disk: one line each, the run still claimed, no other file."""
    n_utterances = 3000
    scalar = [statistic for statistic in STATISTICS if not statistic.dims][:5]
    rows = {s.name: np.random.default_rng(0).random((n_utterances, 2, 3)) for s in scalar}
    index = [f"u{i}" for i in range(n_utterances)]
    table = pd.DataFrame({"frames": 60, "duration": 1.2, "speaker": "s"}, index=index)
    dataset = assemble(Measurements(scalar, rows, make_clusters([""] * n_utterances, index)), table, frame_period=0.02)
    claim_folder(small_disk / "run", PLAN)
    before = files(small_disk)
    with pytest.raises(InputError, match=r"disk full while writing .*results.zarr: up to 0.\d MB needed"):
        finish(small_disk / "run", dataset, ())
    assert files(small_disk) == before
    with pytest.raises(InputError, match=r"disk full while writing .*maps.zarr/0: up to 0.6 MB needed"):
        a_map(small_disk / "run", np.random.default_rng(0).random((2, 400, 400)))
    assert [name for name in files(small_disk) if "maps.zarr" not in name] == before


def test_the_record_is_read_back(tmp_path):
    claim_folder(tmp_path, PLAN)
    assert folder.read_record(tmp_path)["plan"] == json.loads(json.dumps(PLAN))
