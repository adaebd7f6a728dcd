"""A run holds what the model really did: numbers equal the slow way, provenance is whole, bad utterances are listed."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import xarray as xr
from lhotse import CutSet, MultiCut
from lhotse.utils import fastcopy
from tests.helpers.speech_samples import save_tiny_model
from transformers import AutoModel

import otoscope
from otoscope.analysis import shard_plan, shards
from otoscope.corpus.cut_list import CutList, listed
from otoscope.errors import InputError
from otoscope.results.summary import summary
from otoscope.statistics import available_statistics


def slowly(encoder, cuts, statistic):
    """Mean over utterances of the statistic's definition on whole maps in float64."""
    return np.mean(
        [
            [
                [statistic.reference(np.float64(attn_qk)) for attn_qk in maps_hqk]
                for _, maps_hqk in sorted(encoder.maps(cut).items())
            ]
            for cut in cuts
        ],
        axis=0,
    )


def test_every_statistic_of_a_run_equals_the_slow_formula_on_whole_maps(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    encoder, cuts = otoscope.load(tiny_model), list(otoscope.read_corpus(tiny_corpus))
    for name, statistic in available_statistics().items():
        np.testing.assert_allclose(
            run.dataset[name], slowly(encoder, cuts, statistic), rtol=2e-5, atol=1e-6, err_msg=name
        )


def test_a_transformers_model_in_memory_has_the_run_of_its_folder(tiny_model, tiny_corpus, tmp_path):
    expected = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "folder").dataset
    run = otoscope.analyze(AutoModel.from_pretrained(tiny_model), tiny_corpus, tmp_path / "memory")
    np.testing.assert_array_equal(run.dataset["globalness"], expected["globalness"])


def test_the_heads_of_a_random_model_are_uniform_although_they_have_categories(tiny_corpus, tmp_path):
    model = save_tiny_model(tmp_path / "model", deviation=0.02)
    heads = otoscope.analyze(model, tiny_corpus, tmp_path / "run").heads
    assert set(heads["category"]) == {"global", "vertical", "diagonal"}
    assert set(heads["shape"]) == {"uniform"}


def test_an_utterance_measures_the_same_alone_and_in_company(tiny_model, tiny_corpus, tmp_path):
    together = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "together")
    for cut in otoscope.read_corpus(tiny_corpus):
        alone = otoscope.analyze(
            tiny_model, otoscope.read_corpus(tiny_corpus).filter(lambda c, id=cut.id: c.id == id), tmp_path / cut.id
        )
        for name in ("globalness_rows", "diagonality_rows"):
            np.testing.assert_allclose(alone.dataset[name][0], together.dataset[name].sel(utterance=cut.id), rtol=1e-4)


def test_a_run_says_what_made_it(tiny_model, tiny_corpus, tmp_path):
    plan = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=3)).plan
    assert plan["model"]["family"] == "mockingjay"
    assert plan["model"]["dtype"] == "float32"
    assert len(plan["model"]["fingerprint"]) == len(plan["corpus"]["fingerprint"]) == 64
    assert plan["corpus"]["utterances"] == plan["corpus"]["selection"]["limit"] == 3
    assert {"otoscope", "torch", "transformers", "lhotse", "python"} <= plan["versions"].keys()


def test_a_run_is_one_folder_with_rows_speakers_and_example_maps(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "maps.zarr",
        "results.zarr",
        "run.json",
        "skipped.json",
        "states.npz",
    ]
    assert run.dataset.globalness_rows.dims == ("utterance", "layer", "head")
    assert set(run.utterances["speaker"]) == {"awb", "rms"}
    (shown,) = run.maps
    stored = run.map(shown)
    rows = stored.attention.astype("float32").sum("key")
    np.testing.assert_allclose(rows, 1, atol=2e-2)
    assert stored.sizes["query"] == run.utterances.loc[shown, "frames"]
    assert len(stored.phone_symbol) > 5


def test_one_broken_file_among_many_is_left_out_and_listed(tiny_model, tiny_corpus, tmp_path):
    soundfile.write(tiny_corpus / "awb" / "silent-nan.wav", np.full(16000, np.nan, np.float32), 16000, subtype="FLOAT")
    soundfile.write(tiny_corpus / "awb" / "blip.wav", np.zeros(100, np.float32) + 0.1, 16000)
    for name in ("silent-nan", "blip"):
        shutil.copy(next((tiny_corpus / "awb").glob("*.TextGrid")), tmp_path / f"{name}.TextGrid")
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(format="audio"))
    assert len(run.utterances) == 4
    reasons = run.skipped.set_index("id")["reason"]
    assert "NaN" in reasons["awb/silent-nan"]
    assert "blip.wav: audio of 100 samples is shorter than one frame" in reasons["awb/blip"]


def test_every_file_left_out_is_listed_though_two_share_an_id(tiny_model, tiny_corpus, tmp_path):
    for suffix in ("wav", "ogg"):
        (tiny_corpus / "awb" / f"same.{suffix}").write_bytes(b"no audio")
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    assert run.skipped["id"].tolist() == ["awb/same", "awb/same"]
    assert [suffix in reason for suffix, reason in zip((".ogg", ".wav"), run.skipped["reason"], strict=True)] == [
        True
    ] * 2
    assert "skipped: 2 utterances; the first: awb/same" in summary(run)


@pytest.mark.parametrize("kind", ["mixed", "several channels", "padded", "no recording"])
def test_cuts_that_are_not_of_one_recording_are_refused(tiny_model, tiny_corpus, tmp_path, kind):
    cut = otoscope.read_corpus(tiny_corpus)[0]
    made = {
        "mixed": lambda: cut.mix(cut, offset_other_by=0.5),
        "several channels": lambda: MultiCut(cut.id, 0, cut.duration, channel=[0], recording=cut.recording),
        "padded": lambda: cut.pad(duration=cut.duration + 1),
        "no recording": lambda: fastcopy(cut, recording=None),
    }[kind]()
    with pytest.raises(InputError, match="expected a MonoCut with a recording"):
        otoscope.analyze(tiny_model, CutSet.from_cuts([made]), tmp_path / "run")
    with pytest.raises(InputError, match="expected a MonoCut with a recording"):
        otoscope.load(tiny_model).attention(made, 0, 0)
    assert not (tmp_path / "run").exists()


def test_strict_makes_a_broken_file_fatal_and_leaves_no_folder(tiny_model, tiny_corpus, tmp_path):
    soundfile.write(tiny_corpus / "awb" / "blip.wav", np.zeros(100, np.float32), 16000)
    with pytest.raises(InputError, match=r"awb/blip.*shorter than one frame"):
        otoscope.analyze(
            tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(format="audio", strict=True)
        )
    assert not (tmp_path / "run").exists()


def test_when_nothing_can_be_measured_there_is_no_run(tiny_model, tmp_path):
    (tmp_path / "short").mkdir()
    soundfile.write(tmp_path / "short" / "blip.wav", np.zeros(100, np.float32), 16000)
    with pytest.raises(InputError, match=r"no utterance of 1 can be measured.*shorter than one frame"):
        otoscope.analyze(tiny_model, tmp_path / "short", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_interventions_of_an_encoder_are_measured(tiny_model, tiny_corpus, tmp_path):
    encoder = otoscope.load(tiny_model)
    with encoder.limit_span(0):
        run = otoscope.analyze(encoder, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    np.testing.assert_allclose(run.dataset.globalness, 0, atol=1e-6)
    np.testing.assert_allclose(run.dataset.diagonality, 0, atol=1e-6)


def test_speech_is_called_synthetic_only_where_it_is(tiny_model, tiny_corpus, tmp_path):
    copied = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "copied")
    bundled = otoscope.analyze(tiny_model, "bundled", tmp_path / "bundled", options=otoscope.SpeechOptions(limit=2))
    assert (copied.dataset.attrs["synthetic"], bundled.dataset.attrs["synthetic"]) == (0, 1)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(tiny_model, tiny_corpus, tmp_path, limit):
    with pytest.raises(InputError, match="limit of at least 1"):
        otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=limit))


def test_shards_and_batches_hold_every_cut_once_and_keep_to_their_size(corpora):
    cuts = list(otoscope.read_corpus(corpora / "timit-sample", on_skip=lambda _: None))
    groups = [shard.cuts for shard in shard_plan.ShardPlan(CutList.of(map(listed, cuts)), 20.0)]
    assert [place for group in groups for place, _ in group] == list(range(len(cuts)))
    assert all(len(group) == 1 or sum(cut.duration for _, cut in group) <= 20 for group in groups)
    for group in groups:
        batches = list(shards.batches(group, 0.0))
        assert sorted(place for batch in batches for place, _ in batch) == [place for place, _ in group]
        padded = [len(batch) * max(cut.duration for _, cut in batch) for batch in batches]
        assert all(seconds <= shards.BATCH_SECONDS for seconds in padded)


def test_the_run_opens_with_plain_xarray_and_json(tiny_model, tiny_corpus, tmp_path):
    otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    plain = xr.open_zarr(tmp_path / "run" / "results.zarr", consolidated=False)
    assert plain.globalness.attrs["units"]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["finished"] is True


def test_a_run_stores_what_the_corpus_states_of_speakers(tiny_model, tiny_corpus, tmp_path):
    cuts = list(otoscope.read_corpus(tiny_corpus))
    for cut, gender in zip(cuts, ("f", "m"), strict=False):
        cut.supervisions[0].gender = gender
    run = otoscope.analyze(tiny_model, CutSet.from_cuts(cuts), tmp_path / "run")
    assert list(run.utterances["gender"])[:2] == ["f", "m"]
    assert "age" not in run.utterances
