"""Each command parses, makes one call and prints; the same call from Python gives the same."""

import csv
import io
import json
from importlib.metadata import version

import pytest
from tests.helpers.forked_process import run_otoscope
from tests.helpers.forked_scripts import run_forked

import otoscope

pytestmark = pytest.mark.slow

FIRST = ["layer", "head", "globalness", "verticality", "diagonality", "weight", "category"]


@pytest.fixture(scope="module")
def run(tiny_model, tmp_path_factory):
    few = otoscope.SpeechOptions(speakers=("awb", "rms"), sample=4, balanced="speaker")
    return otoscope.analyze(tiny_model, "bundled", tmp_path_factory.mktemp("commands") / "run", options=few).path


def test_analyze_says_what_it_found_and_what_to_do_next(otoscope_command, tiny_model, tiny_corpus, tmp_path):
    status, out, err = otoscope_command("analyze", tiny_model, tiny_corpus, "-o", tmp_path / "run", "--limit", 3)
    assert (status, err) == (0, "")
    assert "6 heads in 2 layers, on 3 utterances of speech" in out
    assert f"otoscope heads {tmp_path / 'run'}" in out


def test_the_commands_that_analyze_suggests_can_be_pasted(otoscope_command, tiny_model, tiny_corpus, tmp_path):
    _, out, _ = otoscope_command("analyze", tiny_model, tiny_corpus, "-o", tmp_path / "my run", "--limit", 1)
    assert f"otoscope heads '{tmp_path / 'my run'}', otoscope figures '{tmp_path / 'my run'}' -o" in out
    assert "on 1 utterance of speech (0.1 min, 1 speaker)" in out
    assert "1 heads" not in out


def test_without_a_command_there_is_help(otoscope_command):
    status, out, _ = otoscope_command()
    assert status == 0
    assert "analyze" in out


def test_heads_as_csv_is_the_data_frame(otoscope_command, run):
    status, out, _ = otoscope_command("heads", run, "--format", "csv", "--sort", "globalness")
    rows = list(csv.reader(io.StringIO(out)))
    frame = otoscope.open_run(run).heads.sort_values("globalness", ascending=False)
    assert status == 0
    assert rows[0] == list(frame.columns)
    assert rows[0][:7] == FIRST
    assert [float(row[2]) for row in rows[1:]] == frame["globalness"].tolist()


def test_heads_as_json_and_as_table_hold_every_head(otoscope_command, run):
    _, out, _ = otoscope_command("heads", run, "--format", "json")
    assert [(head["layer"], head["head"]) for head in json.loads(out)] == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
        (1, 2),
    ]
    _, out, _ = otoscope_command("heads", run)
    assert len(out.splitlines()) == 2 + 6 + 2
    assert out.endswith("over 2 speakers\n")


def without_torch(*commands):
    """Return what each command prints in a process of its own, which must not import torch."""
    scripts = [
        f"import sys; sys.argv = {['otoscope', *map(str, command)]!r}; from otoscope.cli import app;"
        "app(standalone_mode=False); assert 'torch' not in sys.modules"
        for command in commands
    ]
    return run_forked(scripts, ["matplotlib.figure", "xarray", "zarr"])


def test_heads_and_figures_in_each_format_need_no_torch(run, tmp_path):
    """`test_a_laptop_without_torch_opens_and_draws_a_run` draws the other figures."""
    options = ("--format", "png,svg,pdf", "--theme", "dark", "--only", "atlas,offset-profiles")
    heads, out = without_torch(("heads", run), ("figures", run, "-o", tmp_path / "figures", *options))
    assert heads
    written = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert {"atlas.png", "atlas.svg", "atlas.pdf"} <= set(written)
    assert sorted(line.rsplit("/", 1)[1] for line in out.splitlines()) == written


def test_the_demo_ends_with_what_was_found_and_where_it_lies(otoscope_command, tmp_path, monkeypatch):
    """A second one opens the run of the first; files of figures that exist are replaced, which other tests show."""
    for draws in (True, False):
        if not draws:
            monkeypatch.setattr(otoscope, "draw", lambda run, out: list(out.iterdir()))
        status, out, err = otoscope_command("demo", "-o", tmp_path / "demo")
        assert (status, err) == (0, "")
        assert "utterances of synthetic speech" in out
        assert f"run: {tmp_path / 'demo' / 'run'}" in out
        assert (tmp_path / "demo" / "figures" / "atlas.png").is_file()


def test_nothing_is_drawn_to_a_pipe_while_it_works(tiny_model, tiny_corpus, tmp_path):
    done = run_otoscope("analyze", tiny_model, tiny_corpus, "-o", tmp_path / "run")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\r" not in done.stdout


def test_an_interrupted_command_says_how_to_go_on(otoscope_command, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("otoscope.analysis.analyze.analyze", interrupted)
    monkeypatch.setattr("otoscope.models.capabilities.supported_families", interrupted)
    for command, line in (
        ("analyze bundled bundled -o run", "interrupted; run the same command with --resume to continue"),
        ("models", "interrupted"),
    ):
        code, _, said = otoscope_command(*command.split())
        assert (code, said) == (130, f"otoscope: {line}\n")


def test_version_prints_the_version_of_the_package(otoscope_command):
    assert otoscope_command("--version") == (0, f"otoscope {version('otoscope')}\n", "")
