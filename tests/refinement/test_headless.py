"""Models that lost all heads of a layer are ranked and refined again; of those that lost all heads nothing is asked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.refinable_models import EVERYTHING, WHOLE_LAYER

from otoscope.analysis.analyze import analyze
from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.options import RankingOptions
from otoscope.importance.rank import rank
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.pruning.prune import prune
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.runs.options import SpeechOptions

FAMILIES = ("mockingjay", "wav2vec2-layer")


@pytest.fixture
def without(original: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """Folder of a family's model without some heads."""
    return lambda family, heads: refine(original(family), tmp_path / "without", remove=heads).path


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_without_the_heads_of_a_layer_is_ranked_by_everything(without, family: str, tmp_path: Path) -> None:
    run = rank(
        without(family, WHOLE_LAYER),
        "bundled",
        tmp_path / "run",
        ranking=RankingOptions(by=RANKINGS.names()),
        options=SpeechOptions(limit=2),
    )
    assert np.isfinite(run.dataset["score"].values[:, [0, 2]]).all()
    assert np.isnan(run.dataset["score"].values[:, 1]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_without_the_heads_of_a_layer_is_refined_to_a_budget(without, family: str, tmp_path: Path) -> None:
    again = refine(without(family, WHOLE_LAYER), tmp_path / "again", options=RefinementOptions(budget_macs=0.99))
    assert again.heads[1] == 0
    assert 0 < sum(again.heads) < 8


@pytest.mark.parametrize(
    "use",
    [
        lambda model, out: analyze(model, "bundled", out, options=SpeechOptions(limit=2)),
        lambda model, out: rank(
            model, "bundled", out, ranking=RankingOptions(by=("weight",)), options=SpeechOptions(limit=2)
        ),
        lambda model, out: prune(
            model,
            "bundled",
            out,
            schedule=ScheduleOptions(by=("random",)),
            probing=ProbingOptions(probes=("hidden-error",)),
            options=SpeechOptions(limit=2),
        ),
        lambda model, out: refine(model, out, options=RefinementOptions(budget_macs=0.9)),
    ],
    ids=["analyze", "rank", "prune", "refine"],
)
def test_a_model_without_any_head_is_one_line_and_leaves_nothing(without, use, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no attention heads left") as refused:
        use(without("mockingjay", EVERYTHING), tmp_path / "out")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "out").exists()
