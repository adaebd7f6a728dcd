"""`segment` refuses bad input with one clear line and leaves no folder."""

import re
import shutil
import sys

import pytest

import otoscope
from otoscope.cli import main
from otoscope.errors import InputError
from otoscope.segmentation.table import segmentation_table

pytestmark = pytest.mark.slow


@pytest.fixture
def refused(tiny_model, tmp_path):
    def run(corpus, options=None, **settings):
        def segment():
            tuning = otoscope.SegmentationOptions(**settings)
            otoscope.segment(tiny_model, corpus, tmp_path / "run", segmentation=tuning, options=options)

        with pytest.raises(InputError) as error:
            segment()
        assert not (tmp_path / "run").exists()
        return str(error.value)

    return run


def unlabel(corpus, voices):
    for voice in voices:
        for labels in (corpus / voice).glob("*.TextGrid"):
            labels.unlink()


@pytest.mark.parametrize("tolerance", [0.0, -0.02, float("nan")])
def test_a_tolerance_must_be_above_zero(refused, tiny_corpus, tolerance):
    assert "expected a tolerance above 0 seconds" in refused(tiny_corpus, tolerance=tolerance)


def test_a_corpus_needs_phones(refused, tiny_corpus):
    unlabel(tiny_corpus, ["awb", "rms"])
    assert "found none among 4 utterances" in refused(tiny_corpus)
    assert "give labels, or name their tier" in refused(tiny_corpus)


def test_labels_that_are_not_phones_are_refused(refused, tiny_corpus):
    """Words in the tier of phones would be scored as phones, at a tolerance that is too small for them."""
    for labels in tiny_corpus.rglob("*.TextGrid"):
        labels.write_text(re.sub('"([A-Z]{1,2})"', r'"word-\1"', labels.read_text()))
    assert refused(tiny_corpus) == (
        "expected phones as labels, found others, such as word-AH, word-B, word-R; name the tier of phones with "
        "--tier, use --level word, or accept these labels with --phones own"
    )


def test_validation_speakers_must_be_in_the_corpus(refused, tiny_corpus):
    assert "found no slt; choose from awb, rms" in refused(tiny_corpus, validation=("slt",))


def test_alignments_must_end_before_the_audio_ends(refused, tiny_corpus):
    for labels in tiny_corpus.rglob("*.TextGrid"):
        audio = labels.with_suffix(".flac")
        longer = max(tiny_corpus.rglob("*.TextGrid"), key=lambda path: path.stat().st_size)
        if labels != longer:
            shutil.copy(longer, labels)
        assert audio.exists()
    assert "expected labels within the audio's" in refused(tiny_corpus, otoscope.SpeechOptions(strict=True))


def test_utterances_without_phones_are_skipped_and_counted(tiny_model, tiny_corpus, tmp_path, refused):
    next((tiny_corpus / "awb").glob("*.TextGrid")).unlink()
    assert "it has no phone labels" in refused(tiny_corpus, otoscope.SpeechOptions(format="textgrid", strict=True))
    run = otoscope.segment(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(format="textgrid"))
    assert len(run.skipped) == 1
    heading, *tables, _ = segmentation_table(run).split("\n\n")
    assert "skipped: 1 utterance; the first: " in heading
    assert max(len(line) for table in tables for line in table.splitlines()) <= 100
    assert run.dataset.sizes["utterance"] + run.dataset.attrs["validation_utterances"] == 3


def test_a_corpus_of_one_speaker_is_split_by_utterance_and_the_table_reports_it(tiny_model, tiny_corpus, tmp_path):
    shutil.rmtree(tiny_corpus / "rms")
    run = otoscope.segment(tiny_model, tiny_corpus, tmp_path / "run")
    assert run.dataset.attrs["parted_by"] == "utterance"
    assert "fewer than two speakers: the parts have different utterances" in segmentation_table(run)


def test_the_table_refuses_a_run_of_another_kind(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    with pytest.raises(InputError, match=r"expected a run that segment wrote, .* holds heads; run otoscope segment"):
        segmentation_table(run)


def test_the_command_segments_and_prints_the_table(tiny_model, tiny_corpus, tmp_path, monkeypatch, capsys):
    arguments = ["segment", str(tiny_model), str(tiny_corpus), "-o", str(tmp_path / "run"), "--validation", "rms"]
    monkeypatch.setattr(sys, "argv", ["otoscope", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert (stopped.value.code or 0, printed.err) == (0, "")
    assert segmentation_table(otoscope.open_run(tmp_path / "run")) in printed.out
    assert f"otoscope figures {tmp_path / 'run'}" in printed.out


def test_figures_of_a_segmentation_refuse_an_utterance(segmented, tmp_path):
    with pytest.raises(
        InputError, match="expected a run with stored maps for --utterance, found a segmentation; omit --utterance"
    ):
        otoscope.draw(segmented.path, tmp_path / "figures", utterance="awb/001")
    paths = otoscope.draw(segmented.path, tmp_path / "figures", otoscope.RenderOptions(["svg"]))
    names = [path.stem for path in paths]
    others = ["segmentation-methods", "segmentation-transitions"]
    assert names == ["segmentation-curves", "segmentation-example", "segmentation-heads", *others]


def test_the_command_refuses_in_one_line(tiny_model, tiny_corpus, tmp_path, monkeypatch, capsys):
    arguments = ["segment", str(tiny_model), str(tiny_corpus), "-o", str(tmp_path / "run"), "--tolerance", "0"]
    monkeypatch.setattr(sys, "argv", ["otoscope", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capsys.readouterr()
    assert (stopped.value.code, printed.out) == (2, "")
    assert printed.err.splitlines() == [
        "otoscope: expected a tolerance above 0 seconds, got 0.0; use 0.020, the usual value"
    ]
