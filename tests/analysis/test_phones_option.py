"""`--phones` names the phones of a run, and unknown words do not count as silence."""

from pathlib import Path

import numpy as np
import pytest
from lhotse import CutSet, MonoCut, Recording, SupervisionSegment
from lhotse.supervision import AlignmentItem
from tests.helpers.corpus_tones import write_tone

import otoscope
from otoscope.errors import InputError
from otoscope.probing.builtin.phone import phone_classes
from otoscope.probing.probe_data import collect_hidden_states
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import make_source, read_speech


def corpus(folder: Path, symbols: list[str]) -> CutSet:
    """One second of audio with symbols of equal length."""
    recording = Recording.from_file(write_tone(folder / "a.wav"), recording_id="a")
    length = 1 / len(symbols)
    phones = [AlignmentItem(symbol, index * length, length) for index, symbol in enumerate(symbols)]
    supervision = SupervisionSegment("a", "a", 0.0, 1.0, alignment={"phone": phones})
    return CutSet.from_cuts([MonoCut("a", 0.0, 1.0, 0, supervisions=[supervision], recording=recording)])


def phones(run: otoscope.Run) -> list[str]:
    return [str(symbol) for symbol in run.dataset["key_phone"].values]


@pytest.mark.parametrize(
    ("option", "expected"),
    [("auto", ["sil", "ih", "q", "sh"]), ("39", ["sil", "ih", "q", "sh"]), ("own", ["sil", "ix", "q", "zh"])],
)
def test_phones_are_named_as_asked(tiny_model, tmp_path, option, expected):
    cuts = corpus(tmp_path, ["h#", "ix", "zh", "q"])
    run = otoscope.analyze(tiny_model, cuts, tmp_path / "run", options=SpeechOptions(phones=option))
    assert phones(run) == expected
    assert run.plan["corpus"]["phones"] == option


def test_a_table_names_phones_and_the_run_stores_it(tiny_model, tmp_path):
    (tmp_path / "table.csv").write_text("symbol,phone\nix,vowel\nzh,consonant\n")
    options = SpeechOptions(phones=str(tmp_path / "table.csv"))
    run = otoscope.analyze(tiny_model, corpus(tmp_path, ["h#", "ix", "zh"]), tmp_path / "run", options=options)
    assert sorted(phones(run)) == ["consonant", "sil", "vowel"]
    assert run.plan["corpus"]["phones"] == {"ix": "vowel", "zh": "consonant"}
    assert dict(zip(run.dataset.attrs["phone_symbols"], run.dataset.attrs["phone_names"], strict=True)) == {
        "h#": "sil",
        "ix": "vowel",
        "zh": "consonant",
    }
    with pytest.raises(InputError, match="found none in the table for aa"):
        otoscope.analyze(tiny_model, corpus(tmp_path, ["aa", "ix"]), tmp_path / "other", options=options)
    assert not (tmp_path / "other").exists()


def test_a_value_that_is_no_table_is_refused_at_once():
    with pytest.raises(InputError, match="expected --phones auto, 39, own or the path of a table, found 48"):
        SpeechOptions(phones="48")


def test_an_unknown_word_is_no_silence(tiny_model, tmp_path):
    """The share of attention sinks in silence is that of a vowel in the same place, not that of a pause."""
    shares = {}
    for symbol in ("spn", "nsn", "AE1", "sp"):
        run = otoscope.analyze(tiny_model, corpus(tmp_path, ["sil", symbol, "AH0"]), tmp_path / symbol)
        shares[symbol] = run.dataset["sink_silence_share"].values
    np.testing.assert_allclose(shares["spn"], shares["AE1"], rtol=1e-6)
    np.testing.assert_allclose(shares["nsn"], shares["AE1"], rtol=1e-6)
    assert not np.allclose(shares["sp"], shares["AE1"])


def test_networks_trained_on_other_names_are_not_reused(tiny_model, tmp_path):
    """The cache of probes goes by `content`."""
    encoder, contents = otoscope.load(tiny_model), set()
    for name in ("auto", "own"):
        source = make_source(corpus(tmp_path, ["h#", "ih", "ix"]), SpeechOptions(phones=name))
        data = collect_hidden_states(encoder, read_speech(source, encoder))
        classes = phone_classes(data)[0]
        assert int(classes.max()) == {"auto": 1, "own": 2}[name]
        contents.add(data.content)
    assert len(contents) == 2
