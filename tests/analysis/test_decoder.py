"""A decoder run measures every head, and what its removal changes equals a model without its columns."""

import json

import numpy as np
import pytest
import soundfile
import torch
import xarray as xr
from lhotse.utils import fastcopy
from tests.helpers.saved_transcriber import save_transcriber
from tests.helpers.tiny_transcribers import BUILDERS, transcriber, utterances

import otoscope
from otoscope import InputError
from otoscope.analysis.decoder_effects import EffectJob
from otoscope.analysis.decoder_run import measure_interval
from otoscope.analysis.decoder_tables import category_of, decoder_table, word_error_rates
from otoscope.analysis.stored_examples import select_example
from otoscope.bundled import speech
from otoscope.corpus import load_audio, words_of
from otoscope.corpus.transcript import text_of
from otoscope.decoders.ablation import (
    DecoderHead,
    check_effects,
    decoder_heads,
    mean_contexts,
    without_decoder_heads,
)
from otoscope.decoders.attention_modules import Kind, output_projection
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.measures import DECODER_MEASURES
from otoscope.decoders.sounds import SoundText, TextRule, has_text
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcriber import load_transcriber
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics.clusters import make_clusters


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_transcriber(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    for number in range(2):
        soundfile.write(folder / f"{number}.wav", 0.1 * np.sin((0.2 + number) * np.arange(4000)), 16000)
    return folder


@pytest.fixture(scope="module")
def run(model, sounds, tmp_path_factory):
    options = otoscope.SpeechOptions(limit=2)
    decoding = otoscope.DecoderOptions(effects=True, sounds=sounds, examples=2)
    return otoscope.analyze_decoder(
        model, "bundled", tmp_path_factory.mktemp("decoder") / "run", decoding=decoding, options=options
    )


def test_a_run_records_the_weights_of_the_decoder_and_the_sounds(run, model):
    assert run.plan["transcriber"] == load_transcriber(model).fingerprint
    assert run.plan["transcriber"] != run.plan["model"]["fingerprint"]
    assert len(run.plan["sounds"]) == 64


@pytest.mark.parametrize("name", BUILDERS)
def test_removal_equals_a_model_without_the_columns_of_the_head(name):
    tiny = transcriber(name)
    waves, texts = utterances(tiny)
    heads = decoder_heads(tiny, waves[0], texts[0])
    for head in (heads[1], heads[-1]):  # of self-attention and of cross-attention
        module = next(
            item for item, place in tiny.layers.items() if (place.kind, place.layer) == (head.kind, head.layer)
        )
        weight = output_projection(module).weight
        size = weight.shape[1] // (1 + max(item.head for item in heads))
        with without_decoder_heads(tiny, [head]):
            (removed,) = capture_decoder(tiny, waves[:1], texts[:1])
        before = weight.detach().clone()
        weight.data[:, head.head * size : (head.head + 1) * size] = 0
        (expected,) = capture_decoder(tiny, waves[:1], texts[:1])
        weight.data.copy_(before)
        np.testing.assert_allclose(removed.log_probability, expected.log_probability, atol=1e-9)
        check_effects(tiny, waves[0], texts[0], [[head]])


def test_mean_contexts_are_those_of_a_plain_loop():
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    inputs = []
    (module,) = [item for item, place in tiny.layers.items() if place.kind is Kind.cross]
    hook = output_projection(module).register_forward_pre_hook(lambda _, args: inputs.append(args[0][0]))
    for wave, text in zip(waves, texts, strict=True):
        capture_decoder(tiny, [wave], [text], cross=())
    hook.remove()
    means = mean_contexts(tiny, waves, texts)
    expected = torch.cat(inputs).mean(0).chunk(2)[1]
    torch.testing.assert_close(means[DecoderHead(Kind.cross, 0, 1)], expected)


def test_utterances_without_a_text_are_not_in_the_mean_contexts(model):
    cuts = list(otoscope.read_corpus(speech()))[:2]
    waves = [load_audio(cut, 16000) for cut in cuts]
    cuts[1] = fastcopy(cuts[1], supervisions=[])
    means, expected = (
        EffectJob(load_transcriber(model), LoadedSpeech(cuts[:count], waves[:count], []), [], is_mean=True).means
        for count in (2, 1)
    )
    assert means.keys() == expected.keys()
    for head, mean in means.items():
        torch.testing.assert_close(mean, expected[head], rtol=0, atol=0)


def test_a_removal_without_effect_is_refused():
    tiny = transcriber("whisper")
    waves, texts = utterances(tiny)
    with pytest.raises(InputError, match="found the same"):
        check_effects(tiny, waves[0], texts[0], [[]])


def test_a_run_holds_every_head_its_category_and_the_effect_of_its_removal(run):
    heads, dataset = 4, run.dataset
    assert (run.kind, dataset.sizes["removal"]) == ("decoder", 1 + heads)
    assert np.isnan(dataset["value"].sel(measure="monotony", attention="self")).all()
    assert np.isfinite(dataset["value"].sel(measure="entropy")).all()
    assert (dataset["category"] != "").all()
    errors, words = dataset["word_errors"].values, dataset["words"].values
    np.testing.assert_allclose(dataset["word_error_rate"], errors.sum(1) / words.sum())
    assert len(np.unique(errors, axis=0)) > 1
    assert "nothing" in decoder_table(dataset)
    assert ((dataset["sound_text"] >= 0) & (dataset["sound_text"] <= 1)).all()
    for name in ("sound_text", "empty_speech"):
        low, high = np.moveaxis(dataset[f"{name}_interval"].values, -1, 0)
        has_interval = np.isfinite(low)
        assert (has_interval == ((dataset[name] > 0) & (dataset[name] < 1))).all()
        assert ((low <= dataset[name]) & (dataset[name] <= high) | ~has_interval).all()


def test_a_run_prints_itself_again_and_has_a_figure(run, otoscope_command, tmp_path):
    status, table, errors = otoscope_command("show", run.path)
    assert (status, errors, table) == (0, "", decoder_table(run.dataset).rstrip("\n") + "\n")
    _, printed, _ = otoscope_command("show", run.path, "--format", "json")
    rows = json.loads(printed)["rows"]
    row = next(item for item in rows if item["variable"] == "value" and item["attention"] == "cross")
    place = {dim: row[dim] for dim in ("measure", "attention", "decoder_layer", "decoder_head")}
    one = run.dataset.sel(place)
    assert row["value"] == one["value"].item()
    assert [row["low"], row["high"]] == one["value_interval"].values.tolist()
    status, _, errors = otoscope_command("figures", run.path, "-o", tmp_path)
    drawn = sorted(path.stem for path in tmp_path.iterdir())
    assert (status, errors, drawn) == (0, "", ["decoder-atlas", "decoder-effects", "decoder-measures", "token-map"])


def test_only_shares_have_intervals_that_end_at_0_and_1():
    rows, clusters = np.array([[0.1], [0.3], [0.9]]), make_clusters("abc", range(3))
    measures = DECODER_MEASURES.select()
    mean, bounds = measure_interval(measures["entropy"], rows, clusters)  # nats: no end at 1, however small
    np.testing.assert_allclose(mean - bounds[..., 0], bounds[..., 1] - mean)
    assert bounds[0, 1] > 1
    mean, bounds = measure_interval(measures["peak"], rows, clusters)
    assert 0 < bounds[0, 0] < mean[0] < bounds[0, 1] < 1


def test_a_resumed_run_is_the_same(run, model, sounds):
    decoding = otoscope.DecoderOptions(effects=True, sounds=sounds, examples=2)
    options = otoscope.SpeechOptions(limit=2, resume=True)
    again = otoscope.analyze_decoder(model, "bundled", run.path, decoding=decoding, options=options)
    xr.testing.assert_identical(again.dataset.load(), run.dataset.load())


def test_the_command_prints_every_number_as_json(run, model, sounds, otoscope_command):
    """On the finished run, so that nothing is measured again."""
    options = ("--effects", "--sounds", sounds, "--examples", 2, "--limit", 2, "--resume", "--json")
    status, printed, errors = otoscope_command("decoder", model, "bundled", "-o", run.path, *options)
    assert (status, errors) == (0, ""), errors
    record = json.loads(printed)
    assert (record["kind"], record["removed"]) == ("decoder", run.dataset["removed"].values.tolist())
    changes = {row["removal"]: row["value"] for row in record["rows"] if row["variable"] == "word_error_change"}
    assert changes == dict(enumerate(run.dataset["word_error_change"].values.tolist()))
    with_intervals = {"value", "norm_value", "word_error_change", "sound_text", "empty_speech"}
    assert {row["variable"] for row in record["rows"]} == with_intervals


def test_examples_have_the_maps_of_their_utterances_and_name_their_rows(run):
    transcriber = load_transcriber(run.plan["model"]["name"])
    assert run.dataset["example"].values.tolist() == run.dataset["utterance"].values[:2].tolist()
    for number, cut in enumerate(list(otoscope.read_corpus(speech()))[:2]):
        one = select_example(run.dataset, number)
        text = spell_text(transcriber, text_of(cut))
        (maps,) = capture_decoder(transcriber, [load_audio(cut, 16000)], [text], own=None)
        assert one["row"].values[-1] == "</s>"
        assert [*one["is_text"].values] == [role == "token" for role in text.rows[:-1]]
        for (layer, head), map_qk in maps.cross.items():
            np.testing.assert_allclose(one["example_cross"].values[layer, head], map_qk[:-1], atol=1e-3)
        for (layer, head), map_qk in maps.own.items():
            np.testing.assert_allclose(one["example_own"].values[layer, head], map_qk[:-1, :-1], atol=1e-3)
        assert one["word"].values.tolist() == [word for word, _, _ in words_of(cut)]
        assert abs(one["column_start"].values[-1] + 0.02 - one.sizes["sample"] / 16000) <= 0.021
    assert {tuple(head) for head in run.dataset.attrs["example_heads"]} == {(0, 0), (0, 1)}


def test_what_counts_as_text_by_each_rule():
    sounds = [
        SoundText("", 0.9),
        SoundText(" .", 0.1),
        SoundText("you", 0.7),
        SoundText("you", 0.2),
        SoundText("a", None),
    ]
    counted = {rule: has_text(sounds)[rule].tolist() for rule in TextRule}
    assert counted[TextRule.anything] == [False, True, True, True, True]
    assert counted[TextRule.words] == [False, False, True, True, True]
    assert counted[TextRule.speech] == [False, False, False, True, True]


def test_changes_are_paired_over_speakers():
    errors = np.array([[1.0, 2, 3, 4], [2.0, 3, 4, 5]])
    rates, changes, bounds = word_error_rates(errors, np.full(4, 10.0), make_clusters("abcd", range(4)))
    assert rates.tolist() == [0.25, 0.35]
    np.testing.assert_allclose(changes, [0, 0.1])
    np.testing.assert_allclose(bounds[1], [0.1, 0.1])  # each speaker has one error more


def test_a_head_belongs_to_the_category_of_its_best_rank():
    values = dict.fromkeys(("previous_token", "first_token", "prompt", "entropy"), np.zeros((2, 1, 2)))
    cross = {"monotony": [0.9, 0.5], "peak": [0.2, 0.6], "entropy": [1.0, 2.0]}
    measures = values | {name: np.array([[[0.0, 0.0]], [row]]) for name, row in cross.items()}
    assert category_of(measures)[1].tolist() == [["aligned", "sharp"]]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--ablation", "noise"), "expected --ablation zero or mean"),
        (("--examples", "0"), "expected --examples of at least 1"),
        (("--sounds", "sounds"), "expected --effects with --sounds"),
    ],
)
def test_bad_input_is_one_line(model, otoscope_command, tmp_path, arguments, reason):
    status, _, errors = otoscope_command("decoder", model, "bundled", "-o", tmp_path / "run", *arguments)
    assert (status, reason in errors, len(errors.splitlines())) == (2, True, 1), errors
    assert not (tmp_path / "run").exists()
