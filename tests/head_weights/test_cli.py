"""`otoscope weights` prints a row for each head, and its run prints itself again."""

import json


def test_weights_prints_its_heads_and_shows_them_again(otoscope_command, folders, tmp_path):
    model = folders["hubert-layer"]
    status, table, _ = otoscope_command("weights", model, "-o", tmp_path / "run")
    assert status == 0
    assert "ov effective rank" in table
    assert otoscope_command("show", tmp_path / "run") == (0, table.partition("run written")[0], "")
    _, printed, _ = otoscope_command("show", tmp_path / "run", "--format", "json")
    assert json.loads(printed)["kind"] == "weights"
    otoscope_command("figures", tmp_path / "run", "-o", tmp_path / "figures")
    drawn = sorted(path.stem for path in (tmp_path / "figures").iterdir())
    assert drawn == ["weight-compositions", "weight-ranks", "weight-similarity"]


def test_an_unknown_measure_is_one_line(otoscope_command, folders, tmp_path):
    status, _, error = otoscope_command(
        "weights", folders["hubert-layer"], "-o", tmp_path / "run", "--measures", "size"
    )
    assert (status, error.count("\n")) == (2, 1)
    assert "expected one of the weight_measures key_composition" in error
