"""Kaldi data directories: audio by wav.scp or by name, segments, speakers, text, and phones from a CTM."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import SkippedUtterance, load_audio, read_corpus
from otoscope.errors import InputError


def write(folder: Path, **files: str) -> Path:
    """A data directory; `wav_scp` becomes `wav.scp`, `phones_ctm` becomes `phones.ctm`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


@pytest.fixture
def two_utterances(tmp_path: Path) -> Path:
    one, two = write_tone(tmp_path / "x" / "one.wav"), write_tone(tmp_path / "x" / "two.flac", seconds=2.0)
    return write(
        tmp_path / "data",
        wav_scp=f"u1 {one}\nu2 {two}\n",
        utt2spk="u1 anna\nu2 ben\n",
        text="u1 HELLO  THERE\nu2\n",
        phones_ctm="u1 1 0.10 0.30 HH\nu1 1 0.40 0.60 AH 0.93\nother 1 0 1 X\n",
    )


def test_speakers_text_and_phones_belong_to_their_utterance(two_utterances: Path) -> None:
    skipped: list[SkippedUtterance] = []
    one, two = read_corpus(two_utterances, on_skip=skipped.append)
    assert [(item.id, item.part) for item in skipped] == [("phones.ctm", "file")]
    assert "found 1 others (other)" in skipped[0].reason
    assert [(cut.id, cut.duration, cut.supervisions[0].speaker) for cut in (one, two)] == [
        ("u1", 1.0, "anna"),
        ("u2", 2.0, "ben"),
    ]
    assert [cut.supervisions[0].text for cut in (one, two)] == ["HELLO  THERE", None]
    assert two.supervisions[0].alignment is None
    phones = one.supervisions[0].alignment["phone"]
    assert [(p.symbol, p.start, p.end) for p in phones] == [("HH", 0.1, pytest.approx(0.4)), ("AH", 0.4, 1.0)]


def test_audio_and_ctm_one_level_up_are_found_by_name(tmp_path: Path) -> None:
    write_tone(tmp_path / "audio" / "anna" / "u1.opus")
    write_tone(tmp_path / "audio" / "ben" / "u2.opus")
    write(tmp_path, phones_ctm="u2 1 0.0 0.5 AA\n")
    (cut,) = read_corpus(write(tmp_path / "train", utt2spk="u2 ben\n", text="u2 HI\n"))
    assert (cut.id, cut.supervisions[0].speaker, cut.supervisions[0].text) == ("u2", "ben", "HI")
    assert cut.supervisions[0].alignment["phone"][0].symbol == "AA"


def test_segments_cut_recordings_into_utterances(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "long.wav", seconds=3.0)
    folder = write(
        tmp_path / "data",
        wav_scp=f"long {file}\n",
        segments="s1 long 0.5 1.25\ns2 long 2.0 -1\n",
        utt2spk="s1 anna\ns2 anna\n",
        phones_ctm="s2 1 0.0 1.0 AA\n",
    )
    first, second = read_corpus(folder)
    samples, _ = soundfile.read(file, dtype="float32")
    np.testing.assert_array_equal(load_audio(first, 16000), samples[8000:20000])
    np.testing.assert_array_equal(load_audio(second, 16000), samples[32000:])
    assert second.supervisions[0].alignment["phone"][0].end == 1.0


@pytest.mark.parametrize(("start", "end"), [("2.5", "3.5"), ("-1", "2"), ("2", "1"), ("4", "-1")])
def test_a_segment_outside_its_recording_is_left_out(tmp_path: Path, start: str, end: str) -> None:
    file = write_tone(tmp_path / "long.wav", seconds=3.0)
    folder = write(tmp_path / "d", wav_scp=f"long {file}\n", segments=f"s1 long {start} {end}\ns2 long 0 1\n")
    skipped: list[SkippedUtterance] = []
    assert list(read_corpus(folder, on_skip=skipped.append).ids) == ["s2"]
    assert skipped[0].id == "s1"
    assert "expected a segment within its 3.000 s of audio" in skipped[0].reason


def test_a_pipe_command_is_refused_and_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    folder = write(tmp_path / "d", wav_scp=f"u1 touch {trace} |\n", utt2spk="u1 anna\n")
    with pytest.raises(InputError) as refusal:
        read_corpus(folder)
    assert "wav.scp: expected paths of audio files, got a pipe command for u1, which is never executed here" in str(
        refusal.value
    )
    assert not trace.exists()


def test_relative_paths_count_from_the_working_directory_or_else_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tone(tmp_path / "here" / "a.wav", seconds=1.0)
    write_tone(tmp_path / "data" / "b.wav", seconds=2.0)
    write(tmp_path / "data", wav_scp="u1 a.wav\nu2 b.wav\n")
    monkeypatch.chdir(tmp_path / "here")
    assert [cut.duration for cut in read_corpus(tmp_path / "data")] == [1.0, 2.0]


def test_an_utterance_without_audio_is_left_out(tmp_path: Path) -> None:
    write_tone(tmp_path / "d" / "audio" / "u1.wav")
    skipped: list[SkippedUtterance] = []
    read_corpus(write(tmp_path / "d", utt2spk="u1 anna\nu2 anna\n"), on_skip=skipped.append)
    assert skipped == [
        SkippedUtterance("u2", "u2: no audio file belongs to this utterance; add it or remove the utterance"),
    ]


def test_a_folder_without_audio_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data: expected wav\.scp, or a folder named audio here or one level up"):
        read_corpus(write(tmp_path / "data", utt2spk="u1 anna\n"))


def test_two_audio_files_of_one_name_are_not_guessed_between(tmp_path: Path) -> None:
    write_tone(tmp_path / "audio" / "a" / "u1.wav")
    write_tone(tmp_path / "audio" / "b" / "u1.wav")
    with pytest.raises(InputError, match=r"expected one audio file per name, got .*a/u1\.wav and .*b/u1\.wav"):
        read_corpus(write(tmp_path, utt2spk="u1 anna\n"))


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        ("segments", "u1 one 0.5", "utterance recording start end"),
        ("segments", "u1 one zero 1", "utterance recording start end"),
    ],
)
def test_a_malformed_line_is_quoted(two_utterances: Path, file: str, line: str, expected: str) -> None:
    write(two_utterances, **{file: line + "\n"})
    with pytest.raises(InputError) as refusal:
        read_corpus(two_utterances)
    assert f"{file.replace('_', '.')}: expected lines '{expected}', got '{line}'" in str(refusal.value)


@pytest.mark.parametrize(
    ("file", "line"), [("text", "u1 AGAIN"), ("utt2spk", "u1 ben"), ("wav_scp", "u1 x.wav"), ("segments", "u1 one 0 1")]
)
def test_an_id_that_stands_twice_in_a_table_is_named(two_utterances: Path, file: str, line: str) -> None:
    table = two_utterances / file.replace("_", ".")
    before = table.read_text() if table.exists() else "u1 one 0 0.5\n"
    table.write_text(f"{before}{line}\n")
    with pytest.raises(InputError) as refusal:
        read_corpus(two_utterances)
    assert str(refusal.value).startswith(f"{table}: expected one line for u1, got several")


def test_a_path_that_no_file_can_have_leaves_out_its_utterance(two_utterances: Path) -> None:
    table = two_utterances / "wav.scp"
    table.write_text(table.read_text().replace("two.flac", "o" * 5000))
    skipped: list[SkippedUtterance] = []
    assert list(read_corpus(two_utterances, on_skip=skipped.append).ids) == ["u1"]
    assert "expected an audio file, found none" in skipped[0].reason


def test_lines_of_a_shared_ctm_about_other_utterances_are_passed_over(two_utterances: Path) -> None:
    """One CTM above the folders of several parts has lines for all of them."""
    (two_utterances / "phones.ctm").unlink()
    (two_utterances.parent / "phones.ctm").write_text("u1 1 0.1 0.3 A\nu9 1 unaligned\n")
    assert len(read_corpus(two_utterances)[0].supervisions[0].alignment["phone"]) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("u1 1 0.3 0.3 B", "expected labels that do not overlap"),
        ("u1 1 0.5 AA", "expected lines 'utterance channel start duration symbol', found 'u1 1 0.5 AA'"),
        ("u1 1 0.5 long AA", "expected lines 'utterance channel start duration symbol'"),
    ],
)
def test_a_bad_line_of_a_ctm_costs_that_label_and_is_reported(two_utterances: Path, line: str, problem: str) -> None:
    write(two_utterances, phones_ctm=f"u1 1 0.1 0.3 A\n{line}\n")
    skipped: list[SkippedUtterance] = []
    cut, _ = read_corpus(two_utterances, on_skip=skipped.append)
    assert [item.symbol for item in cut.supervisions[0].alignment["phone"]] == ["A"]
    assert [(item.id, item.part) for item in skipped] == [("u1", "labels")]
    assert problem in skipped[0].reason
    with pytest.raises(InputError, match="labels of u1: "):
        read_corpus(two_utterances, strict=True)


@pytest.mark.parametrize("table", ["text", "utt2spk", "phones_ctm"])
def test_labels_under_keys_that_match_no_utterance_are_reported(two_utterances: Path, table: str) -> None:
    write(two_utterances, phones_ctm="u1 1 0.1 0.3 A\n", segments="u1 u1 0 0.5\n", utt2spk="u1 anna\n", text="u1 a\n")
    write(two_utterances, **{table: "U1 1 0.1 0.3 A\nu1 1 0.1 0.3 A\n"})
    skipped: list[SkippedUtterance] = []
    read_corpus(two_utterances, on_skip=skipped.append)
    reasons = {item.id: item.reason for item in skipped}
    assert "found 1 others (U1)" in reasons[table.replace("_", ".")]
