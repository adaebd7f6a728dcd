"""A sample of the thousand bad inputs: no traceback, status 0 or 2, one line, and nothing half-written."""

import sys

import pytest
from tests.helpers.bad_inputs import all_attempts, check
from tests.helpers.bad_inputs.attempt import Samples, contents
from tests.helpers.bad_inputs.samples import make_samples

from otoscope.cli import main

pytestmark = pytest.mark.slow

STEP = 47
"""A prime number, so that every option and value comes up in some place of the list."""
KINDS = ("heads", "rank")
ATTEMPTS = [
    attempt
    for attempt in all_attempts()[::STEP]
    if not any(f"{{{kind}}}" in "".join(attempt.arguments) for kind in ("probe", "prune", "segment"))
]


def run_here(work, output):
    """Run a command in this process."""
    try:
        work()
    except SystemExit as stop:
        return stop.code or 0, ""
    return 0, ""


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> Samples:
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", sys.argv)
    made = make_samples(tmp_path_factory.mktemp("samples"), run_here, KINDS)
    patch.undo()
    return made


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: f"{attempt.kind}: {attempt.name}"[:60])
def test_a_bad_input_is_one_line(attempt, samples, tmp_path, monkeypatch, capsys):
    here = tmp_path / "here"
    here.mkdir()
    attempt.prepare(here, samples)
    before = contents(here)
    monkeypatch.chdir(here)
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "argv", ["otoscope", *attempt.command(here, samples)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        main()
    status, err = stopped.value.code or 0, capsys.readouterr().err
    assert check(status, err, before, contents(here), is_refused=attempt.is_refused) is None


def test_the_check_finds_what_is_wrong(tmp_path):
    """A traceback, another status, two lines, and a file left behind are each reported."""
    line = "otoscope: expected a file; choose one\n"
    assert check(0, "", {}, {}) is None
    assert check(0, "", {}, {}, is_refused=True) == "succeeded"
    assert check(2, line, {"a": 1}, {"a": 1}) is None
    assert check(2, line, {"a": 1}, {"a": 1, "out/b": 2}) == "left or changed out/b"
    assert check(2, line * 2, {}, {}).startswith("expected one line, found 2")
    assert check(1, line, {}, {}).startswith("exit status 1")
    assert check(2, "Traceback (most recent call last):\nKeyError: 1", {}, {}) == "traceback: KeyError: 1"
