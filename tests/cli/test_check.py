"""`otoscope check`: a table or JSON; status 0 where something is usable, otherwise 2."""

import json

from tests.helpers.corpus_tones import write_tone

import otoscope


def test_a_usable_corpus_has_status_0_and_a_table(otoscope_command, tiny_corpus):
    status, out, err = otoscope_command("check", tiny_corpus)
    assert (status, err) == (0, "")
    assert out == otoscope.check_corpus(tiny_corpus).table
    assert "4 usable, 0 not" in out


def test_json_is_the_report(otoscope_command, tiny_corpus, tiny_model):
    status, out, _ = otoscope_command("check", tiny_corpus, "--model", tiny_model, "--limit", 2, "--json")
    assert status == 0
    assert json.loads(out)["utterances"] == 2
    assert json.loads(out)["model"]["sampling_rate"] == 16000


def test_a_corpus_of_which_nothing_is_usable_has_its_table_and_status_2(otoscope_command, tmp_path, tiny_model):
    write_tone(tmp_path / "short.wav", seconds=0.001)
    status, out, err = otoscope_command("check", tmp_path, "--model", tiny_model)
    assert status == 2
    assert "0 usable, 1 not" in out
    assert err.count("\n") == 1
    assert "no utterance of 1" in err
