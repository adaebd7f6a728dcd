"""The three commands print their tables; what cannot be done is one line and exit status 2."""

import sys

import pytest

from otoscope.cli import main


@pytest.fixture
def command(monkeypatch, capsys, tiny_pretrained, tiny_corpus, tmp_path):
    """Runs a command on the tiny model and corpus; gives its exit status and what it printed."""

    def run(name, *options):
        out = ("-o", tmp_path / name)
        monkeypatch.setattr(sys, "argv", ["otoscope", *map(str, (name, tiny_pretrained, tiny_corpus, *out, *options))])
        with pytest.raises(SystemExit) as stopped:
            main()
        return stopped.value.code, capsys.readouterr()

    return run


def test_rank_prints_the_ends_of_each_ranking_and_their_agreement(command):
    status, printed = command("rank", "--by", "weight,globalness")
    assert status == 0
    assert "1 weight" in printed.out
    assert "Spearman" in printed.out


def test_probe_prints_scores_beside_controls(command):
    status, printed = command("probe", "--probes", "reconstruction,hidden-error")
    assert status == 0
    assert "untrained" in printed.out


def test_prune_prints_curves(command):
    status, printed = command("prune", "--by", "random-0", "--probes", "hidden-error", "--step", "0.5", "--spans", "")
    assert status == 0
    assert "random-0, high to low" in printed.out
    assert "span in frames" not in printed.out


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("rank", "--by", "beauty"), "expected one of the rankings diagonality, fisher"),
        (("rank", "--by", "fisher", "--loss", "speaker-frame", "--limit", "1"), "found 1 in the corpus"),
        (("probe", "--probes", "beauty"), "expected one of the probes accuracy, ctc, hidden-error, phone"),
        (("prune", "--by", "weight", "--probes", "hidden-error", "--spans", "wide"), "--spans"),
    ],
)
def test_bad_input_is_one_line(options, reason, command):
    status, printed = command(*options)
    assert status == 2
    (line,) = printed.err.splitlines()
    assert reason in line
