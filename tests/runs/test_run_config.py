"""The plan of a run identifies the model that made it."""

import pytest

import otoscope
from otoscope.errors import InputError
from otoscope.runs.run_config import require_same_model


def test_only_the_model_that_made_a_run_passes(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=1))
    require_same_model(run, otoscope.load(tiny_model))
    with pytest.raises(InputError, match=r"expected the model that made .*run.* found another model, bundled"):
        require_same_model(run, otoscope.load("bundled"))
