"""A saved segmenter finds the boundaries that its run scored, in any audio, and refuses another model or version."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch
from praatio import textgrid

import otoscope
from otoscope import bundled
from otoscope.corpus import load_audio, phones_of
from otoscope.corpus.praat import read_grid
from otoscope.errors import InputError
from otoscope.segmentation import prediction
from otoscope.segmentation.protocols import PROTOCOLS, count_by_protocol
from otoscope.segmentation.segmenter import FORMAT_VERSION
from otoscope.segmentation.table import segmentation_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def segmenter(shifted):
    return otoscope.load_segmenter(shifted.path)


@pytest.fixture(scope="module")
def recording():
    return sorted((bundled.speech() / "awb").glob("*.flac"))[0]


def test_a_loaded_segmenter_finds_what_its_run_scored(shifted, segmenter):
    test = set(shifted.dataset["utterance"].values)
    cut = next(cut for cut in otoscope.read_corpus(bundled.speech()) if cut.id in test)
    found = segmenter.all_boundaries(load_audio(cut, 16000), 16000)
    for name, boundaries in found.items():
        row = shifted.dataset.sel(segmenter=name, utterance=cut.id)["counts"]
        for protocol in PROTOCOLS:
            counts = count_by_protocol(phones_of(cut), boundaries.times, 0.020, protocol)
            assert row.sel(mode=protocol).values.tolist() == list(vars(counts).values())
    grid = read_grid(shifted.path / "boundaries" / f"{cut.id}.TextGrid")
    assert [tier.name for tier in grid.tiers] == ["phones", "segments"]
    assert [interval.symbol for interval in grid.tiers[0].intervals] == [symbol for symbol, _, _ in phones_of(cut)]


def test_the_table_of_many_voters_fits_100_columns(shifted):
    chosen = shifted.dataset["chosen"].copy(data=np.full(shifted.dataset.sizes["segmenter"], "11.12 " * 12, object))
    long = SimpleNamespace(kind=shifted.kind, dataset=shifted.dataset.assign(chosen=chosen), skipped=shifted.skipped)
    *tables, _ = segmentation_table(long).split("\n\n")  # the last part names the folder of the model
    assert max(len(line) for table in tables for line in table.splitlines()) <= 100
    assert "11.12 ..." in "".join(tables)


def test_saved_and_loaded_again_it_is_the_same(segmenter, tmp_path):
    segmenter.save(tmp_path / "own.json")
    again = otoscope.load_segmenter(tmp_path / "own.json")
    assert (again.methods, again.origin) == (segmenter.methods, segmenter.origin)


def test_the_method_can_be_chosen_and_audio_of_another_rate_is_resampled(segmenter):
    wave = np.random.default_rng(0).normal(size=24000).astype(np.float32)
    by_name = segmenter.all_boundaries(wave, 8000)
    assert set(by_name) == {voting.name for voting in segmenter.methods}
    for name in (None, "MFCC, shifted"):
        found = segmenter.boundaries(wave, 8000, name)
        np.testing.assert_array_equal(found.times, by_name[name or segmenter.best].times)
    assert found.times.max() < 3.0
    assert (found.confidences > 0).all()


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        (np.zeros(16000), "expected speech, found 1.00 s of silence; use another recording"),
        (np.ones((2, 99)), "expected one channel of finite samples, got shape"),
        (np.arange(5.0), "is shorter than one frame"),
        (np.arange(390.0), "expected more audio than one window of 0.025 s"),
    ],
    ids=["silence", "two channels", "shorter than a frame", "shorter than a window"],
)
def test_audio_that_has_no_boundaries_is_refused(segmenter, wave, message):
    with pytest.raises(InputError, match=message):
        segmenter.all_boundaries(wave, 16000)


def test_an_unknown_method_is_refused(segmenter):
    with pytest.raises(InputError, match=r"expected a method of the segmenter \(MFCC, shifted, .*\), found best"):
        segmenter.boundaries(np.arange(16000.0), 16000, "best")


@pytest.fixture
def changed_weights(tiny_model):
    encoder = otoscope.load(tiny_model)
    with torch.no_grad():
        next(encoder.model.parameters()).add_(1.0)
    return encoder


def test_another_model_version_or_file_is_refused(shifted, changed_weights, tmp_path):
    content = json.loads((shifted.path / "segmenter.json").read_text())
    refused = {
        "version": (content | {"segmenter_version": 9}, f"of version {FORMAT_VERSION}, found version 9"),
        "json": ({"a": 1}, "found another file of JSON"),
        "method": (content | {"methods": [{"name": "a", "voters": []}]}, "expected a method of a segmenter"),
        "methods": (content | {"methods": []}, "expected a segmenter with its model, protocol and methods"),
        "model": (content | {"model": {}}, "expected a segmenter with its model, protocol and methods"),
        "moved": (content | {"model": content["model"] | {"name": "no/such"}}, "has moved, pass --model"),
    }
    for name, (changed, message) in refused.items():
        (tmp_path / name).write_text(json.dumps(changed))
        with pytest.raises(InputError, match=message):
            otoscope.load_segmenter(tmp_path / name)
    with pytest.raises(InputError, match=r"expected the model that the segmenter .* was tuned for"):
        otoscope.load_segmenter(shifted.path, model=changed_weights)
    with pytest.raises(InputError, match="expected a segmenter, found none in no/such"):
        otoscope.load_segmenter("no/such")


def test_files_of_a_folder_have_the_form_and_the_protocol_that_were_asked_for(shifted, recording, tmp_path):
    shutil.copy(recording, tmp_path / "long name.flac")
    options = otoscope.BoundaryOptions(format=("textgrid", "ctm", "csv", "json"))
    report = otoscope.write_boundaries(shifted.path, [tmp_path / "long name.flac"], tmp_path / "out", options)
    [written] = report.recordings
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"long name.{ending}" for ending in ("TextGrid", "csv", "ctm", "json")
    ]
    content = json.loads((tmp_path / "out" / "long name.json").read_text())
    assert {name: len(rows) for name, rows in content["methods"].items()} == written.counts
    assert (content["protocol"], content["best"]) == ("strict", report.best)
    rows = (tmp_path / "out" / "long name.csv").read_text().splitlines()
    assert len(rows) == 1 + sum(written.counts.values())
    ctm = (tmp_path / "out" / "long name.ctm").read_text().splitlines()
    assert ctm[0] == f";; {report.best}, tuned for the protocol strict"
    starts = [float(line.split()[-4]) for line in ctm[1:]]
    assert starts == pytest.approx([0.0, *(row["time"] for row in content["methods"][report.best])], abs=1e-3)
    grid = textgrid.openTextgrid(str(tmp_path / "out" / "long name.TextGrid"), includeEmptyIntervals=True)
    tier = grid.getTier(f"{report.best} (strict)")
    assert [float(point.label) for point in tier.entries] == pytest.approx(
        [row["confidence"] for row in content["methods"][report.best]], abs=1e-3
    )


def test_a_recording_that_cannot_be_used_is_skipped_and_a_file_is_never_replaced(shifted, recording, tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copy(recording, tmp_path / "in" / "a.flac")
    soundfile.write(tmp_path / "in" / "silence.wav", np.zeros(16000), 16000)
    report = otoscope.write_boundaries(shifted.path, [tmp_path / "in"], tmp_path / "out")
    assert [recording.id for recording in report.recordings] == ["a"]
    assert "expected speech, found 1.00 s of silence" in report.skipped[0].reason
    with pytest.raises(InputError, match=r"a.TextGrid exists already; choose another folder"):
        otoscope.write_boundaries(shifted.path, [tmp_path / "in"], tmp_path / "out")
    with pytest.raises(InputError, match=r"expected one recording for .*a.TextGrid, found several"):
        otoscope.write_boundaries(shifted.path, [tmp_path / "in", tmp_path / "in" / "a.flac"], tmp_path / "other")
    with pytest.raises(InputError, match="silence"):
        otoscope.write_boundaries(
            shifted.path, [tmp_path / "in"], tmp_path / "strict", otoscope.BoundaryOptions(strict=True)
        )


def test_options_out_of_range_are_refused():
    for arguments, message in (
        ({"format": ("txt",)}, "expected --format textgrid, ctm, csv, json; found txt"),
        ({"workers": 0}, "expected --workers of at least 1, found 0"),
    ):
        with pytest.raises(InputError, match=message):
            otoscope.BoundaryOptions(**arguments)
    with pytest.raises(InputError, match="expected --shifts from 0 to 16, found 17"):
        otoscope.SegmentationOptions(shifts=17)


def test_several_processes_write_the_files_of_one_and_the_parent_loads_no_model(
    shifted, recording, tmp_path, monkeypatch
):
    (tmp_path / "in").mkdir()
    for name in "ab":
        shutil.copy(recording, tmp_path / "in" / f"{name}.flac")
    one = otoscope.write_boundaries(shifted.path, [tmp_path / "in"], tmp_path / "one")
    monkeypatch.setattr(prediction, "load_segmenter", None)
    prediction._load.cache_clear()
    options = otoscope.BoundaryOptions(workers=2)
    two = otoscope.write_boundaries(shifted.path, [tmp_path / "in"], tmp_path / "two", options)
    assert (two.protocol, two.best, [item.counts for item in two.recordings]) == (
        one.protocol,
        one.best,
        [item.counts for item in one.recordings],
    )
    for name in "ab":
        texts = [(tmp_path / folder / f"{name}.TextGrid").read_text() for folder in ("one", "two")]
        assert texts[0] == texts[1]
