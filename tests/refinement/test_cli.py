"""The two commands, as they are typed."""

import json
import re
import subprocess
import sys
from pathlib import Path


def otoscope(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "otoscope", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_refine_then_bench(tmp_path: Path) -> None:
    (tmp_path / "heads.json").write_text(json.dumps([[0, 0], [5, 7]]), encoding="utf-8")
    command = ("refine", "bundled", "-o", tmp_path / "out", "--remove-file", tmp_path / "heads.json", "--span", 32)
    done = otoscope(*command)
    assert done.returncode == 0, done.stderr
    assert "2 of 48 heads removed; span: 32 frames" in done.stdout
    shown = otoscope("bench", tmp_path / "out", "--against", "bundled", "--seconds", "0.5,1", "--rounds", 1)
    assert shown.returncode == 0, shown.stderr
    assert "0.5 s of audio" in shown.stdout
    assert re.search(r"times as fast +[0-9.]+x", shown.stdout)


def test_bad_input_is_one_line_and_status_2(tmp_path: Path) -> None:
    for command in (
        ("refine", "bundled", "-o", tmp_path / "out", "--span", 0),
        ("bench", "bundled", "--seconds", "soon"),
    ):
        done = otoscope(*command)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert done.stderr.startswith("otoscope: expected ")
    assert not list(tmp_path.iterdir())
