"""A character that the output cannot encode never stops a command."""

import io
import sys
import warnings
from pathlib import Path

import pytest

from otoscope._io.output import degrade_output, shorten_warnings
from otoscope.errors import InputWarning
from otoscope.results.text_table import format_table

TEXT = format_table(["phone", "score"], [["ə", "0.41 ±0.02"], ["t͡ʃ", "4 × 2 …"]])


@pytest.fixture
def written(monkeypatch):
    """Returns the bytes that a print to standard output in an encoding writes."""

    def write(text, encoding):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
        monkeypatch.setattr(sys, "stdout", stream)
        degrade_output()
        print(text)
        stream.flush()
        return stream.buffer.getvalue()

    return write


def test_ascii_output_has_plain_lines_and_escapes(written):
    lines = written(TEXT, "ascii").decode("ascii").splitlines()
    assert lines[1] == "-" * len(lines[1])
    assert "0.41 +-0.02" in lines[2]
    assert lines[2].startswith(r"\u0259")
    assert "4 x 2 ..." in lines[3]


def test_a_windows_code_page_keeps_what_it_has(written):
    text = written(TEXT, "cp1252").decode("cp1252")
    assert "0.41 ±0.02" in text
    assert "4 × 2 …" in text
    assert "─" not in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "shift_jis"])
def test_every_character_in_our_sources_can_be_printed(written, encoding):
    sources = sorted(Path(degrade_output.__code__.co_filename).parents[1].rglob("*.py"))
    assert written("".join(source.read_text(encoding="utf-8") for source in sources), encoding)


def test_utf8_is_not_changed_except_for_names_that_are_not_utf8(written):
    assert written(TEXT, "utf-8").decode("utf-8") == f"{TEXT}\n"
    assert written("caf\udce9.wav", "utf-8") == b"caf\\udce9.wav\n"


def test_output_that_a_program_has_replaced_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    degrade_output()


def test_a_warning_for_users_is_one_line_and_others_are_as_before(monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    shorten_warnings()
    assert warnings.formatwarning("no\n locks", InputWarning, "a.py", 1) == "otoscope: no locks\n"
    assert warnings.formatwarning("old", DeprecationWarning, "a.py", 1, "").startswith(
        "a.py:1: DeprecationWarning: old"
    )
