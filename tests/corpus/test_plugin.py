"""A corpus format from outside the package: in the registry, in the help of the command line, and in a run."""

from pathlib import Path

import pytest
from tests.helpers.plugins import documented_example, install_plugin, run_command

from otoscope.bundled import speech
from otoscope.results import open_run

pytestmark = pytest.mark.slow

AUDIO = sorted(speech().glob("*/*.flac"))[:2]


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """The folder in which the example of the documentation is installed."""
    install_plugin(tmp_path, "corpus_formats", "table", documented_example("corpus-format.md"))
    return tmp_path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for audio in AUDIO:
        (folder / audio.name).symlink_to(audio)
    lines = (f"{audio.name}\t{audio.parent.name}\tsome words" for audio in AUDIO)
    (folder / "utterances.tsv").write_text("\n".join(lines))
    return folder


def test_help_lists_a_format_from_outside(plugin):
    assert "audio, buckeye, kaldi, lhotse, table, textgrid, timit, voxangeles" in run_command(
        plugin, "analyze", "--help"
    )


def test_a_corpus_of_a_format_from_outside_is_detected_and_measured(plugin, corpus):
    run_command(plugin, "analyze", "bundled", str(corpus), "-o", str(plugin / "run"))
    utterances = open_run(plugin / "run").utterances
    assert utterances.speaker.to_dict() == {audio.name: audio.parent.name for audio in AUDIO}
