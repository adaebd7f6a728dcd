"""A stopped run resumes where it was, and ends with the same bits."""

import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import xarray as xr
from lhotse import CutSet
from tests.helpers.forked_process import run_script
from tests.helpers.run_bits import same_bits
from tests.helpers.tmpfs import mounted

import otoscope
from otoscope.analysis import measure_shards, shard_plan
from otoscope.errors import InputError

pytestmark = pytest.mark.slow


@pytest.fixture
def one_utterance_a_shard(monkeypatch):
    monkeypatch.setattr(shard_plan, "SHARD_SECONDS", 0.1)


def count_measured(monkeypatch):
    """Shards measured from now on."""
    counted, real = [], measure_shards.measure
    monkeypatch.setattr(measure_shards, "measure", lambda *a, **k: counted.append(1) or real(*a, **k))
    return counted


def stop_after(monkeypatch, shards):
    """The engine is interrupted when it has written so many shards."""
    written, real = [], measure_shards.write_shard

    def write(*shard):
        real(*shard)
        written.append(shard)
        if len(written) == shards:
            raise KeyboardInterrupt

    monkeypatch.setattr(measure_shards, "write_shard", write)


@pytest.mark.usefixtures("one_utterance_a_shard")
def test_a_stopped_run_resumes_without_measuring_twice_to_the_same_bits(tiny_model, tiny_corpus, tmp_path):
    whole = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    with pytest.raises(InputError, match="unfinished"):
        otoscope.open_run(tmp_path / "run")
    with pytest.MonkeyPatch.context() as patch:
        counted = count_measured(patch)
        resumed = otoscope.analyze(
            tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(resume=True)
        )
    assert len(counted) == 1
    assert same_bits(resumed, whole)


@pytest.mark.usefixtures("one_utterance_a_shard")
def test_a_run_resumed_with_its_cuts_in_another_order_measures_each_utterance_once(tiny_model, tiny_corpus, tmp_path):
    cuts = list(otoscope.read_corpus(tiny_corpus))
    whole = otoscope.analyze(tiny_model, CutSet.from_cuts(cuts), tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            otoscope.analyze(tiny_model, CutSet.from_cuts(cuts), tmp_path / "run")
    resumed = otoscope.analyze(
        tiny_model, CutSet.from_cuts(cuts[::-1]), tmp_path / "run", options=otoscope.SpeechOptions(resume=True)
    )
    assert same_bits(resumed, whole)


KILLED = """
import os, signal, sys
import otoscope
from otoscope.analysis import measure_shards as module
from otoscope.analysis import shard_plan

shard_plan.SHARD_SECONDS = 0.1
write, kept = module.write_shard, int(sys.argv[4])

def write_or_die(*shard):
    global kept
    if not kept:
        os.kill(os.getpid(), signal.SIGKILL)
    write(*shard)
    kept -= 1

module.write_shard = write_or_die
otoscope.analyze(*sys.argv[1:4], options=otoscope.SpeechOptions(resume=True))
"""


@pytest.mark.usefixtures("one_utterance_a_shard")
def test_a_killed_process_leaves_a_run_that_resumes_to_the_same_bits(tiny_model, tiny_corpus, tmp_path):
    arguments = (tiny_model, tiny_corpus, tmp_path / "run")
    for kept in (0, 2):
        assert run_script(KILLED, *arguments, kept).returncode == -signal.SIGKILL
    assert len(list((tmp_path / "run").glob("shards/*.npz"))) == 2
    assert run_script(KILLED, *arguments, -1).returncode == 0
    whole = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "whole")
    assert same_bits(otoscope.open_run(tmp_path / "run"), whole)


def test_resuming_a_finished_run_opens_it(tiny_model, tiny_corpus, tmp_path, monkeypatch):
    first = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    counted = count_measured(monkeypatch)
    again = otoscope.analyze(
        tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=2, resume=True)
    )
    assert not counted
    assert same_bits(first, again)


def test_strict_refuses_a_run_that_left_something_out_and_keeps_it(tiny_model, tiny_corpus, tmp_path):
    soundfile.write(tiny_corpus / "awb" / "blip.wav", np.zeros(100), 16000)
    otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    for _ in range(2):
        with pytest.raises(
            InputError, match=r"run is finished, but --strict .* 1 utterance; the first: awb/blip: .*blip\.wav"
        ):
            otoscope.analyze(
                tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(resume=True, strict=True)
            )
    assert (
        len(
            otoscope.analyze(
                tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(resume=True)
            ).skipped
        )
        == 1
    )


@pytest.mark.usefixtures("one_utterance_a_shard")
def test_a_strict_run_that_met_a_broken_file_goes_on_without_strict(tiny_model, tiny_corpus, tmp_path):
    soundfile.write(tiny_corpus / "rms" / "z.wav", np.zeros(100), 16000)
    with pytest.raises(InputError, match="shorter than one frame"):
        otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(strict=True))
    resumed = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(resume=True))
    assert same_bits(resumed, otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "lenient"))


def test_a_run_is_not_resumed_under_another_plan(tiny_model, tiny_corpus, tmp_path):
    otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    with pytest.raises(InputError, match=r"another plan.*limit is 2 there, 1 now"):
        otoscope.analyze(
            tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1, resume=True)
        )


def test_a_run_under_an_intervention_is_not_resumed_without_it(tiny_model, tiny_corpus, tmp_path):
    encoder = otoscope.load(tiny_model)
    with encoder.without_heads([(0, 1)]):
        otoscope.analyze(encoder, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    with pytest.raises(InputError, match=r"another plan.*intervention\.removed is \[\[0, 1\]\] there, \[\] now"):
        otoscope.analyze(encoder, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1, resume=True))


def test_an_empty_folder_that_stood_there_stays_when_nothing_can_be_measured(tiny_model, tmp_path):
    (tmp_path / "short").mkdir()
    (tmp_path / "run").mkdir()
    soundfile.write(tmp_path / "short" / "blip.wav", np.zeros(100), 16000)
    with pytest.raises(InputError, match="shorter than one frame"):
        otoscope.analyze(tiny_model, tmp_path / "short", tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []


def test_a_folder_that_holds_something_else_is_left_alone(tiny_model, tiny_corpus, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="is not a run of otoscope"):
        otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.tex"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB."""
    with mounted(tmp_path / "small", "64k") as disk:
        yield disk


def test_a_full_disk_is_one_clear_line_and_nothing_half_written(tiny_model, tiny_corpus, small_disk):
    (small_disk / "other.bin").write_bytes(bytes(50_000))
    with pytest.raises(InputError, match="disk full while writing"):
        otoscope.analyze(tiny_model, tiny_corpus, small_disk / "run")
    left = [path for path in Path(small_disk).rglob("*") if path.is_file() and path.name != "other.bin"]
    assert not [path for path in left if "partial" in path.name]
    if (small_disk / "run").exists():
        with pytest.raises(InputError, match="unfinished"):
            otoscope.open_run(small_disk / "run")


def test_results_of_a_resumed_run_can_be_read_by_plain_xarray(tiny_model, tiny_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(shard_plan, "SHARD_SECONDS", 0.1)
    with pytest.MonkeyPatch.context() as patch:
        stop_after(patch, 1)
        with pytest.raises(KeyboardInterrupt):
            otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(resume=True))
    assert "globalness" in xr.open_zarr(tmp_path / "run" / "results.zarr", consolidated=False)
