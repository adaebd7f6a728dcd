"""Buckeye's recordings become utterances: pauses divide them, and speech without phones is never silence."""

import pytest
from tests.helpers.corpus_tones import write_tone
from tests.helpers.published_corpora import HEADER, write_recording

from otoscope.corpus import phones_of, read_corpus, speaker_of, words_of
from otoscope.corpus.builtin.buckeye import read_labels, stretches
from otoscope.corpus.labels import Interval
from otoscope.errors import InputError


def labels(*pairs):
    spans, time = [], 0.0
    for symbol, seconds in pairs:
        spans.append(Interval(symbol, round(time, 6), round(time + seconds, 6)))
        time += seconds
    return spans


def divided(*pairs):
    return [(round(part.start, 3), round(part.end, 3), list(part.untranscribed)) for part in stretches(labels(*pairs))]


def test_utterances_of_a_recording_have_their_phones_words_and_speaker(tmp_path):
    phones = write_recording(tmp_path / "s25", "s2501a", "awb")
    cuts = list(read_corpus(tmp_path))
    assert len(cuts) == 3
    for cut, expected in zip(cuts, phones, strict=True):
        assert speaker_of(cut) == "s25"
        assert cut.supervisions[0].gender == "f"
        spoken = [
            (symbol, start + cut.start, end + cut.start) for symbol, start, end in phones_of(cut) if symbol != "SIL"
        ]
        assert [symbol for symbol, *_ in spoken] == [symbol for symbol, *_ in expected]
        assert [end for *_, end in spoken] == pytest.approx([end for *_, end in expected], abs=1e-5)
        assert words_of(cut)


def test_a_short_pause_remains_and_a_long_one_divides():
    assert divided(("SIL", 1.0), ("aa", 0.5), ("SIL", 0.3), ("iy", 0.5), ("SIL", 1.0)) == [(0.8, 2.5, [])]
    assert divided(("SIL", 1.0), ("aa", 0.5), ("VOCNOISE", 0.4), ("iy", 0.5), ("SIL", 1.0)) == [
        (0.8, 1.7, []),
        (1.7, 2.6, []),
    ]


def test_after_ten_seconds_a_shorter_pause_divides():
    parts = divided(*[("aa", 0.5)] * 21, ("SIL", 0.25), ("iy", 0.6))
    assert [part[:2] for part in parts] == [(0.0, 10.7), (10.55, 11.35)]


def test_the_interviewer_and_marks_of_the_transcript_are_in_no_utterance():
    assert divided(("{B_TRANS}", 1.0), ("aa", 0.6), ("IVER", 2.0), ("<IVER_overlap-start>", 0.5), ("iy", 0.6)) == [
        (1.0, 1.6, []),
        (4.1, 4.7, []),
    ]


def test_speech_without_phones_is_named_and_short_stretches_are_omitted():
    assert divided(("aa", 0.6), ("LAUGH", 0.5), ("iy", 0.2), ("SIL", 1.0), ("t", 0.4), ("SIL", 1.0)) == [
        (0.0, 1.5, ["LAUGH"])
    ]


def test_an_utterance_with_untranscribed_speech_is_skipped_with_the_reason(tmp_path):
    write_tone(tmp_path / "s0101a.wav", 3.0)
    lines = ["0.6 122 aa", "1.0 122 UNKNOWN", "1.6 122 SIL", "2.4 122 iy+1; *", "3.0 122 SIL"]
    (tmp_path / "s0101a.phones").write_text(HEADER + "\n".join(lines))
    skipped = []
    [cut] = read_corpus(tmp_path, on_skip=skipped.append)
    assert [symbol for symbol, *_ in phones_of(cut)] == ["SIL", "iy", "SIL"]
    assert "speech without them (UNKNOWN)" in skipped[0].reason


def test_times_that_go_back_are_skipped(tmp_path):
    (tmp_path / "a.phones").write_text(HEADER + "-1.0 122 {B_TRANS}\r\n0.5 122 aa\r0.4 122 iy\n0.9 122 t\n1.2 121\n")
    assert read_labels(tmp_path / "a.phones") == [Interval("aa", 0.0, 0.5), Interval("t", 0.5, 0.9)]


@pytest.mark.parametrize(
    ("text", "message"),
    [("0.5 122 aa\n", "expected a header that ends with a line '#'"), ("#\nnot a label line\n", "expected lines 'end")],
)
def test_other_files_are_refused(tmp_path, text, message):
    (tmp_path / "a.phones").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "a.phones")
