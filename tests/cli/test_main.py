"""What every command does before and after its work."""

import io
import sys

import pytest

from otoscope.cli import main


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["analyze", "--help"], 0), (["heads", "ə/─"], 2)])
def test_help_and_errors_are_printed_in_any_encoding(monkeypatch, encoding, arguments, status):
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "argv", ["otoscope", *arguments])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with pytest.raises(SystemExit) as stopped:
        main()
    out.flush()
    err.flush()
    assert stopped.value.code == status
    assert err.buffer.getvalue().startswith(b"otoscope: " if status else b"")
    assert b"Usage" in out.buffer.getvalue() or status
    assert (b"\\u0259/-" in err.buffer.getvalue()) == bool(status)
