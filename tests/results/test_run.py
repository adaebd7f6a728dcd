"""What `open_run` gives back: heads, utterances, maps, and one line for what is no run."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from tests.helpers.synthetic_run import make_run
from tests.helpers.unreadable_paths import closing

from otoscope.errors import InputError
from otoscope.results import FORMAT_VERSION, claim_folder, open_run
from otoscope.results.record import read_record, write_record

FIRST = ["layer", "head", "globalness", "verticality", "diagonality", "weight", "category"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "uneven", 3, n_heads=[4, 1, 2], utterances=1)


def test_columns_come_in_the_promised_order(run):
    expected = [*FIRST, "category_agreement", "shape", "shape_offset_ms"]
    derived = ["offset_peak_ms", *(f"{name}_rank" for name in FIRST[2:5])]
    derived += ["structure", "structure_by_key", "structure_by_offset"]
    expected += ["normalised_diagonality", "normalised_entropy", "offset_divergence", *derived]
    assert list(run.heads)[: len(expected)] == expected
    assert list(run.heads)[len(expected) :] == [
        f"{name}_{end}"
        for name in (*FIRST[2:6], "normalised_diagonality", "normalised_entropy", "offset_divergence")
        for end in ("low", "high")
    ]


def test_every_column_says_what_it_means(run):
    assert list(run.columns) == list(run.heads)
    assert run.columns["globalness"] == "mean entropy of the rows (nat)"
    assert run.columns["globalness_low"].startswith("low end of the 95 % jackknife t interval")
    assert "ms" in run.columns["offset_peak_ms"]
    assert run.columns["globalness_rank"].startswith("rank of the head by globalness")
    assert "shifted diagonal" in run.columns["shape"]


def test_a_row_holds_the_values_of_its_head(run):
    for row in run.heads.itertuples():
        at = {"layer": row.layer, "head": row.head}
        assert row.verticality == run.dataset["verticality"].sel(at)
        assert row.category == run.dataset["category"].sel(at)
        assert row.weight_high == run.dataset["weight_interval"].sel(at | {"bound": "high"})
        profile = run.dataset["offset_profile"].sel(at).values
        assert row.offset_peak_ms == pytest.approx(20 * (np.argmax(profile) - len(profile) // 2))


def test_heads_that_a_layer_lacks_are_left_out(uneven):
    assert list(zip(uneven.heads["layer"], uneven.heads["head"], strict=True)) == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (2, 1),
    ]  # fmt: skip
    assert uneven.heads[FIRST].notna().all(axis=None)
    assert uneven.heads["category_agreement"].isna().all(), "one utterance cannot be resampled"


def test_utterances_plan_skipped_and_maps(run):
    assert list(run.utterances) == ["frames", "duration", "speaker"]
    assert run.utterances.index[0] == "voice-0/000"
    assert run.utterances["frames"].tolist() == [48, 51, 54, 57, 60]
    assert run.plan["model"] == {"name": "drawn", "fingerprint": "0"}
    skipped = {"id": "voice-9/broken", "reason": "audio ends early", "part": "utterance"}
    assert run.skipped.to_dict("records") == [skipped]
    assert run.maps == ["voice-0/004"]
    assert "5 utterances, 12 heads in 3 layers" in repr(run)


def test_arrays_are_read_when_used(run):
    assert not open_run(run.path).dataset["globalness_rows"].variable._in_memory


def test_a_map_that_was_not_stored_names_those_that_were(run):
    with pytest.raises(InputError, match=r"no attention map of utterance 'x' .*; maps are stored of: voice-0/004"):
        run.map("x")


def test_what_is_no_finished_run_is_one_line(tmp_path, run):
    with pytest.raises(InputError, match="expected a run folder"):
        open_run(tmp_path / "nothing")
    with pytest.raises(InputError, match="expected a run folder"):
        open_run(tmp_path)
    claim_folder(tmp_path / "begun", {"model": "m"})
    with pytest.raises(InputError, match=r"is unfinished; .*--resume"):
        open_run(tmp_path / "begun")
    write_record(tmp_path / "begun", {"format_version": FORMAT_VERSION, "finished": True, "plan": {}})
    with pytest.raises(InputError, match=r"results.zarr is missing or damaged"):
        open_run(tmp_path / "begun")


def cut(file):
    file.write_bytes(file.read_bytes()[:10])


def chunks(array):
    """The files of an array on disk that hold its values."""
    return sorted(array.glob("c*"))


def chunk(array):
    return chunks(array)[0]


def unlink(*files):
    for file in files:
        file.unlink()


DAMAGES = {
    "chunks of a statistic are missing": ("results.zarr", lambda run: unlink(*chunks(run / "results.zarr/globalness"))),
    "one chunk is missing": ("results.zarr", lambda run: chunk(run / "results.zarr/category").unlink()),
    "one chunk is cut": ("results.zarr", lambda run: cut(chunk(run / "results.zarr/weight"))),
    "a variable is missing": ("results.zarr", lambda run: shutil.rmtree(run / "results.zarr/globalness")),
    "the list of skipped utterances is truncated": ("skipped.json", lambda run: cut(run / "skipped.json")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_that_was_copied_in_part_is_never_read_as_if_it_were_whole(run, tmp_path, damage):
    """zarr gives fill values for chunks without a file."""
    copy = shutil.copytree(run.path, tmp_path / "copy")
    (copy / "results.zarr" / "weight" / ".DS_Store").write_text("left by a file manager")
    open_run(copy)
    where, do = DAMAGES[damage]
    do(copy)
    with pytest.raises(
        InputError, match=rf"copy/{where} is not whole: expected \d+ files? \(\d+ bytes\), found .*; copy it again"
    ):
        open_run(copy)


MAP_DAMAGES = {
    "its group is no group": lambda stored: (stored / "zarr.json").unlink(),
    "its group is cut": lambda stored: cut(stored / "zarr.json"),
    "an array is missing": lambda stored: shutil.rmtree(stored / "attention"),
    "a chunk is missing": lambda stored: chunk(stored / "attention").unlink(),
    "a chunk is cut": lambda stored: cut(chunk(stored / "overview")),
    "its labels are cut": lambda stored: cut(chunk(stored / "phone_symbol")),
}


@pytest.mark.parametrize("damage", MAP_DAMAGES)
def test_a_map_that_was_copied_in_part_is_one_line(run, tmp_path, damage):
    copy = shutil.copytree(run.path, tmp_path / "copy")
    MAP_DAMAGES[damage](copy / "maps.zarr" / "4")
    with pytest.raises(InputError, match=r"copy/maps.zarr/4.* is (not whole|missing or damaged).*; copy it again"):
        open_run(copy).map("voice-0/004")


def as_written_before(run, folder):
    """A copy of the run without the record of how much it holds."""
    copy = shutil.copytree(run.path, folder)
    write_record(copy, {key: value for key, value in read_record(copy).items() if key != "holds"})
    stored = copy / "maps.zarr" / "4" / "zarr.json"
    attributes = json.loads(stored.read_text())
    del attributes["attributes"]["holds"]
    stored.write_text(json.dumps(attributes))
    return copy


def test_a_run_written_before_runs_said_what_they_hold_opens_as_it_did(run, tmp_path):
    older = open_run(as_written_before(run, tmp_path / "older"))
    assert older.heads.equals(run.heads)
    assert older.map("voice-0/004").identical(run.map("voice-0/004"))


def test_what_an_older_run_lacks_is_said_with_its_path(run, tmp_path):
    older = as_written_before(run, tmp_path / "older")
    cut(older / "skipped.json")
    with pytest.raises(InputError, match=r"older/skipped.json is missing or damaged \(.*\); copy it again"):
        _ = open_run(older).skipped
    shutil.rmtree(older / "results.zarr" / "globalness")
    with pytest.raises(InputError, match=r"older: results lack globalness"):
        open_run(older)


@pytest.mark.parametrize("closed", ["run.json", "results.zarr"])
def test_a_run_that_may_not_be_read_is_one_line(run, monkeypatch, closed):
    """Root may read everything, so the test simulates the system's answer."""
    closing(monkeypatch, run.path / closed)
    with pytest.raises(InputError, match=rf"{closed} cannot be read \(Permission denied\); check the permissions of"):
        open_run(run.path)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (FORMAT_VERSION + 1, f"reads {FORMAT_VERSION}; update otoscope"),
        (FORMAT_VERSION - 1, "of an older otoscope.*repeat the command that wrote it"),
    ],
)
def test_a_run_of_another_format_is_refused(tmp_path, version, message):
    record = {"format_version": version, "finished": True, "plan": {}, "novelty": 1}
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=message):
        open_run(tmp_path)


def test_a_laptop_without_torch_opens_and_draws_a_run(run, tmp_path):
    """Neither package imports torch, transformers or lhotse, and drawing leaves matplotlib's global state alone."""
    program = f"""
import sys
from otoscope.figures import RenderOptions, render_figures
from otoscope.results import heads_table, open_run
run = open_run({str(run.path)!r})
heads_table(run)
render_figures(run, {str(tmp_path)!r}, RenderOptions(on_skip=print))
heavy = {{"torch", "transformers", "lhotse", "matplotlib.pyplot"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
