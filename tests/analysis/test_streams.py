"""Audio is read once: workers hash what they decode, and a resume compares sizes and dates, or all bytes."""

import os

import pytest
from lhotse import AudioSource, CutSet
from lhotse.utils import fastcopy
from tests.helpers.run_bits import same_bits

import otoscope
from otoscope import ExecutionOptions, SpeechOptions
from otoscope.analysis import shard_plan
from otoscope.corpus.audio_content import CACHE
from otoscope.corpus.cut_fingerprint import fingerprint
from otoscope.errors import InputError, UnfinishedError

pytestmark = pytest.mark.slow


def analyze(model, corpus, out, *, resume=False, **execution):
    options = SpeechOptions(resume=resume)
    return otoscope.analyze(model, corpus, out, options=options, execution=ExecutionOptions(**execution))


@pytest.fixture
def half(tiny_model, tiny_corpus, tmp_path, monkeypatch):
    """A run of which every second utterance is measured."""
    monkeypatch.setattr(shard_plan, "SHARD_SECONDS", 0.1)
    with pytest.raises(UnfinishedError):
        analyze(tiny_model, tiny_corpus, tmp_path / "run", shard="1/2")
    return tmp_path / "run"


def touch(corpus):
    for file in corpus.rglob("*.flac"):
        os.utime(file, ns=(0, 0))


def change(corpus):
    """Change the last sample of the first utterance, with the same size and date."""
    file = min(corpus.rglob("*.flac"))
    state, content = file.stat(), bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_the_fingerprint_of_a_run_is_that_of_the_corpus_read_first(tiny_model, tiny_corpus, tmp_path):
    run = analyze(tiny_model, tiny_corpus, tmp_path / "run")
    assert run.plan["corpus"]["fingerprint"] == fingerprint(otoscope.read_corpus(tiny_corpus))


def test_the_bytes_of_every_file_are_read_once(tiny_model, tiny_corpus, tmp_path, monkeypatch):
    """Also those of the example, whose maps are stored at the end."""
    monkeypatch.setattr("otoscope.corpus.audio_content.MAX_CONTENTS", 1)
    CACHE.contents.clear()
    before = CACHE.bytes_read
    analyze(tiny_model, tiny_corpus, tmp_path / "run")
    assert CACHE.bytes_read - before == sum(file.stat().st_size for file in tiny_corpus.rglob("*.flac"))


def test_a_file_that_is_too_large_to_keep_has_the_same_hash(tiny_corpus, monkeypatch):
    cuts = list(otoscope.read_corpus(tiny_corpus))
    kept = fingerprint(cuts)
    monkeypatch.setattr("otoscope.corpus.audio_content.MAX_CONTENT_BYTES", 0)
    assert fingerprint(cuts) == kept


@pytest.mark.parametrize("verify", [False, True])
def test_a_corpus_with_other_dates_is_the_same_corpus(half, tiny_model, tiny_corpus, tmp_path, verify):
    touch(tiny_corpus)
    resumed = analyze(tiny_model, tiny_corpus, half, resume=True, verify=verify)
    assert same_bits(resumed, analyze(tiny_model, tiny_corpus, tmp_path / "whole"))


def test_changed_audio_is_refused_by_verify_and_by_its_date(half, tiny_model, tiny_corpus):
    change(tiny_corpus)
    with pytest.raises(InputError, match=r"audio of awb/.* has changed since it was measured"):
        analyze(tiny_model, tiny_corpus, half, resume=True, verify=True)
    touch(tiny_corpus)
    with pytest.raises(InputError, match="has changed since it was measured"):
        analyze(tiny_model, tiny_corpus, half, resume=True)


def test_a_finished_run_of_a_changed_corpus_is_refused(tiny_model, tiny_corpus, tmp_path):
    analyze(tiny_model, tiny_corpus, tmp_path / "run")
    change(tiny_corpus)
    with pytest.raises(InputError, match=r"another plan: corpus.fingerprint is"):
        analyze(tiny_model, tiny_corpus, tmp_path / "run", resume=True, verify=True)


def test_a_manifest_that_changes_under_a_run_is_refused_by_name(half, tiny_model, tiny_corpus):
    next(iter(sorted(tiny_corpus.rglob("*.flac")))).with_name("new.flac").write_bytes(
        min(tiny_corpus.rglob("*.flac")).read_bytes()
    )
    with pytest.raises(InputError, match=r"another plan: .*corpus.utterances is 4 there, 5 now"):
        analyze(tiny_model, tiny_corpus, half, resume=True)


def test_opening_a_run_and_listing_its_heads_reads_no_rows(tiny_model, tiny_corpus, tmp_path):
    analyze(tiny_model, tiny_corpus, tmp_path / "run")
    for chunk in (tmp_path / "run" / "results.zarr").glob("*_rows/c*"):
        chunk.write_bytes(bytes(chunk.stat().st_size))  # not what zarr can decode
    run = otoscope.open_run(tmp_path / "run")
    assert len(run.heads) == 6
    with pytest.raises(Exception, match=r"(?i)decod|zstd|frame|magic|blosc|invalid|error"):
        run.dataset["globalness_rows"].load()


def test_audio_at_addresses_gives_the_bits_and_the_fingerprint_of_its_files(tiny_model, tiny_corpus, tmp_path):
    cuts = otoscope.read_corpus(tiny_corpus)
    CutSet.from_cuts(map(at_address, cuts)).to_file(tmp_path / "cuts.jsonl.gz")
    remote = analyze(tiny_model, tmp_path / "cuts.jsonl.gz", tmp_path / "remote", workers=2)
    files = analyze(tiny_model, cuts, tmp_path / "files")
    assert same_bits(remote, files)
    assert remote.plan["corpus"]["fingerprint"] == files.plan["corpus"]["fingerprint"]


def at_address(cut):
    source = AudioSource("url", [0], f"file://{cut.recording.sources[0].source}")
    return fastcopy(cut, recording=fastcopy(cut.recording, sources=[source]))
