"""Bad input is one line on standard error and exit status 2, and nothing is left half-written."""

import shutil
import sys

import numpy as np
import pytest
import soundfile
from tests.helpers.unreadable_paths import closing
from transformers import BertConfig, BertModel

from otoscope.analysis import measure_shards
from otoscope.cli import main


@pytest.fixture
def refused(otoscope_command, capsys):
    """Return a function that runs a command which must be refused, and returns the one line with the reason."""

    def run(*arguments):
        capsys.readouterr()
        status, out, err = otoscope_command(*arguments)
        assert (status, out) == (2, "")
        (line,) = err.splitlines()
        return line.removeprefix("otoscope: ")

    return run


@pytest.fixture
def refused_analysis(refused, tiny_model, tmp_path):
    """Runs an analysis that must be refused and must not leave a folder."""

    def run(corpus, *options, model=tiny_model):
        line = refused("analyze", model, corpus, "-o", tmp_path / "run", *options)
        assert not (tmp_path / "run").exists()
        return line

    return run


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "speech").mkdir()
    return tmp_path / "speech"


def test_missing_path(refused_analysis, tmp_path):
    assert "no such file or folder" in refused_analysis(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["analyze", "--colour", "MODEL", "CORPUS", "-o", "RUN"], "No such option: --colour"),
        (["analyze", "MODEL", "CORPUS"], "Missing option '-o' / '--out'"),
        (["analyze"], "Missing argument 'model'"),
        (["analyze", "MODEL", "CORPUS", "-o", "RUN", "--limit", "ten"], "--limit': Input should be a valid integer"),
        (["heads"], "Missing argument 'RUN'"),
        (["heads", "RUN", "--format", "xml"], "'xml' is not one of"),
        (["figures", "RUN"], "Missing option"),
        (["figures", "RUN", "-o", "DIR", "--theme", "blue"], "'blue' is not one of"),
        (["demo", "here"], "unexpected extra argument"),
        (["pretrain", "--resume"], "Missing argument"),
        (["polish"], "No such command 'polish'"),
        (["--loud"], "No such option: --loud"),
    ],
)
def test_options_and_arguments_that_are_wrong_are_one_line(refused, arguments, said):
    assert said in refused(*arguments)


def test_names_that_no_file_can_have(refused, refused_analysis, tiny_model, tiny_corpus, tmp_path):
    assert "File name too long" in refused_analysis(tmp_path / ("a" * 300))
    assert "File name too long" in refused_analysis(tiny_corpus, model=tmp_path / ("m" * 300))
    assert "File name too long" in refused("analyze", tiny_model, tiny_corpus, "-o", tmp_path / ("r" * 300))
    assert "File name too long" in refused("heads", tmp_path / ("r" * 300))
    assert "expected an argument in UTF-8" in refused("analyze", tiny_model, tiny_corpus, "-o", "caf\udce9")


def test_a_model_without_its_feature_extractor(refused_analysis, tiny_model, tiny_corpus, tmp_path):
    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "preprocessor_config.json").unlink()
    assert "has no feature extractor that can be read" in refused_analysis(tiny_corpus, model=tmp_path / "model")


def test_no_audio(refused_analysis, folder):
    (folder / "readme.txt").write_text("no audio here")
    assert "audio" in refused_analysis(folder)


@pytest.mark.parametrize("closed", ["", "awb"])
def test_a_folder_that_may_not_be_read(refused_analysis, tiny_corpus, monkeypatch, closed):
    """A corpus is never measured without one of its folders."""
    closing(monkeypatch, tiny_corpus / closed)
    line = refused_analysis(tiny_corpus)
    assert line.startswith(f"{tiny_corpus / closed} cannot be read (Permission denied); check the permissions of the")


def test_what_the_system_refuses_anywhere_is_one_line(refused, tmp_path, monkeypatch):
    def closed(*_):
        raise PermissionError(13, "Permission denied", "run/results.zarr/globalness/c.0.0")

    monkeypatch.setattr("otoscope.results.open_run", closed)
    line = refused("heads", tmp_path)
    assert line.startswith("run/results.zarr/globalness/c.0.0: Permission denied; check the permissions of the file")


def test_unreadable_audio(refused_analysis, folder):
    (folder / "a.wav").write_bytes(b"this is no audio at all" * 100)
    assert "a.wav" in refused_analysis(folder)


def test_truncated_audio(refused_analysis, folder, tiny_corpus):
    whole = next((tiny_corpus / "awb").glob("*.flac")).read_bytes()
    (folder / "cut.flac").write_bytes(whole[: len(whole) // 2])
    assert "cut.flac" in refused_analysis(folder)


def test_empty_audio(refused_analysis, folder):
    soundfile.write(folder / "empty.wav", np.zeros(0), 16000)
    assert "empty.wav" in refused_analysis(folder)


def test_nan_audio(refused_analysis, folder):
    soundfile.write(folder / "nan.wav", np.full(16000, np.nan, np.float32), 16000, subtype="FLOAT")
    assert "NaN" in refused_analysis(folder)


def test_audio_shorter_than_one_frame(refused_analysis, folder):
    soundfile.write(folder / "blip.wav", np.ones(100) * 0.1, 16000)
    assert "shorter than one frame" in refused_analysis(folder)


def test_several_channels(refused_analysis, refused, folder):
    soundfile.write(folder / "stereo.wav", np.random.default_rng(0).normal(0, 0.1, (16000, 2)), 16000)
    assert "stereo.wav" in refused_analysis(folder)
    assert "channel" in refused_analysis(folder)


def timit(folder, labels):
    soundfile.write(folder / "sa1.wav", np.random.default_rng(0).normal(0, 0.1, 16000), 16000)
    (folder / "sa1.phn").write_text(labels)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [("0 8000 sh\n8000 17000 iy\n", "within the audio's 1.000 s"), ("0 8000 sh\n7000 16000 iy\n", "do not overlap")],
)
def test_labels_that_are_not_used_are_in_the_summary(otoscope_command, tiny_model, folder, tmp_path, labels, reason):
    timit(folder, labels)
    status, out, _ = otoscope_command("analyze", tiny_model, folder, "-o", tmp_path / "run")
    assert status == 0
    assert "labels not used: 1 label problem; the first: sa1: " in out
    assert reason in out


def test_unknown_phone_tier(refused_analysis, tiny_corpus):
    line = refused_analysis(tiny_corpus, "--tier", "fones")
    assert "tier 'fones' not found" in line
    assert "phones" in line


def test_unknown_format(refused_analysis, tiny_corpus):
    line = refused_analysis(tiny_corpus, "--format", "timid")
    assert "expected --format audio, " in line
    assert "found timid" in line


def test_a_model_that_is_no_speech_encoder(refused_analysis, tiny_corpus, tmp_path):
    config = BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=10)
    BertModel(config).save_pretrained(tmp_path / "bert")
    line = refused_analysis(tiny_corpus, model=tmp_path / "bert")
    assert "is a 'bert' model; expected a speech encoder" in line


def test_a_folder_that_is_no_model(refused_analysis, tiny_corpus):
    assert "no config.json" in refused_analysis(tiny_corpus, model=tiny_corpus)


def test_a_model_that_fails_the_self_check(refused_analysis, tiny_corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path / "cache"))  # where it has not passed before
    monkeypatch.setattr("otoscope.models.self_check.relative_difference", lambda a, b: 1.0)
    assert "fails the self-check: capturing its attention changes its output" in refused_analysis(tiny_corpus)


def test_unknown_dtype_and_device(refused_analysis, tiny_corpus):
    assert "unknown dtype 'float8'" in refused_analysis(tiny_corpus, "--dtype", "float8")
    for device in ("tpu9", "meta", "xla", "mps", "cuda:99", "privateuseone"):
        assert f"device '{device}' cannot be used" in refused_analysis(tiny_corpus, "--device", device)


def test_an_output_folder_that_holds_something_else(refused, tiny_model, tiny_corpus, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me")
    assert "is not a run of otoscope" in refused("analyze", tiny_model, tiny_corpus, "-o", tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep me"


def test_heads_and_figures_of_no_run(refused, tmp_path):
    assert "found none" in refused("heads", tmp_path)
    assert "found none" in refused("figures", tmp_path, "-o", tmp_path / "figures")
    assert not (tmp_path / "figures").exists()


def test_unknown_column_format_theme_and_utterance(refused, tiny_model, tiny_corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        sys, "argv", ["otoscope", "analyze", str(tiny_model), str(tiny_corpus), "-o", str(tmp_path / "run")]
    )
    with pytest.raises(SystemExit):
        main()
    capsys.readouterr()
    assert "no column 'beauty' to sort by" in refused("heads", tmp_path / "run", "--sort", "beauty")
    figures = ("figures", tmp_path / "run", "-o", tmp_path / "figures")
    assert "found gif" in refused(*figures, "--format", "gif")
    assert "no utterance 'absent'" in refused(*figures, "--utterance", "absent")


def test_an_unfinished_run_asks_for_resume(refused, tiny_model, tiny_corpus, tmp_path, monkeypatch):
    write = measure_shards.write_shard

    def stop_after(*arguments):
        write(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr("otoscope.analysis.shard_plan.SHARD_SECONDS", 0.1)  # several shards
    monkeypatch.setattr(measure_shards, "write_shard", stop_after)
    monkeypatch.setattr(
        sys, "argv", ["otoscope", "analyze", str(tiny_model), str(tiny_corpus), "-o", str(tmp_path / "run")]
    )
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main()
    assert "--resume" in refused("heads", tmp_path / "run")
    assert "--resume" in refused("analyze", tiny_model, tiny_corpus, "-o", tmp_path / "run")
    shutil.rmtree(tmp_path / "run")


def test_a_recipe_that_does_not_exist(refused, tmp_path):
    assert "cannot be read" in refused("pretrain", tmp_path / "none.toml", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()
