"""An aligner is saved, loaded, and used by both commands; bad input is one line."""

import json
import pickle
from shutil import copytree

import numpy as np
import pytest
import soundfile
import torch
from tests.helpers.saved_transcriber import save_transcriber
from transformers import WhisperForConditionalGeneration

import otoscope
from otoscope import InputError, bundled, load_aligner
from otoscope.alignment import write_words
from otoscope.alignment.aligner import Anchor, Side, ordered_times
from otoscope.alignment.fit import HeadTimes, TimedUtterance, choose_filter
from otoscope.alignment.generation import Part
from otoscope.alignment.long_audio import divide_text, join_parts
from otoscope.alignment.spelling import Spelling
from otoscope.alignment.unlabelled import rank_by_norm


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_transcriber(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def aligned(model, tmp_path_factory):
    """Return the path of an aligner of the tiny model, and its report."""
    path = tmp_path_factory.mktemp("aligner") / "aligner.json"
    return path, otoscope.align(model, "bundled", path, unit="character", options=otoscope.CorpusOptions(limit=11))


def test_align_reports_every_method_on_speakers_that_it_did_not_learn_from(aligned):
    _, report = aligned
    assert not set(report.speakers[0]) & set(report.speakers[1])
    methods = {score.method for score in report.scores}
    assert {"aligner", "ten heads by norm, OpenAI's recipe", "upper half of layers, OpenAI's recipe"} <= methods
    assert any("by norm, no labels" in method for method in methods)
    assert "alignment_heads" in report.summary
    json.dumps(report.records())


def test_a_configuration_without_heads_takes_those_that_align_prints(aligned, model):
    """transformers raises `no alignment_heads` for distilled and fine-tuned models."""
    whole = WhisperForConditionalGeneration.from_pretrained(model)
    whole.generation_config.no_timestamps_token_id = 63
    transcriber = aligned[1].aligner.transcriber
    inputs = transcriber.inputs([np.ones(16000, np.float32)])
    settings = {"return_token_timestamps": True, "max_new_tokens": 3, "attention_mask": torch.ones(1, 100).long()}
    with pytest.raises(ValueError, match="alignment_heads"):
        whole.generate(**inputs, **settings)
    whole.generation_config.alignment_heads = aligned[1].alignment_heads
    assert float(whole.generate(**inputs, **settings)["token_timestamps"].max()) <= 1.02


def test_without_labels_the_head_with_the_sharpest_maps_is_chosen_and_words_have_no_confidence(model, tmp_path):
    """Also on speech without any labels; the table of the labelled way names its score."""
    folder = tmp_path / "speech"
    folder.mkdir()
    for number in range(2):
        wave = 0.1 * np.random.default_rng(number).normal(size=24000)
        soundfile.write(folder / f"{number}.wav", wave, 16000)
        (folder / f"{number}.txt").write_text("she had", encoding="utf-8")
    path = tmp_path / "aligner.json"
    report = otoscope.align(model, folder, path, criterion="norm")
    assert (report.scores, report.aligner.models, report.generated) == ((), {}, None)
    assert "without labels and without a test" in report.summary
    json.dumps(report.records(), allow_nan=False)
    assert {anchor.lag for anchor in report.aligner.anchors.values()} == {0.0}
    assert report.alignment_heads[0] == list(report.aligner.anchors["start"].head)
    words = otoscope.words(path, [folder], tmp_path / "words", otoscope.WordOptions(format=("ctm", "json")))
    assert (words.num_words, words.unsure) == (4, ("0", "1"))  # the model is random: no text is probable
    stored = json.loads((tmp_path / "words" / "0.json").read_text())["words"]
    assert [word["confidence"] for word in stored] == [None, None]
    assert all(0 < word["probability"] < 1 for word in stored)
    assert [len(line.split()) for line in (tmp_path / "words" / "0.ctm").read_text().splitlines()] == [5, 5]


def test_the_sharpest_maps_have_the_largest_mean_share_of_norms():
    spelling, wave = Spelling((1,), (0, 1)), np.zeros(1)
    utterance = TimedUtterance("a", "x", wave, ("a",), {})
    measured = [
        HeadTimes(utterance, spelling, 0.02, {}, {}, norms)
        for norms in ({(0, 0): 1.0, (0, 1): 2.0}, {(0, 0): 10.0, (0, 1): 9.0})
    ]
    assert rank_by_norm(measured) == [(0, 1), (0, 0)]


def test_a_loaded_aligner_gives_the_same_words(aligned):
    path, report = aligned
    wave = np.random.default_rng(0).normal(size=32000).astype(np.float32)
    words = load_aligner(path).words(wave, 16000, text="She had")
    assert words == report.aligner.words(wave, 16000, text="She had")
    assert [word.text for word in words] == ["She", "had"]
    assert all(0 <= word.start < word.end <= 2 and 0 <= word.confidence <= 1 for word in words)


def test_the_probability_of_a_word_is_the_geometric_mean_of_those_of_its_tokens(aligned):
    """The reference runs the whole model once for each token."""
    transcriber = aligned[1].aligner.transcriber
    wave = np.random.default_rng(0).normal(size=32000).astype(np.float32)
    ids, expected = list(transcriber.prompt), []
    for word in ("ab", "c"):
        values = []
        for token in transcriber.tokenizer(f" {word}", add_special_tokens=False).input_ids:
            with torch.inference_mode():
                logits = transcriber.model(**transcriber.inputs([wave]), decoder_input_ids=torch.tensor([ids])).logits
            values.append(float(logits[0, -1].double().log_softmax(-1)[token]))
            ids.append(token)
        expected.append(np.exp(np.mean(values)))
    words = aligned[1].aligner.words(wave, 16000, text="ab c")
    assert [word.probability for word in words] == pytest.approx(expected, abs=1e-3)


def test_the_filter_with_the_most_times_within_50_ms_is_chosen_with_its_lag():
    """A map whose peaks are hidden by short spikes needs a filter of more than the length of a spike."""
    rng, measured, maps = np.random.default_rng(0), [], []
    for number in range(4):
        ends = np.array([0.4, 0.8, 1.2, 1.6]) + 0.02 * number
        map_qk = np.zeros((5, 100))
        for row, start in enumerate([0.0, *ends]):
            map_qk[row, int(start / 0.02 + 3) :][:14] = 1
        map_qk[rng.integers(0, 5, 30), rng.integers(0, 100, 30)] += 9
        utterance = TimedUtterance(str(number), "x", np.zeros(1), tuple("abcd"), {Side.end: ends})
        measured.append(HeadTimes(utterance, Spelling((1, 2, 3, 4), (0, 1, 2, 3, 4)), 0.02, {}, {}, {}))
        maps.append(map_qk)
    anchor = choose_filter(measured, maps, Side.end, Anchor((0, 0), 0, 0.0))
    assert anchor.filter_columns > 1
    assert anchor.lag == pytest.approx(0.06, abs=0.021)


def test_words_of_the_command_are_those_of_python(aligned, otoscope_command, tmp_path):
    path, _ = aligned
    speech = tmp_path / "speech" / "anna"
    speech.mkdir(parents=True)
    wave = 0.1 * np.random.default_rng(0).normal(size=24000)
    soundfile.write(speech / "one.wav", wave, 16000)
    (speech / "one.txt").write_text("she had", encoding="utf-8")
    status, printed, errors = otoscope_command(
        "words", path, speech.parent, "-o", tmp_path / "out", "--format", "json,srt"
    )
    assert (status, errors) == (0, ""), errors
    assert "2 words in 2 files" in printed
    assert "improbable words in anna/one: check that its text is what is said" in printed
    stored = json.loads((tmp_path / "out" / "anna" / "one.json").read_text())["words"]
    samples, rate = soundfile.read(speech / "one.wav", dtype="float32")
    expected = load_aligner(path).words(samples, rate, text="she had")
    assert [(word["text"], word["start"], word["end"]) for word in stored] == [
        (word.text, word.start, word.end) for word in expected
    ]
    subtitles = tmp_path / "out" / "anna" / "one.srt"
    assert subtitles.read_text().startswith("1\n")
    subtitles.write_text("corrected by hand")
    status, _, errors = otoscope_command("words", path, speech.parent, "-o", tmp_path / "out", "--format", "srt")
    assert (status, "one.srt exists already" in errors, errors.count("\n")) == (2, True, 1)
    assert subtitles.read_text() == "corrected by hand"


def test_several_processes_write_the_files_of_one(aligned, tmp_path, monkeypatch):
    """Also after the file of the aligner has changed: what was loaded before is not used again.

    Processes are those of `otoscope boundaries`, whose tests start them. Here, what they would get is pickled.
    """
    path, report = aligned
    moved = tmp_path / "aligner.json"
    for seconds, name in ((1.0, "one"), (1.5, "two")):
        wave = 0.1 * np.random.default_rng(0).normal(size=int(16000 * seconds))
        soundfile.write(tmp_path / f"{name}.wav", wave, 16000)
        (tmp_path / f"{name}.txt").write_text("she had", encoding="utf-8")
    audio = [tmp_path / "one.wav", tmp_path / "two.wav"]
    other = json.loads(path.read_text())
    other["anchors"]["end"]["lag"] += 0.2
    moved.write_text(json.dumps(other))
    changed = otoscope.words(moved, audio, tmp_path / "changed", otoscope.WordOptions(format=("json",)))
    moved.write_text(path.read_text())
    expected = otoscope.words(moved, audio, tmp_path / "here", otoscope.WordOptions(format=("json",)))
    assert expected.files[0].read_bytes() != changed.files[0].read_bytes()
    received = []

    def map_pickled(job, cuts, workers):
        received.append((len(cuts), workers))
        return [job(cut) for job, cut in (pickle.loads(pickle.dumps((job, cut))) for cut in cuts)]

    monkeypatch.setattr(write_words, "map_in_processes", map_pickled)
    options = otoscope.WordOptions(format=("json",), workers=2)
    written = otoscope.words(moved, audio, tmp_path / "there", options)
    assert received == [(2, 2)]
    assert [file.read_bytes() for file in written.files] == [file.read_bytes() for file in expected.files]
    with pytest.raises(InputError, match="expected the path of an aligner for several workers"):
        otoscope.words(report.aligner, audio, tmp_path / "no", options)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--format", "docx"), "expected --format textgrid, ctm, json, srt, vtt; found docx"),
        ((), "no such file or folder"),
    ],
)
def test_bad_input_of_words_is_one_line_and_writes_nothing(aligned, otoscope_command, tmp_path, arguments, reason):
    status, _, errors = otoscope_command("words", aligned[0], tmp_path / "absent", "-o", tmp_path / "out", *arguments)
    assert (status, reason in errors, len(errors.splitlines())) == (2, True, 1), errors
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("model_name", "corpus", "arguments", "reason"),
    [
        ("bundled", "bundled", (), "has no decoder"),
        (None, "bundled", ("--unit", "syllable"), "expected --unit character or wordpiece"),
        (None, "bundled", ("--test", "zoe"), "expected --test with speakers of the corpus, found zoe"),
        (None, "bundled", ("--limit", 1), "at least one speaker to learn on"),
    ],
)
def test_bad_input_of_align_is_one_line(model, otoscope_command, tmp_path, model_name, corpus, arguments, reason):
    name = bundled.model() if model_name else model
    status, _, errors = otoscope_command("align", name, corpus, "-o", tmp_path / "a.json", *arguments)
    assert (status, reason in errors, len(errors.splitlines())) == (2, True, 1), errors
    assert not (tmp_path / "a.json").exists()


def test_speech_without_words_in_time_is_refused(model, otoscope_command, tmp_path):
    (tmp_path / "speech").mkdir()
    soundfile.write(tmp_path / "speech" / "one.wav", np.full(16000, 0.1), 16000)
    status, _, errors = otoscope_command("align", model, tmp_path / "speech", "-o", tmp_path / "a.json")
    assert (status, "expected words with times" in errors) == (2, True), errors


def test_an_aligner_of_a_model_with_other_decoder_weights_is_refused(aligned, model, tmp_path):
    whole = WhisperForConditionalGeneration.from_pretrained(model)
    whole.get_decoder().layers[0].encoder_attn.q_proj.weight.data *= 2
    copytree(model, tmp_path / "tuned")
    whole.save_pretrained(tmp_path / "tuned")
    values = json.loads(aligned[0].read_text()) | {"model": str(tmp_path / "tuned")}
    other = tmp_path / "other.json"
    other.write_text(json.dumps(values))
    with pytest.raises(InputError, match="expected the model of the aligner, with the weights"):
        load_aligner(other).words(np.ones(16000), 16000, text="a")


@pytest.mark.parametrize("content", ["{}", "[]", "not json", '{"version": 99}'])
def test_another_file_is_no_aligner(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match="expected an aligner"):
        load_aligner(tmp_path / "a.json")


def test_audio_of_zero_samples_is_refused(aligned):
    with pytest.raises(InputError, match="found 0 samples"):
        load_aligner(aligned[0]).words(np.zeros(0), 16000)


def test_words_do_not_overlap_and_pauses_stay():
    start, end = ordered_times(np.array([0.1, 0.5, 0.4]), np.array([0.2, 0.7, 0.9]), 1.0)
    assert start[1] - end[0] == pytest.approx(0.3)
    assert (end[:-1] <= start[1:] + 1e-9).all()


def test_long_audio_is_divided_where_the_transcript_is(aligned):
    parts = divide_text("a b x c d".split(), [Part(0, 12, ("a", "b")), Part(14, 25, ("c", "d"))])
    assert parts == [Part(0, 12, ("a", "b", "x")), Part(14, 25, ("c", "d"))]
    joined = join_parts(load_aligner(aligned[0]).transcriber, parts, 30.0)
    assert [part.words for part in joined] == [("a", "b", "x"), ("c", "d")]
    assert (joined[0].start, joined[0].end, joined[1].start) == (0.0, 12.3, 13.7)
    with pytest.raises(InputError, match="found no word of it in the transcript"):
        divide_text(["z"], parts)
