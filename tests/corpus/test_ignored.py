"""Files that belong to no utterance are listed, in every format."""

from pathlib import Path

from lhotse import CutSet
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import FORMATS, CorpusQuery, Utterance, read_corpus
from otoscope.corpus.file_index import list_files
from otoscope.corpus.ignored import ignored_files


def ignored(root: Path, format: str) -> list[str]:
    """Return the ignored files of a corpus, as paths from its root."""
    cuts = read_corpus(root, format=format, on_skip=lambda skipped: None)
    query = CorpusQuery(root, list_files(root))
    listed = [item.audio for item in FORMATS.get(format).read(query) if isinstance(item, Utterance)]
    files = ignored_files(query, FORMATS.get(format), cuts, listed)
    return [file.relative_to(root).as_posix() for file in files]


def test_kaldi_reads_its_own_tables_and_the_audio_that_they_name(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        write_tone(tmp_path / "x" / f"{name}.wav")
    (tmp_path / "x" / "two.wav").write_bytes(b"")  # an utterance that is skipped is no ignored file
    scp = "".join(f"u{name} {tmp_path / 'x' / name}.wav\n" for name in ("one", "two"))
    for name, text in {"wav.scp": scp, "utt2spk": "uone anna\nutwo ben\n", "spk2height": "anna 1.7\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert ignored(tmp_path, "kaldi") == ["spk2height", "x/three.wav"]


def test_lhotse_reads_manifests_and_the_audio_that_they_name(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    write_tone(audio / "one.wav")
    read_corpus(audio).to_file(tmp_path / "tiny_cuts.jsonl.gz")
    write_tone(audio / "two.wav")
    (tmp_path / "notes.md").write_text("x", encoding="utf-8")
    assert isinstance(read_corpus(tmp_path, on_skip=lambda skipped: None), CutSet)
    assert ignored(tmp_path, "lhotse") == ["audio/two.wav"]  # notes are for people


def test_a_folder_of_audio_reads_no_labels(tmp_path: Path) -> None:
    write_tone(tmp_path / "one.wav")
    (tmp_path / "one.TextGrid").write_text("x", encoding="utf-8")
    assert ignored(tmp_path, "audio") == ["one.TextGrid"]


def test_files_that_are_not_read_are_reported_by_their_suffix(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    for name in ("b.m4a", "c.m4a", "A.TextGrid", "README.md", "._a.wav"):
        (tmp_path / name).write_bytes(b"x")
    skipped = []
    read_corpus(tmp_path, on_skip=skipped.append)
    assert [(item.id, item.part) for item in skipped] == [("*.textgrid", "file"), ("*.m4a", "file")]
    assert "1 file (A.TextGrid)" in skipped[0].reason
    assert "expected audio that libsndfile decodes, as flac or wav, found 2 files (b.m4a, c.m4a)" in skipped[1].reason
    read_corpus(tmp_path, format="audio", on_skip=skipped.append)
    assert [item.id for item in skipped[2:]] == ["*.m4a"]
