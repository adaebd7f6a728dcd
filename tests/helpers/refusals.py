"""The message with which a model is refused."""

from typing import Any

import pytest

from otoscope import load
from otoscope.errors import InputError


def refusal(name: Any, **options: Any) -> str:
    with pytest.raises(InputError) as refused:
        load(name, **{"device": "cpu"} | options)
    assert "\n" not in str(refused.value)
    return str(refused.value)
