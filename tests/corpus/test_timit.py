"""TIMIT as it is distributed, copied and sampled: labels in samples, the speaker as folder."""

from pathlib import Path

import pytest
from tests.helpers.corpus_tones import sphere, tone, write_tone

from otoscope.corpus import SkippedUtterance, load_audio, phones_of, read_corpus, words_of
from otoscope.errors import InputError

PHONES = "0 4000 h#\n4000 8000 sh\n8000 16000 iy\n"
WORDS = "4000 9000 she\n8000 16000 eats\n"
TEXT = "0 16000 She eats.\n"


def write_labels(audio: Path, upper: bool = False, **content: str) -> None:
    for suffix, text in content.items():
        audio.with_suffix(f".{suffix.upper() if upper else suffix}").write_text(text)


def test_phones_words_text_and_speaker_are_read(tmp_path: Path) -> None:
    write_labels(write_tone(tmp_path / "dr1-fvmh0" / "sa1.flac"), phn=PHONES, wrd=WORDS, txt=TEXT)
    (cut,) = read_corpus(tmp_path)
    (supervision,) = cut.supervisions
    assert (cut.id, supervision.speaker, supervision.text) == ("dr1-fvmh0/sa1", "dr1-fvmh0", "She eats.")
    assert [(p.symbol, p.start, p.end) for p in supervision.alignment["phone"]] == [
        ("h#", 0.0, 0.25),
        ("sh", 0.25, 0.5),
        ("iy", 0.5, 1.0),
    ]
    assert [(w.symbol, w.start, w.end) for w in supervision.alignment["word"]] == [
        ("she", 0.25, 0.5625),
        ("eats", 0.5, 1.0),
    ]


def test_samples_count_at_the_rate_of_the_audio(tmp_path: Path) -> None:
    write_labels(write_tone(tmp_path / "spk" / "a.wav", rate=8000), phn="0 4000 a\n4000 8000 b\n")
    assert read_corpus(tmp_path)[0].supervisions[0].alignment["phone"][0].end == 0.5


def test_a_tree_in_upper_case_with_sphere_audio(tmp_path: Path) -> None:
    audio = tmp_path / "TRAIN" / "DR1" / "FCJF0" / "SA1.WAV"
    audio.parent.mkdir(parents=True)
    audio.write_bytes(sphere(tone()))
    write_labels(audio, upper=True, phn=PHONES, wrd=WORDS, txt=TEXT)
    (cut,) = read_corpus(tmp_path)
    assert (cut.id, cut.supervisions[0].speaker) == ("TRAIN/DR1/FCJF0/SA1", "FCJF0")
    assert len(cut.supervisions[0].alignment["phone"]) == 3
    assert load_audio(cut, 16000) == pytest.approx(tone(), abs=1e-4)


def test_a_converted_copy_beside_the_sphere_file_is_the_one_that_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "FCJF0"
    write_labels(write_tone(folder / "SA1.WAV"), upper=True, phn=PHONES)
    write_tone(folder / "SA1.WAV.wav")
    (cut,) = read_corpus(tmp_path)
    assert cut.id == "FCJF0/SA1"
    assert cut.recording.sources[0].source.endswith("SA1.WAV.wav")
    assert len(cut.supervisions[0].alignment["phone"]) == 3


def test_one_file_keeps_its_labels_and_speaker(tmp_path: Path) -> None:
    audio = write_tone(tmp_path / "fvmh0" / "sa1.wav")
    write_labels(audio, phn=PHONES)
    (cut,) = read_corpus(audio)
    assert (cut.id, cut.supervisions[0].speaker) == ("sa1", "fvmh0")
    assert len(cut.supervisions[0].alignment["phone"]) == 3


def test_words_are_the_text_where_no_text_lies_beside(tmp_path: Path) -> None:
    write_labels(write_tone(tmp_path / "fvmh0" / "sa1.wav"), wrd=WORDS)
    assert read_corpus(tmp_path)[0].supervisions[0].text == "she eats"


def test_labels_a_sample_past_the_end_are_clipped(tmp_path: Path) -> None:
    write_labels(write_tone(tmp_path / "fvmh0" / "sa1.wav"), phn="0 8000 a\n8000 16001 b\n")
    assert read_corpus(tmp_path)[0].supervisions[0].alignment["phone"][-1].end == 1.0


@pytest.mark.parametrize(
    ("phones", "used", "reason"),
    [
        ("0 8000 a\n8000 16200 b\n", [], "expected labels within the audio's 1.000 s, found 'b'"),
        ("0 15000 a\n7000 16000 b\n", ["a"], "expected labels that do not overlap, found 'b'"),
        ("0 15000 a\n15000 15000 b\n", ["a"], "expected labels that start at 0 or later and end after they start"),
        ("0 15000 a\n8000\n", ["a"], "bad.phn: expected lines 'first_sample end_sample symbol', found '8000'"),
        ("0 half a\n0 16000 b\n", ["b"], "bad.phn: expected lines 'first_sample end_sample symbol', found '0 half a'"),
        ("0 16000 a\n" + "9" * 400 + " 5 b\n", ["a"], "bad.phn: expected lines 'first_sample end_sample symbol'"),
        ("\n", [], "bad.phn: expected labels, found an empty file"),
    ],
)
def test_a_bad_label_costs_that_label_not_its_utterance(
    tmp_path: Path, phones: str, used: list[str], reason: str
) -> None:
    write_labels(write_tone(tmp_path / "fvmh0" / "good.wav"), phn=PHONES)
    write_labels(write_tone(tmp_path / "fvmh0" / "bad.wav"), phn=phones)
    skipped: list[SkippedUtterance] = []
    cuts = {cut.id: cut for cut in read_corpus(tmp_path, on_skip=skipped.append)}
    assert list(cuts) == ["fvmh0/bad", "fvmh0/good"]
    assert [symbol for symbol, _, _ in phones_of(cuts["fvmh0/bad"])] == used
    assert [(item.id, item.part) for item in skipped] == [("fvmh0/bad", "labels")]
    assert reason in skipped[0].reason
    with pytest.raises(InputError, match="labels of fvmh0/bad: "):
        read_corpus(tmp_path, strict=True)


def test_labels_of_another_rate_are_reported_and_not_used(tmp_path: Path) -> None:
    """Samples of 16 kHz next to audio of 32 kHz end at half of it, next to audio of 8 kHz at twice of it."""
    for rate in (8000, 32000):
        write_labels(write_tone(tmp_path / "fvmh0" / f"at{rate}.wav", rate=rate), phn="0 8000 a\n8000 16000 b\n")
    skipped: list[SkippedUtterance] = []
    cuts = list(read_corpus(tmp_path, on_skip=skipped.append))
    assert [phones_of(cut) for cut in cuts] == [[], []]
    assert [(item.id, item.part) for item in skipped] == [("fvmh0/at32000", "labels"), ("fvmh0/at8000", "labels")]
    assert all("belong together" in item.reason for item in skipped)


def test_words_of_another_rate_are_reported_where_there_are_no_phones(tmp_path: Path) -> None:
    write_labels(write_tone(tmp_path / "fvmh0" / "a.wav", rate=32000), wrd=WORDS)
    skipped: list[SkippedUtterance] = []
    (cut,) = read_corpus(tmp_path, on_skip=skipped.append)
    assert words_of(cut) == []
    assert [(item.id, item.part) for item in skipped] == [("fvmh0/a", "labels")]


def test_lines_end_at_line_feeds_and_nowhere_else(tmp_path: Path) -> None:
    """Unicode also calls the characters 0x0B, 0x1C and 0x85 ends of a line; in a symbol they end nothing."""
    write_labels(write_tone(tmp_path / "fvmh0" / "a.wav"), phn="0 8000 a\x1cb\r\n8000 16000 c\n")
    assert len(phones_of(read_corpus(tmp_path)[0])) == 2


@pytest.mark.parametrize("suffix", [".phn", ".txt"])
def test_labels_that_are_no_text_leave_only_their_utterance_out(tmp_path: Path, suffix: str) -> None:
    write_labels(write_tone(tmp_path / "fvmh0" / "good.wav"), phn=PHONES)
    write_tone(tmp_path / "fvmh0" / "bad.wav").with_suffix(suffix).write_bytes(b"\xff\xfe\x00\xd8")
    skipped: list[SkippedUtterance] = []
    read_corpus(tmp_path, on_skip=skipped.append)
    assert [one.id for one in skipped] == ["fvmh0/bad"]
    assert f"bad{suffix}: expected readable text in UTF-8" in skipped[0].reason
