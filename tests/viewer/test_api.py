"""Each resource of a run has the content of the run, or a one-line error."""

import io
import json
import shutil

import numpy as np
import pytest
import soundfile
import zarr
from tests.helpers.drawn_segmentation import MARKS
from tests.helpers.synthetic_run import make_run
from tests.helpers.viewer_api import get_arrays, get_error, get_json
from tests.helpers.viewer_client import TOKEN, request

import otoscope
from otoscope.errors import InputError
from otoscope.maps.pooling import block_means
from otoscope.phones import LabelFrames
from otoscope.results import open_run
from otoscope.results.shapes import shape_label
from otoscope.results.table import json_records
from otoscope.segmentation.kernel_gram_detector import detect_boundaries, label_rows
from otoscope.viewer import run_session as session_module
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.boundaries import method_boundaries
from otoscope.viewer.pyramid import TILE
from otoscope.viewer.quantise import decode, encode
from otoscope.viewer.run_session import RunSession
from otoscope.viewer.security import AccessPolicy
from otoscope.viewer.server import allowed_hosts, application
from otoscope.viewer.session import open_session


def test_the_run_list_describes_the_run(drawn, drawn_run):
    (run,) = get_json(drawn, "runs")["runs"]
    assert (run["layers"], run["frame_period"], run["synthetic"]) == (2, 0.02, True)
    assert [(head["layer"], head["head"], head["category"]) for head in run["heads"]] == list(
        drawn_run.heads[["layer", "head", "category"]].itertuples(index=False, name=None)
    )
    assert [head["shape"] for head in run["heads"]] == [
        shape_label(*pair) for pair in drawn_run.heads[["shape", "shape_offset_ms"]].itertuples(index=False, name=None)
    ]
    assert [utterance["stored"] for utterance in run["utterances"]] == [False] * 4 + [True]


def test_numbers_of_heads_are_those_of_the_table(drawn, drawn_run):
    columns = get_arrays(drawn, "0/heads")
    assert list(columns) == list(drawn_run.heads.select_dtypes("number"))
    np.testing.assert_allclose(columns["globalness"], drawn_run.heads["globalness"], rtol=1e-6)


def test_a_variable_is_returned_whole(drawn, drawn_run):
    profile = get_arrays(drawn, "0/variable/offset_profile")["offset_profile"]
    np.testing.assert_allclose(profile, drawn_run.dataset["offset_profile"], rtol=1e-6)


def test_a_variable_that_is_too_large_is_refused(drawn_run, monkeypatch):
    monkeypatch.setattr(session_module, "MAX_VARIABLE_BYTES", 10)
    assert "offset_profile is larger" in get_error(ViewerApi([RunSession(drawn_run)]), "0/variable/offset_profile")


def test_contents_name_the_utterances_with_each_phone_and_word(live, drawn):
    contents = get_json(live, "0/contents")
    details = [get_json(live, f"0/utterance/{utterance}") for utterance in range(4)]
    for tier, name in (("phones", "folded"), ("words", "label")):
        symbols = {span[name].lower() if tier == "words" else span[name] for detail in details for span in detail[tier]}
        assert set(contents[tier]) == symbols
        for symbol, numbers in contents[tier].items():
            spans = [{span[name].lower() if tier == "words" else span[name] for span in d[tier]} for d in details]
            assert numbers == [utterance for utterance, own in enumerate(spans) if symbol in own]
    without_corpus = get_json(drawn, "0/contents")["phones"]
    assert {number for numbers in without_corpus.values() for number in numbers} == {4}  # the one with stored maps


def test_a_tile_is_the_stored_map(drawn, drawn_run):
    stored = drawn_run.map(drawn_run.maps[0])["attention"].sel(layer=1, head=2).values
    tile = get_arrays(drawn, "0/tile/4/1/2/0/0/0")
    np.testing.assert_array_equal(tile["code"], encode(stored))
    np.testing.assert_allclose(tile["peak"], stored.max(axis=1), rtol=1e-3)


def test_thumbnails_are_means_of_the_maps(drawn, drawn_run):
    stored = drawn_run.map(drawn_run.maps[0])["attention"].sel(layer=0).values
    small = get_arrays(drawn, "0/thumbnails/4/0")["code"]
    expected = np.stack([block_means(one, 96) for one in stored])
    np.testing.assert_allclose(decode(small), expected, rtol=0.04, atol=1e-6)


def test_a_run_without_stored_thumbnails_computes_them_from_its_maps(drawn, drawn_run, tmp_path):
    copy = shutil.copytree(drawn_run.path, tmp_path / "run")
    shutil.rmtree(copy / "maps.zarr" / "4" / "overview")
    zarr.open_group(copy / "maps.zarr" / "4", mode="r+").attrs.pop("holds")
    older = open_session([copy])
    np.testing.assert_array_equal(
        get_arrays(older, "0/thumbnails/4/1")["code"], get_arrays(drawn, "0/thumbnails/4/1")["code"]
    )


def test_heads_that_a_layer_lacks_are_not_found(tmp_path):
    api = open_session([make_run(tmp_path / "run", layers=2, n_heads=[1, 3], frames=40)])
    assert get_arrays(api, "0/thumbnails/4/0")["code"].shape[0] == 1
    assert api.get("0/tile/4/0/1/0/0/0").status == 404


def test_a_long_map_comes_in_tiles(tmp_path):
    api = open_session([make_run(tmp_path / "run", layers=1, heads=1, utterances=1, frames=TILE + 44)])
    assert get_arrays(api, "0/tile/0/0/0/0/1/1")["code"].shape == (44, 44)
    assert get_arrays(api, "0/tile/0/0/0/1/0/0")["code"].shape == (150, 150)
    assert api.get("0/tile/0/0/0/2/0/0").status == 404


def test_labels_come_with_the_class_of_each_phone(drawn):
    phones = get_json(drawn, "0/utterance/4")["phones"]
    assert phones[0] | {"end": 0} == {"label": "sil", "start": 0, "end": 0, "folded": "sil", "group": "silence"}
    assert {phone["group"] for phone in phones} >= {"vowel", "fricative"}


def test_maps_that_are_not_stored_say_what_to_do(drawn):
    for resource in ("0/tile/0/0/0/0/0/0", "0/thumbnails/0/0", "0/ablation/4/none/full/zero"):
        assert "--model" in get_error(drawn, resource)


def test_missing_audio_has_a_reason_and_the_rest_works(drawn):
    assert "no longer at" in get_json(drawn, "0/utterance/4")["no_audio_reason"]
    assert "no longer at" in get_error(drawn, "0/audio/4")
    assert get_arrays(drawn, "0/thumbnails/4/0")["code"].size


def test_audio_equals_the_analyzed_audio(measured_run):
    api = open_session([measured_run])
    index = [utterance["stored"] for utterance in get_json(api, "runs")["runs"][0]["utterances"]].index(True)
    assert get_json(api, f"0/utterance/{index}")["no_audio_reason"] == ""
    samples, rate = soundfile.read(io.BytesIO(api.get(f"0/audio/{index}").content))
    original, _ = soundfile.read(measured_run.map(measured_run.maps[0]).attrs["audio"])
    assert rate == 16000
    np.testing.assert_allclose(samples, original, atol=2**-15)


def test_a_run_plays_audio_of_its_corpus_or_of_the_folder_that_the_user_names_alone(
    measured_run, monkeypatch, tmp_path
):
    stored = measured_run.map(measured_run.maps[0])
    index = list(measured_run.utterances.index).index(measured_run.maps[0])
    private = tmp_path / "home" / "private.wav"
    private.parent.mkdir()
    soundfile.write(private, np.zeros(16000), 16000)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "link.wav").symlink_to(private)
    monkeypatch.setitem(measured_run.plan, "corpus", {**measured_run.plan["corpus"], "path": str(corpus)})
    for name in (private, corpus / ".." / "home" / "private.wav", corpus / "link.wav"):
        monkeypatch.setattr(measured_run, "map", lambda _, name=name: stored.assign_attrs(audio=str(name)))
        refused, accepted = (open_session([measured_run], audio_root=root) for root in (None, private.parent))
        assert "--audio-root" in get_error(refused, f"0/audio/{index}")
        assert "--audio-root" in get_json(refused, f"0/utterance/{index}")["no_audio_reason"]
        assert accepted.get(f"0/audio/{index}").status == 200


def test_a_part_of_the_audio_is_sent_to_a_browser_that_asks_for_it(measured_run):
    api = open_session([measured_run])
    app = application(api, AccessPolicy(TOKEN, allowed_hosts("127.0.0.1")))
    path = f"/api/0/audio/{list(measured_run.utterances.index).index(measured_run.maps[0])}"
    whole = request(app, path)
    size = len(whole.body)
    assert (whole.status, whole.headers["accept-ranges"]) == (200, "bytes")
    for header, first, last in [("bytes=0-", 0, size - 1), ("bytes=10-19", 10, 19), ("bytes=-5", size - 5, size - 1)]:
        part = request(app, path, range=header)
        assert (part.status, part.headers["content-range"]) == (206, f"bytes {first}-{last}/{size}")
        assert part.body == whole.body[first : last + 1]
    for header in (f"bytes={size}-", "bytes=-0"):
        assert request(app, path, range=header).status == 416
    for header in ("bytes=5-4", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=" + "9" * 5000 + "-"):
        assert request(app, path, range=header).body == whole.body


def test_words_are_stored_with_the_phones(measured_run):
    api = open_session([measured_run])
    index = list(measured_run.utterances.index).index(measured_run.maps[0])
    words = get_json(api, f"0/utterance/{index}")["words"]
    assert len(words) > 3
    assert all(word["start"] < word["end"] for word in words)


def test_damaged_audio_is_a_one_line_error(drawn_run, tmp_path):
    from otoscope.viewer.audio import AudioSegment, wav

    (tmp_path / "a.wav").write_bytes(b"no audio at all")
    with pytest.raises(InputError, match="cannot be read as audio any more"):
        wav(AudioSegment(str(tmp_path / "a.wav"), 0, 1))
    with pytest.raises(InputError, match="longer than 10 minutes"):
        wav(AudioSegment(str(tmp_path / "a.wav"), 0, 601))


def test_a_run_of_a_newer_version_or_of_another_kind_is_one_line(drawn_run, tmp_path):
    copy = shutil.copytree(drawn_run.path, tmp_path / "run")
    record = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(record | {"format_version": 99}))
    with pytest.raises(InputError, match="update otoscope"):
        open_session([copy])


def test_the_first_run_is_a_run_of_analyze(drawn_run, monkeypatch):
    run = open_run(drawn_run.path)
    run.dataset.attrs["kind"] = "ranking"
    with pytest.raises(InputError, match="expected a run of analyze as the first one"):
        open_session([run])


def test_predicted_boundaries_are_those_of_the_head_s_own_tuning(drawn_run, segmented):
    api = open_session([drawn_run, segmented])
    attn_qk = drawn_run.map(drawn_run.maps[0])["attention"].sel(layer=1, head=2).values
    frames = LabelFrames.for_model(0.02, 0.01)
    expected = detect_boundaries(label_rows(attn_qk, frames.repeat), 0.5, 1.0, frames)
    assert len(expected) > 2
    np.testing.assert_allclose(get_arrays(api, "0/boundaries/4/1/2")["seconds"], expected, rtol=1e-6)


def test_boundaries_of_a_sum_of_heads_and_mfcc_come_with_confidences_where_the_run_tested(drawn_run, segmented):
    api = open_session([drawn_run, segmented])
    arrays = get_arrays(api, "0/boundaries/4/1/2")
    assert len(arrays["confidences"]) == len(arrays["seconds"])
    assert (arrays["confidences"] > 0).all()
    for name, marks in zip(("mfcc", "sum"), MARKS, strict=True):
        np.testing.assert_allclose(arrays[name], marks.times, rtol=1e-6)
        np.testing.assert_allclose(arrays[f"{name}_confidences"], marks.confidences, rtol=1e-6)
    run, tested = otoscope.open_run(segmented), drawn_run.utterances.iloc[4]
    assert method_boundaries(run, "another", tested["duration"]) == {}
    assert method_boundaries(run, tested.name, tested["duration"] + 1) == {}


def test_boundaries_tuned_on_another_model_of_that_name_are_refused(drawn_run, segmented, monkeypatch):
    monkeypatch.setitem(drawn_run.plan, "model", {"name": "elsewhere/drawn", "fingerprint": "2"})
    line = get_error(open_session([drawn_run, segmented]), "0/boundaries/4/1/2")
    assert "segmented with elsewhere/drawn, which is not the model of this run" in line


def test_a_head_that_was_not_tuned_predicts_no_boundaries(drawn, drawn_run, segmented):
    assert "no run of otoscope segment is open" in get_error(drawn, "0/boundaries/4/1/2")
    assert "no tuned parameters for layer 0, head 0" in get_error(
        open_session([drawn_run, segmented]), "0/boundaries/4/0/0"
    )


def test_differences_are_those_of_compare(drawn_run, tmp_path):
    other = make_run(tmp_path / "other", layers=2, heads=3, frames=60, seed=9)
    api = open_session([drawn_run, other])
    table = get_json(api, "0/comparison/1/layer")
    compared = otoscope.compare(drawn_run, other, options=otoscope.ComparisonOptions(level="layer"))
    assert table["lines"] == list(compared.lines)
    for row, expected in zip(table["rows"], json_records(compared.rows), strict=True):
        assert row == {name: expected.get(name) for name in row}
    against = get_json(api, "0/against/1/2")
    compared = otoscope.compare(drawn_run, options=otoscope.ComparisonOptions(against="1.2"))
    assert [row["difference"] for row in against["rows"]] == compared.rows["difference"].tolist()
    assert "--against" in get_error(api, "0/against/7/0")
    assert api.get("0/comparison/2/head").status == 404
