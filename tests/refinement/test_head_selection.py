"""Which heads go: by a ranking of a run, by a file; a wrong wish is one clear line that leaves nothing behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.refinable_models import PATCHES
from tests.helpers.tiny_models import randomize_weights, save

from otoscope import bundled
from otoscope.analysis.analyze import analyze
from otoscope.errors import InputError
from otoscope.importance.options import RankingOptions
from otoscope.importance.rank import rank
from otoscope.models.mockingjay import MockingjayConfig, MockingjayModel
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.refinement_result import Refinement
from otoscope.runs.options import SpeechOptions

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "heads"
    analyze("bundled", "bundled", out, options=SpeechOptions(limit=2))
    return out


@pytest.mark.parametrize(("by", "prunable_end"), [("globalness", "high"), ("verticality", "high"), ("weight", "low")])
def test_a_statistic_ranks_heads(run: Path, tmp_path: Path, by: str, prunable_end: str) -> None:
    from otoscope.results import open_run

    ordered = open_run(run).heads.sort_values(by, ascending=prunable_end == "low")
    refined = refine("bundled", tmp_path / "out", options=RefinementOptions(run=run, by=by, heads=0.25))
    assert set(refined.removed) == set(zip(ordered["layer"][:12], ordered["head"][:12], strict=True))


def test_a_ranking_run_ranks_heads_its_own_way(run: Path, tmp_path: Path) -> None:
    """The same statistic in a ranking run chooses the same heads."""
    rank(
        "bundled",
        "bundled",
        tmp_path / "ranked",
        ranking=RankingOptions(by=("globalness", "random"), run=run),
        options=SpeechOptions(limit=2),
    )
    heads = {
        where: refine_with("bundled", tmp_path / name, run=where, by="globalness", heads=0.5).removed
        for name, where in (("a", run), ("b", tmp_path / "ranked"))
    }
    assert len(set(heads.values())) == 1
    by_seed = refine_with("bundled", tmp_path / "c", run=tmp_path / "ranked", by="random-1", heads=0.5)
    assert len(by_seed.removed) == 24


def test_a_file_names_heads(tmp_path: Path) -> None:
    """Twice the same head is once."""
    (tmp_path / "heads.json").write_text(json.dumps([[2, 7], [0, 1], [2, 7]]), encoding="utf-8")
    refined = refine("bundled", tmp_path / "out", remove=tmp_path / "heads.json")
    assert refined.removed == ((0, 1), (2, 7))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({}, "nothing to refine: give "),
        ({"span": 0}, "expected a span of at least 1 frame, got 0"),
        ({"span": -3}, "expected a span of at least 1 frame, got -3"),
        ({"span": 10**20}, "expected a span of at most 1000000 frames, got 100000000000000000000; omit it"),
        ({"remove": [(6, 0)]}, "no layer 6: bundled has layers 0 to 5"),
        ({"remove": [(-1, 0)]}, "no layer -1: bundled has layers 0 to 5"),
        ({"remove": [(0, 8)]}, "no head 8: layer 0 of bundled has heads 0 to 7"),
        ({"heads": 0.5}, "belong together"),
        ({"run": "run", "by": "globalness"}, "belong together"),
        ({"heads": 0.5, "run": "run"}, "belong together"),
        ({"heads": 0.5, "run": "run", "by": "weight", "remove": []}, "choose heads in one way"),
        ({"remove": [], "budget_macs": 0.8}, "choose heads in one way"),
        ({"heads": 0.0, "run": "RUN", "by": "weight"}, "expected a share of heads above 0 and at most 1, got 0"),
        ({"heads": 1.5, "run": "RUN", "by": "weight"}, "expected a share of heads above 0 and at most 1, got 1.5"),
        ({"heads": 0.5, "run": "RUN", "by": "beauty"}, "has no ranking 'beauty'; it has .*globalness"),
        ({"heads": 0.5, "run": "no-run", "by": "weight"}, "expected a run folder of otoscope"),
        ({"span": 3, "tune": 5}, "--tune needs at least 1 step and a corpus"),
        ({"span": 3, "tune": 0, "corpora": ["bundled"]}, "--tune needs at least 1 step and a corpus"),
        ({"remove": "no-file.json"}, "no-file.json cannot be read"),
    ],
)
def test_a_wrong_wish_leaves_nothing_behind(run: Path, tmp_path: Path, wish: dict[str, Any], message: str) -> None:
    if wish.get("run") == "RUN":
        wish = wish | {"run": run}
    with pytest.raises(InputError, match=message) as refused:
        refine_with("bundled", tmp_path / "out", **wish)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def refine_with(model: str, out: Path, *, remove: Any = None, corpora: Any = (), **options: Any) -> Refinement:
    return refine(model, out, remove=remove, corpora=corpora, options=RefinementOptions(**options))


@pytest.mark.parametrize("text", ["{", "{}", "[1, 2]", "[[0]]", '[["0", 1]]', "[[0, 1.5]]", "[[true, 1]]"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "heads.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"heads\.json"):
        refine("bundled", tmp_path / "out", remove=tmp_path / "heads.json")


def test_a_run_of_another_model_is_refused(original: Callable[[str], Path], run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found another model"):
        refine(original("mockingjay"), tmp_path / "out", options=RefinementOptions(run=run, by="weight", heads=0.5))


def test_what_stands_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years", encoding="utf-8")
    with pytest.raises(InputError, match="exists and is not an empty folder"):
        refine("bundled", tmp_path / "out", options=RefinementOptions(span=3))


def test_a_family_that_cannot_is_refused_by_name(original: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a 'wavlm' model, which cannot be refined \(its gate of positions reads"):
        refine(original("wavlm-layer"), tmp_path / "out", remove=[(0, 0)])
    assert not list(tmp_path.iterdir())


def test_shared_layers_are_refused_with_that_reason(original: Callable[[str], Path], tmp_path: Path) -> None:
    """Also where a configuration of another family says so."""
    with pytest.raises(InputError, match=r"is a 'audioalbert' model.* \(its layers share their weights"):
        refine(original("audioalbert"), tmp_path / "out", remove=[(0, 0)])
    config = MockingjayConfig(hidden_size=24, num_attention_heads=2, num_hidden_layers=3, share_layer=True)
    randomize_weights(model := MockingjayModel(config))
    with pytest.raises(InputError, match="cannot be refined: its layers share their weights"):
        refine(save(model, tmp_path / "shared"), tmp_path / "out", remove=[(0, 0)])
    assert not (tmp_path / "out").exists()


def test_patches_have_no_span(original: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="patches of time and band, not frames"):
        refine(original(PATCHES), tmp_path / "out", options=RefinementOptions(span=4))
    assert not list(tmp_path.iterdir())


def test_the_embedded_folder_is_what_embedded_means(tmp_path: Path) -> None:
    refined = refine(bundled.model(), tmp_path / "out", remove=[(0, 0)])
    assert refined.parameters == refine("bundled", tmp_path / "other", remove=[(0, 0)]).parameters
