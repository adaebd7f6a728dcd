"""A budget of latency: costs follow from a table of measured shares, and from nothing else."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.helpers.refinable_models import plain

from otoscope.errors import InputError
from otoscope.models.load import load
from otoscope.refinement import REDUCTION_METHODS, budgeted
from otoscope.refinement.budgeted import BudgetedModel, within, within_latency
from otoscope.refinement.latency import LatencyTable
from otoscope.refinement.macs import count_macs
from otoscope.refinement.options import RefinementOptions
from otoscope.refinement.refine import refine
from otoscope.refinement.source_model import read_source
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import SpeechPool

pytestmark = pytest.mark.slow

FEW = SelectionOptions(limit=2)


@dataclass(eq=False)
class CountedTable(LatencyTable):
    """A table whose latencies are multiplications; refined models are slower by a known share."""

    slower: float = 0.0

    def share(self, name, encoder):
        whole = sum(count_macs(self.original, self.seconds).values())
        extra = self.slower if name.startswith("refined") else 0.0
        self.shares[name] = sum(count_macs(encoder, self.seconds).values()) / whole + extra
        return self.shares[name]


def both(model: Path, method: str, budget: float) -> tuple[BudgetedModel, BudgetedModel]:
    """Return the models of a budget of multiplications, and of latency with a table that counts them."""
    done = []
    for name in ("budget_macs", "budget_latency"):
        source = read_source(model)
        speech = SpeechPool(["bundled"], make_selection(FEW)).read(source.encoder)
        options = RefinementOptions(method=method, **{name: budget})
        table = CountedTable(source.encoder, 10.0)
        is_latency = name == "budget_latency"
        done.append(within_latency(source, options, speech, table) if is_latency else within(source, options, speech))
    return done[0], done[1]


@pytest.mark.parametrize(
    ("method", "budget"), [("heads", 0.9), ("widths", 0.9), ("low-rank", 0.97), ("patterns", 0.97), ("spans", 0.97)]
)
def test_with_latencies_that_are_multiplications_both_budgets_give_one_model(original, method: str, budget) -> None:
    """The costs of all methods follow from the timed variants; the reference counts them part by part."""
    macs, latency = both("bundled" if method == "spans" else original("mockingjay"), method, budget)
    assert latency.removed == macs.removed
    assert latency.model.config.to_dict() == macs.model.config.to_dict()
    weights = [each.model.state_dict() for each in (macs, latency)]
    assert all(weight.equal(weights[1][name]) for name, weight in weights[0].items())
    assert list(latency.latency.shares.values())[-1] <= budget + 1e-9


def test_a_slower_model_lowers_the_budget_or_is_refused(original) -> None:
    source = read_source(original("mockingjay"))
    speech = SpeechPool(["bundled"], make_selection(FEW)).read(source.encoder)
    options = RefinementOptions(method="widths", budget_latency=0.8)
    table = CountedTable(source.encoder, 10.0, slower=0.1)
    done = within_latency(source, options, speech, table)
    tries = [share for name, share in done.latency.shares.items() if name.startswith("refined")]
    assert len(tries) == 2
    assert tries[0] > 0.83 >= tries[1]
    with pytest.raises(InputError, match=r"cannot be reached|expected 0.5 of the latency on 10 s, found .* 3 tries"):
        within_latency(
            source, RefinementOptions(budget_latency=0.5), speech, CountedTable(source.encoder, 10.0, slower=0.4)
        )


def test_latencies_are_measured_and_stored_with_the_model(tmp_path: Path, monkeypatch) -> None:
    """Real timings of a short length, with a budget that any timing meets."""
    monkeypatch.setattr(budgeted, "TOLERANCE", 10.0)
    options = RefinementOptions(budget_latency=0.9, budget_seconds=1.0, method="spans")
    monkeypatch.setattr("otoscope.refinement.builtin.spans.span_savings", lambda draft: timed(draft))
    done = refine("bundled", tmp_path / "out", corpora=["bundled"], options=options, selection=FEW)
    assert "measured on 1 s with" in done.summary
    stored = load(tmp_path / "out", device="cpu").model.config.refinement["latency"]
    assert stored == done.latency
    assert stored["shares"]["refined model, try 1"] > 0
    assert plain(tmp_path / "out").isfinite().all()


def timed(draft) -> list[float]:
    """Return savings that are known, after the latency of a variant was measured."""
    assert draft.latency_without("nothing") > 0
    return [0.1] * 6


def test_what_cannot_be_is_one_line(tmp_path: Path, monkeypatch) -> None:
    for options, message in (
        ({"budget_latency": 1.5}, r"above 0 and below 1 of the model's latency, got 1.5; correct --budget-latency"),
        ({"budget_latency": 0.5, "budget_macs": 0.5}, "choose heads in one way"),
        ({"budget_latency": 0.5, "budget_seconds": 0.0}, "expected --budget-seconds above 0"),
        ({"budget_seconds": 5.0, "span": 4}, "--budget-seconds say how --budget-macs or --budget-latency is reached"),
    ):
        with pytest.raises(InputError, match=message):
            refine("bundled", tmp_path / "out", options=RefinementOptions(**options))
    counted = replace(REDUCTION_METHODS.get("heads"), knows_latency=False)
    monkeypatch.setattr(budgeted, "REDUCTION_METHODS", {"heads": counted})
    with pytest.raises(InputError, match="--method heads counts multiplications alone; pass --budget-macs"):
        refine("bundled", tmp_path / "out", options=RefinementOptions(budget_latency=0.5))
    assert not list(tmp_path.iterdir())
