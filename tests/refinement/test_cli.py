"""The two commands, as they are typed."""

import json
import re
from pathlib import Path

from otoscope.refinement import bench


def test_refine_then_bench(otoscope_command, tmp_path: Path, monkeypatch) -> None:
    measured = {0.5: [123.0, 124.0], 1.0: [125.0, 126.0]}
    monkeypatch.setattr(bench, "peak_memory", lambda models, seconds: measured)  # `test_bench.py` measures it
    (tmp_path / "heads.json").write_text(json.dumps([[0, 0], [5, 7]]), encoding="utf-8")
    arguments = ("refine", "bundled", "-o", tmp_path / "out", "--remove-file", tmp_path / "heads.json", "--span", 32)
    status, out, err = otoscope_command(*arguments)
    assert (status, err) == (0, "")
    assert "2 of 48 heads removed; span: 32 frames" in out
    status, out, err = otoscope_command(
        "bench", tmp_path / "out", "--against", "bundled", "--seconds", "0.5,1", "--rounds", 1
    )
    assert (status, err) == (0, "")
    assert "0.5 s of audio" in out
    assert re.search(r"times as fast +[0-9.]+x", out)


def test_bad_input_is_one_line_and_status_2(otoscope_command, tmp_path: Path) -> None:
    for arguments in (
        ("refine", "bundled", "-o", tmp_path / "out", "--span", 0),
        ("refine", "bundled", "-o", tmp_path / "out", "--span", 9, "--sample", 3),
        ("refine", "bundled", "-o", tmp_path / "out", "--adapt", tmp_path, "--guard", "bundled", "--limit", 3),
        ("refine", "bundled", tmp_path, "-o", tmp_path / "out", "--adapt", tmp_path, "--guard", "bundled"),
        ("bench", "bundled", "--seconds", "soon"),
    ):
        status, _, err = otoscope_command(*arguments)
        assert status == 2
        assert len(err.strip().splitlines()) == 1
        assert err.startswith("otoscope: expected ")
    assert not list(tmp_path.iterdir())
