"""A check of a corpus reports what commands use, skip and ignore, with the right numbers."""

import json

import pytest
import soundfile
from tests.helpers.corpus_tones import tone, write_tone

import otoscope
from otoscope.analysis.corpus_report import Problem
from otoscope.errors import InputError


@pytest.fixture
def odd_corpus(tmp_path):
    """Folder in TIMIT's layout: three usable utterances, one with wrong words; four others, and four files not read."""
    root = tmp_path / "odd"
    write_tone(root / "anna" / "labelled.wav", seconds=2.0)
    (root / "anna" / "labelled.phn").write_text("0 8000 h#\n8000 16000 sh\n16000 24000 iy\n", encoding="utf-8")
    (root / "anna" / "labelled.WRD").write_text("8000 20000 noise\n16000 24000 ease\n", encoding="utf-8")
    write_tone(root / "bert" / "slow.wav", seconds=1.0, rate=8000)
    write_tone(root / "bert" / "stereo.wav", channels=2)
    write_tone(root / "bert" / "short.wav", seconds=0.001)
    (root / "bert" / "empty.wav").touch()
    write_tone(root / "bert" / "words.wav")
    (root / "bert" / "words.wrd").write_text("she ease\n", encoding="utf-8")
    soundfile.write(root / "bert" / "cut.flac", tone(), 16000)
    whole = (root / "bert" / "cut.flac").read_bytes()
    (root / "bert" / "cut.flac").write_bytes(whole[: len(whole) // 2])
    for name in ("bert/phone.m4a", "bert/other.phn", "session.log", "README"):
        (root / name).write_text("not read", encoding="utf-8")
    return root


def test_counts_are_those_of_the_usable_utterances(odd_corpus, tiny_model):
    report = otoscope.check_corpus(odd_corpus, tiny_model)
    assert (report.format, report.utterances, report.seconds) == ("timit", 3, 4.0)
    assert (report.speakers, report.without_speaker) == (2, 0)
    assert report.sampling_rates == {16000: 2, 8000: 1}
    assert report.channels == {1: 3}


def test_coverage_counts_overlapping_words_once(odd_corpus):
    report = otoscope.check_corpus(odd_corpus)
    phones, words = report.phones, report.words
    assert (phones.labels, phones.symbols, phones.utterances) == (3, 3, 1)
    assert (phones.seconds, phones.silence_seconds) == (1.5, 0.5)
    assert (words.labels, words.seconds, words.silence_seconds) == (2, 1.0, 0.0)
    assert (report.phone_set, report.unknown_phones) == ("timit", ())


def test_each_unusable_utterance_has_its_kind_of_problem_and_its_reason(odd_corpus, tiny_model):
    report = otoscope.check_corpus(odd_corpus, tiny_model)
    problems = {one.id: one.problem for one in report.unusable}
    assert problems == {
        "bert/cut": Problem.AUDIO,
        "bert/empty": Problem.AUDIO,
        "bert/short": Problem.MODEL,
        "bert/stereo": Problem.AUDIO,
    }
    reasons = {one.id: one.reason for one in report.unusable}
    assert "pass --channel, from 0 to 1" in reasons["bert/stereo"]
    assert "shorter than one frame" in reasons["bert/short"]


def test_labels_that_are_not_used_do_not_cost_their_utterance(odd_corpus):
    report = otoscope.check_corpus(odd_corpus)
    (labels,) = report.unused_labels
    assert labels.id == "bert/words"
    assert "she ease" in labels.reason
    assert f"bert/words: {labels.reason}" in report.table


def test_labels_that_cannot_be_read_at_all_are_named_so(tiny_corpus):
    first = min(tiny_corpus.rglob("*.TextGrid"))
    first.write_text("no TextGrid", encoding="utf-8")
    (unusable,) = otoscope.check_corpus(tiny_corpus).unusable
    assert unusable.problem is Problem.LABELS


def test_an_utterance_that_shares_its_id_with_another_is_named_so(tmp_path):
    for name in ("one.wav", "one.flac"):
        write_tone(tmp_path / name)
    (unusable,) = otoscope.check_corpus(tmp_path).unusable
    assert (unusable.id, unusable.problem) == ("one", Problem.ID)


def test_a_manifest_that_names_no_audio_is_named_so(tmp_path):
    manifest = tmp_path / "tiny_cuts.jsonl"
    otoscope.read_corpus(write_tone(tmp_path / "audio" / "one.wav").parent).to_file(manifest)
    line = manifest.read_text(encoding="utf-8")
    manifest.write_text(line + line.replace("one", "two"), encoding="utf-8")
    (unusable,) = otoscope.check_corpus(tmp_path).unusable
    assert (unusable.id, unusable.problem) == ("two", Problem.MANIFEST)


def test_without_a_model_a_short_utterance_is_usable(odd_corpus):
    report = otoscope.check_corpus(odd_corpus)
    assert report.utterances == 4
    assert report.model is None


def test_files_that_no_utterance_reads_are_listed(odd_corpus):
    assert otoscope.check_corpus(odd_corpus).ignored == ("bert/other.phn", "bert/phone.m4a", "session.log")


def test_the_options_of_a_run_choose_what_is_read(odd_corpus):
    options = otoscope.CorpusOptions(limit=1, format="audio")
    report = otoscope.check_corpus(odd_corpus, options=options)
    assert (report.format, report.utterances, report.phones.labels, report.phone_set) == ("audio", 1, 0, None)
    assert "anna/labelled.phn" in report.ignored
    assert "bert/slow.wav" not in report.ignored


def test_a_corpus_without_any_readable_utterance_is_one_error(tmp_path):
    (tmp_path / "empty.wav").touch()
    with pytest.raises(InputError, match="empty file"):
        otoscope.check_corpus(tmp_path)


def test_cuts_in_memory_have_no_files_to_ignore(tiny_corpus):
    cuts = otoscope.read_corpus(tiny_corpus)
    report = otoscope.check_corpus(cuts)
    assert (report.format, report.utterances, report.ignored) == ("cuts", 4, ())


def test_json_holds_everything_and_the_table_three_examples_of_a_problem(tmp_path, tiny_model):
    for number in range(5):
        write_tone(tmp_path / f"short{number}.wav", seconds=0.001)
    report = otoscope.check_corpus(tmp_path, tiny_model)
    content = json.loads(report.json)
    assert content["problems"] == {"model": 5}
    assert [one["problem"] for one in content["unusable"]] == ["model"] * 5
    assert content["model"] == {"name": str(tiny_model), "sampling_rate": 16000, "max_seconds": None}
    assert report.table.count("shorter than one frame") == 3
    assert "0 usable, 5 not" in report.table
