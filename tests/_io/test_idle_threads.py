"""Protects the cores that the attention kernel shares with waiting threads, and the user's own choice."""

import os
import subprocess
import sys

import pytest

from otoscope._io.idle_threads import SPIN_COUNT, WAITING, shorten_waiting


def test_idle_threads_sleep_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in WAITING:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    shorten_waiting()
    assert os.environ.pop("GOMP_SPINCOUNT") == SPIN_COUNT


def test_nothing_is_set_after_torch_has_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in WAITING:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setitem(sys.modules, "torch", sys)
    shorten_waiting()
    assert not set(WAITING) & set(os.environ)


@pytest.mark.parametrize(("variable", "value"), [("GOMP_SPINCOUNT", "5"), ("OMP_WAIT_POLICY", "active")])
def test_a_choice_of_the_user_stays(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in WAITING:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, value)
    before = dict(os.environ)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    shorten_waiting()
    assert dict(os.environ) == before


def test_it_is_decided_before_torch_is_imported() -> None:
    code = "import otoscope, os, sys; assert 'torch' not in sys.modules; print(os.environ['GOMP_SPINCOUNT'])"
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == f"{SPIN_COUNT}\n"
