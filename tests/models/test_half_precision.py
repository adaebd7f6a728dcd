"""Statistics of a model in bfloat16 and float16 are close to those of the same model in float64."""

import numpy as np
import pytest
from lhotse import CutSet
from tests.helpers.comparison import STATISTICS, Values, measure, relative

from otoscope import bundled
from otoscope.corpus import load_audio, read_corpus
from otoscope.models.load import load

BOUND = {"float16": 2e-2, "bfloat16": 1e-1}  # of the largest value of a statistic
SINKS = {"float16": 1e-1, "bfloat16": 5e-1}  # a frame near the multiple that makes a sink is one or is none


@pytest.fixture(scope="module")
def waves() -> list[np.ndarray]:
    cuts = CutSet.from_cuts(list(read_corpus(bundled.speech()))[:2])
    return [load_audio(cut, 16000) for cut in cuts]


@pytest.fixture(scope="module", params=["bundled", "hubert-layer"])
def model(request: pytest.FixtureRequest, folders) -> str:
    """The package's model, and a random one of hubert's shape."""
    return "bundled" if request.param == "bundled" else str(folders["hubert-layer"])


@pytest.fixture(scope="module")
def exact(model: str, waves) -> list[Values]:
    return measure(load(model, device="cpu", dtype="float64"), waves)[0]


@pytest.mark.parametrize("dtype", BOUND)
def test_statistics_in_half_precision_stay_near_those_in_float64(model: str, exact, waves, dtype: str) -> None:
    found = measure(load(model, device="cpu", dtype=dtype), waves)[0]
    for name in STATISTICS:
        difference = max(relative(a[name], b[name]) for a, b in zip(found, exact, strict=True) if name in b)
        print(f"{model.rsplit('/', 1)[-1]:10} {dtype:9} {name:24} {difference:.1e}")
        assert difference <= (SINKS if name.startswith("sink") else BOUND)[dtype], name
