"""Python and TypeScript share one schema, one array format, one scale and one table of routes."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from otoscope.viewer.api import HANDLERS
from otoscope.viewer.array_format import pack, unpack
from otoscope.viewer.quantise import decode
from otoscope.viewer.routes import ROUTES
from otoscope.viewer.typescript import generated_files

WEB = Path(__file__).parents[2] / "web"

ARRAYS = {
    "code": np.arange(6, dtype=np.uint8).reshape(2, 3),
    "place": np.array([-1, 2**30], dtype=np.int32),
    "weight": np.array([0.0, 0.5, 1.5], dtype=np.float32),
    "none": np.zeros((0, 4), dtype=np.float32),
}
ATTRIBUTES = {"levels": 3, "name": "zoë", "flags": [True, None]}


@pytest.mark.parametrize("name", generated_files())
def test_types_and_paths_of_the_page_are_generated(name):
    """After a change of schema.py or routes.py, run: python -m otoscope.viewer.typescript."""
    assert (WEB / "src" / name).read_text(encoding="utf-8") == generated_files()[name]


def test_each_route_of_a_run_has_a_handler():
    assert set(HANDLERS) == set(ROUTES) - {"runs"}


def contract() -> dict:
    return {
        "block": base64.b64encode(pack(ARRAYS, **ATTRIBUTES)).decode(),
        "arrays": {name: {"shape": list(a.shape), "values": a.ravel().tolist()} for name, a in ARRAYS.items()},
        "attributes": ATTRIBUTES,
        "weights": decode(np.arange(256, dtype=np.uint8)).tolist(),
    }


def test_the_block_that_the_page_is_tested_with_is_what_python_packs():
    """web/test/arrayFormat.test.ts unpacks the same bytes."""
    assert json.loads((WEB / "test" / "contract.json").read_text(encoding="utf-8")) == contract()


def test_a_block_gives_back_what_was_packed():
    arrays, attributes = unpack(pack(ARRAYS, **ATTRIBUTES))
    assert attributes == ATTRIBUTES
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_a_block_holds_only_what_the_page_can_read():
    with pytest.raises(TypeError, match="float64"):
        pack({"x": np.zeros(2)})
    with pytest.raises(ValueError, match="expected bytes that begin with"):
        unpack(b"PK\x03\x04 something else")
