"""The whole path, from analyze to an exported page, on a trained Whisper and real speech."""

import pytest

pytestmark = pytest.mark.slow

FEW = ("--limit", "2")


def test_from_analyze_to_view(whisper, corpora, otoscope_command, tmp_path):
    speech, run = corpora / "timit-sample", tmp_path / "run"
    printed = {}
    for name, *arguments in (
        ("analyze", whisper, speech, *FEW, "-o", run),
        ("heads", run),
        ("relations", run, "--layer", 1, "--head", 1),
        ("figures", run, "--only", "atlas", "-o", tmp_path / "figures"),
        ("rank", whisper, speech, *FEW, "--by", "globalness,gradient,fisher", "--seconds", 3, "-o", tmp_path / "rank"),
        ("probe", whisper, speech, *FEW, "--probes", "hidden-error", "--seeds", 1, "-o", tmp_path / "probe"),
        ("refine", whisper, "--run", run, "--by", "globalness", "--heads", 0.25, "-o", tmp_path / "refined"),
        ("view", run, "--export", tmp_path / "page.html", "--heads", "1.1"),
    ):
        status, printed[name], errors = otoscope_command(name, *arguments)
        assert status == 0, errors
    assert "24 heads in 4 layers, on 2 utterances" in printed["analyze"]
    assert "6 of 24 heads removed" in printed["refine"]
    assert (tmp_path / "page.html").stat().st_size > 0


def test_windows(whisper, corpora, otoscope_command, tmp_path):
    status, printed, errors = otoscope_command(
        "analyze", whisper, corpora / "timit-sample", "--limit", 1, "--window", 2, "-o", tmp_path / "run"
    )
    assert (status, "long ones as windows of 2 s" in printed) == (0, True), errors
