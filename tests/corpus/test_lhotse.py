"""Lhotse manifests: cuts, or recordings with supervisions, one by one or in a folder."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import AudioSource, CutSet, MonoCut, Recording, RecordingSet, SupervisionSegment, SupervisionSet
from lhotse.cut import PaddingCut
from lhotse.supervision import AlignmentItem
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import SkippedUtterance, load_audio, phones_of, read_corpus
from otoscope.errors import InputError


def supervision(id: str, recording: str, start: float, duration: float, **fields: object) -> SupervisionSegment:
    return SupervisionSegment(id, recording, start, duration, **fields)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording.from_file(write_tone(tmp_path / "long.wav", seconds=3.0))


@pytest.fixture
def manifests(tmp_path: Path, recording: Recording) -> Path:
    """A recording of 3 s with two supervisions, the second with labels in the recording's time."""
    labels = {"phones": [AlignmentItem("AA", 2.0, 0.5)], "word": [AlignmentItem("a", 2.0, 0.75)]}
    supervisions = [
        supervision("s1", "long", 0.5, 1.0, speaker="anna", text="hi"),
        supervision("s2", "long", 2.0, 1.0, speaker="ben", alignment=labels),
    ]
    folder = tmp_path / "manifests"
    folder.mkdir()
    RecordingSet.from_recordings([recording]).to_file(folder / "tiny_recordings_all.jsonl.gz")
    SupervisionSet.from_segments(supervisions).to_file(folder / "tiny_supervisions_all.jsonl.gz")
    return folder


def check_two_utterances(path: Path, recording: Recording) -> None:
    first, second = read_corpus(path)
    assert [(cut.id, cut.supervisions[0].speaker) for cut in (first, second)] == [("s1", "anna"), ("s2", "ben")]
    assert [(cut.supervisions[0].start, cut.supervisions[0].duration) for cut in (first, second)] == [
        (0, 1.0),
        (0, 1.0),
    ]
    phone, word = (second.supervisions[0].alignment[kind][0] for kind in ("phone", "word"))
    assert (phone.symbol, phone.start, phone.end, word.start, word.end) == ("AA", 0.0, 0.5, 0.0, 0.75)
    samples, _ = soundfile.read(recording.sources[0].source, dtype="float32")
    np.testing.assert_array_equal(load_audio(first, 16000), samples[8000:24000])
    np.testing.assert_array_equal(load_audio(second, 16000), samples[32000:])


def test_recordings_and_supervisions_of_a_folder(manifests: Path, recording: Recording) -> None:
    check_two_utterances(manifests, recording)


def test_a_recordings_manifest_finds_its_supervisions(manifests: Path, recording: Recording) -> None:
    check_two_utterances(manifests / "tiny_recordings_all.jsonl.gz", recording)


def test_a_manifest_of_cuts(manifests: Path, recording: Recording) -> None:
    cuts = CutSet.from_manifests(
        RecordingSet.from_file(manifests / "tiny_recordings_all.jsonl.gz"),
        SupervisionSet.from_file(manifests / "tiny_supervisions_all.jsonl.gz"),
    )
    cuts.to_file(manifests / "my-cuts.jsonl")
    check_two_utterances(manifests / "my-cuts.jsonl", recording)
    check_two_utterances(manifests, recording)


def test_a_cut_that_begins_inside_its_recording_keeps_its_place(tmp_path: Path, recording: Recording) -> None:
    labels = {"phone": [AlignmentItem("AA", 1.25, 0.5)]}  # Lhotse counts from the start of the recording
    inner = supervision("s1", "long", 0.25, 0.5, alignment=labels)
    cut = MonoCut("c1", 1.0, 1.5, 0, supervisions=[inner], recording=recording)
    CutSet.from_cuts([cut]).to_file(tmp_path / "cuts.jsonl")
    (read,) = read_corpus(tmp_path / "cuts.jsonl")
    assert (read.id, read.start, read.duration) == ("s1", 1.25, 0.5)
    assert read.supervisions[0].alignment["phone"][0] == AlignmentItem("AA", 0.0, 0.5)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda cut: cut, (1.0, 1.2)),
        (lambda cut: cut.truncate(offset=0.2), (0.8, 1.0)),
        (lambda cut: cut.truncate(offset=0.3).truncate(offset=0.2), (0.5, 0.7)),
        (lambda cut: cut.truncate(offset=1.1), (0.0, 0.1)),
        (lambda cut: cut.trim_to_supervisions()[0], (0.5, 0.7)),
        (lambda cut: cut.truncate(offset=0.2).perturb_speed(2.0), (0.4, 0.5)),
    ],
    ids=["whole", "truncated", "truncated twice", "truncated within the label", "trimmed", "stretched"],
)
def test_labels_stay_where_they_are_spoken_whatever_lhotse_does(tmp_path, recording, change, expected) -> None:
    """The label is 1.0 to 1.2 s of the recording, in cuts of Lhotse and in cuts of `read_corpus` that are cut again."""
    inner = supervision("s1", "long", 0.5, 2.0, alignment={"phone": [AlignmentItem("AA", 1.0, 0.2)]})
    cut = MonoCut("c1", 0.0, 3.0, 0, supervisions=[inner], recording=recording)
    ((symbol, *times),) = phones_of(change(cut))
    assert (symbol, times) == ("AA", pytest.approx(expected))
    CutSet.from_cuts([cut.trim_to_supervisions()[0]]).to_file(tmp_path / "cuts.jsonl")
    (read,) = read_corpus(tmp_path / "cuts.jsonl")
    assert phones_of(read) == [("AA", 0.5, pytest.approx(0.7))]
    CutSet.from_cuts([read]).to_file(tmp_path / "again_cuts.jsonl")
    (again,) = read_corpus(tmp_path / "again_cuts.jsonl")
    assert phones_of(again) == phones_of(read)
    assert phones_of(read.truncate(offset=0.3)) == [("AA", pytest.approx(0.2), pytest.approx(0.4))]


def test_a_cut_without_supervision_is_an_utterance_of_unknown_speaker(tmp_path: Path, recording: Recording) -> None:
    CutSet.from_cuts([recording.to_cut()]).to_file(tmp_path / "cuts.jsonl")
    (cut,) = read_corpus(tmp_path / "cuts.jsonl")
    assert (cut.id, cut.duration, cut.supervisions[0].speaker) == ("long", 3.0, None)


def test_a_tier_names_the_alignment_of_phones(tmp_path: Path, recording: Recording) -> None:
    labels = {"mau": [AlignmentItem("a:", 0.0, 0.5)], "phone": [AlignmentItem("AA", 0.0, 1.0)]}
    cut = MonoCut("c1", 0, 3.0, 0, [supervision("s1", "long", 0, 3.0, alignment=labels)], recording=recording)
    CutSet.from_cuts([cut]).to_file(tmp_path / "cuts.jsonl")
    (read,) = read_corpus(tmp_path / "cuts.jsonl", tier="mau")
    assert read.supervisions[0].alignment["phone"][0].symbol == "a:"
    with pytest.raises(InputError, match="tier 'sampa' not found in cut s1; alignments present: mau, phone"):
        read_corpus(tmp_path / "cuts.jsonl", tier="sampa")


def test_of_several_channels_one_is_chosen_with_its_supervisions(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "call.wav", channels=2)
    RecordingSet.from_recordings([Recording.from_file(file)]).to_file(tmp_path / "recordings.jsonl")
    sides = [supervision(name, "call", 0, 1.0, channel=i, speaker=name) for i, name in enumerate(["anna", "ben"])]
    SupervisionSet.from_segments(sides).to_file(tmp_path / "supervisions.jsonl")
    with pytest.raises(InputError, match=r"call\.wav: expected one channel, found 2; pass --channel, from 0 to 1"):
        read_corpus(tmp_path, strict=True)
    (cut,) = read_corpus(tmp_path, format="lhotse", channel=1)
    assert cut.supervisions[0].speaker == "ben"
    np.testing.assert_array_equal(load_audio(cut, 16000), soundfile.read(file, dtype="float32")[0][:, 1])


def test_audio_beside_the_manifest_is_found_by_a_relative_path(tmp_path: Path, recording: Recording) -> None:
    recording.sources[0].source = "long.wav"
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "recordings.jsonl")
    assert load_audio(read_corpus(tmp_path / "recordings.jsonl")[0], 16000).shape == (48000,)


@pytest.mark.parametrize("kind", ["command", "url"])
def test_a_command_or_address_is_never_run_or_fetched(tmp_path: Path, recording: Recording, kind: str) -> None:
    trace = tmp_path / "ran"
    recording.sources = [AudioSource(type=kind, channels=[0], source=f"touch {trace}")]
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "recordings.jsonl")
    with pytest.raises(
        InputError, match=f"expected audio in a file, got the {kind} 'touch .*', which is not run or fetched"
    ):
        read_corpus(tmp_path / "recordings.jsonl")
    assert not trace.exists()


def test_a_cut_without_a_recording_is_left_out(tmp_path: Path, recording: Recording) -> None:
    silence = PaddingCut("p1", 1.0, 16000, 0.0, num_samples=16000)
    mixed = recording.to_cut().pad(duration=4.0)
    CutSet.from_cuts([silence, mixed.with_id("m1"), recording.to_cut()]).to_file(tmp_path / "cuts.jsonl")
    skipped: list[SkippedUtterance] = []
    assert list(read_corpus(tmp_path / "cuts.jsonl", on_skip=skipped.append).ids) == ["long"]
    assert {one.id for one in skipped} == {"p1", "m1"}
    assert "p1: expected a cut of one recording, got a PaddingCut without" in skipped[0].reason


def test_two_utterances_of_one_id_are_not_mixed_up(tmp_path: Path, recording: Recording) -> None:
    CutSet.from_cuts([recording.to_cut()]).to_file(tmp_path / "a-cuts.jsonl")
    CutSet.from_cuts([recording.to_cut()]).to_file(tmp_path / "b-cuts.jsonl")
    with pytest.raises(InputError, match=r"b-cuts\.jsonl: expected different ids, found long again"):
        read_corpus(tmp_path, strict=True)


def test_audio_that_is_missing_is_named(tmp_path: Path, recording: Recording) -> None:
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "recordings.jsonl")
    Path(recording.sources[0].source).unlink()
    with pytest.raises(InputError, match=r"long\.wav: expected an audio file, found none"):
        read_corpus(tmp_path)


def test_audio_shorter_than_its_manifest_says_is_refused(tmp_path: Path, recording: Recording) -> None:
    RecordingSet.from_recordings([recording]).to_file(tmp_path / "recordings.jsonl")
    write_tone(tmp_path / "long.wav", seconds=2.0)
    with pytest.raises(InputError, match=r"long\.wav: expected 48000 samples as its recording declares, found 32000"):
        read_corpus(tmp_path / "recordings.jsonl")


def test_supervisions_of_unknown_recordings_are_refused(manifests: Path) -> None:
    stray = SupervisionSet.from_segments([supervision("s9", "elsewhere", 0, 1)])
    stray.to_file(manifests / "tiny_supervisions_all.jsonl.gz")
    with pytest.raises(InputError, match=r"expected supervisions of recordings in .*, got some of elsewhere"):
        read_corpus(manifests)


def test_a_supervision_outside_its_audio_is_left_out(manifests: Path) -> None:
    late = SupervisionSet.from_segments([supervision("s9", "long", 2.5, 1.0)])
    late.to_file(manifests / "tiny_supervisions_all.jsonl.gz")
    with pytest.raises(InputError, match=r"s9: expected a segment within its 3.000 s of audio, got 2.500 to 3.500 s"):
        read_corpus(manifests)


@pytest.mark.parametrize(
    ("start", "duration", "reason"),
    [
        ("0", "null", "expected numbers and names in its manifest, got other types"),
        ("1e400", "0.5", "expected times in seconds, got"),
        ("0", f'"{"9" * 400}"', "expected times in seconds, got"),
        ("0", "9" * 400, "expected numbers and names in its manifest, got other types"),
    ],
)
def test_fields_of_the_wrong_type_are_refused(manifests: Path, start: str, duration: str, reason: str) -> None:
    (manifests / "tiny_supervisions_all.jsonl.gz").unlink()
    (manifests / "tiny_recordings_all.jsonl.gz").rename(manifests / "recordings.jsonl.gz")
    line = f'{{"id": "s1", "recording_id": "long", "start": {start}, "duration": {duration}, "channel": 0}}'
    with gzip.open(manifests / "supervisions.jsonl.gz", "wt") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=f"s1: {reason}"):
        read_corpus(manifests)


@pytest.mark.parametrize("content", [b"hello", b'{"id": 1}\n', b"\x1f\x8b broken"])
def test_a_file_that_is_no_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cuts.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=r"cuts\.jsonl: expected a Lhotse manifest, but it cannot be read as one"):
        read_corpus(tmp_path / "cuts.jsonl")


def test_an_empty_manifest_holds_no_utterance(tmp_path: Path) -> None:
    (tmp_path / "cuts.jsonl").write_text("")
    with pytest.raises(InputError, match=r"cuts\.jsonl: expected utterances, got none"):
        read_corpus(tmp_path / "cuts.jsonl")


def test_supervisions_alone_are_no_corpus(manifests: Path) -> None:
    with pytest.raises(InputError, match="expected cuts or recordings, got a SupervisionSet"):
        read_corpus(manifests / "tiny_supervisions_all.jsonl.gz")
