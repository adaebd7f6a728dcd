"""Reading a corpus: its format is detected, broken utterances are skipped with a reason, wrong options are refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import FORMATS, SkippedUtterance, read_corpus
from otoscope.errors import InputError


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path / "nowhere")
    assert str(refusal.value) == f"{tmp_path / 'nowhere'}: no such file or folder; check the path of the corpus"


@pytest.mark.parametrize("format", [None, "audio", "timit", "textgrid"])
def test_a_folder_without_audio_is_named(tmp_path: Path, format: str | None) -> None:
    (tmp_path / "notes.txt").write_text("no audio here")
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path, format=format)
    assert str(refusal.value) == f"{tmp_path}: no audio found (wav, flac, ogg, opus, mp3); check the path of the corpus"


def test_a_file_that_is_not_of_audio_is_named(tmp_path: Path) -> None:
    write_tone(tmp_path / "notes.wav")
    (tmp_path / "notes.txt").write_text("no audio here")
    with pytest.raises(InputError, match=r"notes\.txt: no audio found"):
        read_corpus(tmp_path / "notes.txt")


def test_an_unknown_format_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path, format="ark")
    assert str(refusal.value) == f"expected --format {', '.join(FORMATS)}; found ark"


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("timit", "expected labels of format timit next to the audio, found none; omit --format"),
        ("textgrid", "expected labels of format textgrid next to the audio, found none; omit --format"),
        ("kaldi", "expected wav.scp, or a folder named audio here or one level up; found neither"),
        ("lhotse", "expected Lhotse manifests, *cuts*.jsonl(.gz) or *recordings*.jsonl(.gz); found none"),
    ],
)
def test_a_format_that_is_not_there_is_refused(tmp_path: Path, format: str, message: str) -> None:
    write_tone(tmp_path / "corpus" / "a.wav")
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path / "corpus", format=format)
    assert str(refusal.value) == f"{tmp_path / 'corpus'}: {message}"


def test_labels_of_two_formats_ask_for_a_choice(tmp_path: Path) -> None:
    audio = write_tone(tmp_path / "a.wav")
    audio.with_suffix(".phn").write_text("0 16000 a\n")
    audio.with_suffix(".TextGrid").write_text("")
    with pytest.raises(InputError, match=r"labels of one format, found several.* --format textgrid or timit"):
        read_corpus(tmp_path)
    assert (
        read_corpus(tmp_path, format="timit", on_skip=lambda _: None)[0].supervisions[0].alignment["phone"][0].symbol
        == "a"
    )
    assert read_corpus(tmp_path, format="audio")[0].supervisions[0].alignment is None


def test_a_tier_is_refused_where_there_are_none(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    with pytest.raises(InputError, match="tier 'phones' cannot be chosen, audio has no tiers; omit --tier"):
        read_corpus(tmp_path, tier="phones")


@pytest.fixture
def one_broken_of_three(tmp_path: Path) -> Path:
    for name in "abc":
        write_tone(tmp_path / f"{name}.wav")
    (tmp_path / "b.wav").write_bytes((tmp_path / "b.wav").read_bytes()[:9000])
    return tmp_path


def test_one_broken_file_among_many_is_handed_over_with_its_reason(one_broken_of_three: Path) -> None:
    skipped: list[SkippedUtterance] = []
    cuts = read_corpus(one_broken_of_three, on_skip=skipped.append)
    assert list(cuts.ids) == ["a", "c"]
    broken = one_broken_of_three / "b.wav"
    sizes = "expected 32000 bytes of audio as its header declares, found 8956"
    reason = f"{broken}: {sizes}: it is truncated; replace or remove the file"
    assert skipped == [SkippedUtterance("b", reason)]


def test_one_broken_file_among_many_is_warned_of(one_broken_of_three: Path) -> None:
    with pytest.warns(UserWarning, match=r"skipped b: .*b\.wav: .* truncated"):
        read_corpus(one_broken_of_three)


def test_one_broken_file_is_fatal_where_strict(one_broken_of_three: Path) -> None:
    with pytest.raises(InputError, match=r"b\.wav: .* truncated"):
        read_corpus(one_broken_of_three, strict=True)


def test_a_corpus_of_nothing_but_broken_files_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.wav").write_bytes(b"no audio")
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path)
    first = f"{tmp_path}: not one of 2 utterances can be used; the first: {tmp_path / 'a.wav'}: unreadable as audio"
    assert str(refusal.value).startswith(first)


def test_a_file_name_that_is_not_utf8_is_left_out_and_printable(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    try:
        (tmp_path / "a.wav").rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    write_tone(tmp_path / "b.wav")
    skipped: list[SkippedUtterance] = []
    assert list(read_corpus(tmp_path, on_skip=skipped.append).ids) == ["b"]
    assert skipped == [
        SkippedUtterance(
            "caf\\udce9", f"{tmp_path}/caf\\udce9.wav: expected a file name in UTF-8; rename the file or its folder"
        )
    ]


def test_a_channel_is_read_of_every_file_and_files_without_it_are_left_out(tmp_path: Path) -> None:
    write_tone(tmp_path / "mono.wav")
    write_tone(tmp_path / "stereo.wav", channels=2)
    assert list(read_corpus(tmp_path, channel=0, strict=True).ids) == ["mono", "stereo"]
    skipped: list[SkippedUtterance] = []
    assert list(read_corpus(tmp_path, channel=1, on_skip=skipped.append).ids) == ["stereo"]
    assert "mono.wav: channel 1 not found among 1" in skipped[0].reason


def test_two_files_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.flac")
    write_tone(tmp_path / "a.wav")
    skipped: list[SkippedUtterance] = []
    (cut,) = read_corpus(tmp_path, on_skip=skipped.append)
    assert cut.recording.sources[0].source.endswith("a.flac")
    reason = f"{tmp_path / 'a.wav'}: expected different ids, found a again; rename or remove one file"
    assert skipped == [SkippedUtterance("a", reason)]


def test_the_package_is_imported_without_lhotse() -> None:
    check = "import sys, otoscope; sys.exit('lhotse' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
