"""The command `boundaries` with the segmenter that the package has, and its one-line refusals."""

import json
import shutil

import pytest

from otoscope import bundled


def test_the_bundled_segmenter_writes_textgrids_and_reports_its_protocol(otoscope_command, tmp_path):
    recording = sorted((bundled.speech() / "slt").glob("*.flac"))[0]
    shutil.copy(recording, tmp_path / "a.flac")
    status, out, err = otoscope_command("boundaries", "bundled", tmp_path / "a.flac", "-o", tmp_path / "out", "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert (report["protocol"], report["skipped"]) == ("strict", [])
    assert report["recordings"][0]["files"] == [str(tmp_path / "out" / "a.TextGrid")]
    assert set(report["recordings"][0]["counts"]) >= {"ensemble, shifted", "best head, shifted"}
    seconds = report["recordings"][0]["seconds"]
    assert all(5 < count / seconds < 20 for count in report["recordings"][0]["counts"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("no/such", "{here}"),
            "otoscope: expected a segmenter, found none in no/such; pass a run",
        ),
        (("bundled", "{here}/none"), "no such file or folder"),
        (("bundled", "{here}", "--format", "txt"), "otoscope: expected --format textgrid, ctm, csv, json; found txt"),
    ],
    ids=["no segmenter", "no audio", "unknown format"],
)
def test_what_cannot_be_read_is_one_line(otoscope_command, tmp_path, arguments, message):
    arguments = [argument.format(here=tmp_path) for argument in arguments]
    status, out, err = otoscope_command("boundaries", *arguments, "-o", tmp_path / "out")
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert message in err
    assert not (tmp_path / "out").exists()
