"""The report: one HTML page with every figure, the published values, and a verdict on each claim."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import xarray as xr

from otoscope._io.atomic import atomic_write
from otoscope.figures import DARK, FIGURES, LIGHT, Design
from otoscope.figures.style.svg import inline_svg
from otoscope.papers.html import contents, figure, heading, page, paragraph
from otoscope.papers.yang2020.claims.claim_id import Experiment
from otoscope.papers.yang2020.claims.pruning_curves import max_removable
from otoscope.papers.yang2020.models import SEED_MODEL
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.report import report_text as texts
from otoscope.papers.yang2020.report.claim_tables import claim_table, summary_table
from otoscope.papers.yang2020.report.cost_tables import skipped_table, speed_table, time_table
from otoscope.papers.yang2020.report.model_tables import corpus_table, model_table, share_table
from otoscope.papers.yang2020.report.score_tables import change_table, r_value_table
from otoscope.papers.yang2020.stages import pruning_stage
from otoscope.papers.yang2020.variables import KIND

REPORT = "report.html"
"""Name of the report in the folder of a reproduction."""
MODEL = SEED_MODEL.upper()
CATEGORY_RANKINGS = ["diagonality", "verticality", "globalness"]


def write_report(outputs: StageOutputs, dataset: xr.Dataset) -> Path:
    """Write the report into the reproduction's folder, and return its path."""
    target = outputs.job.folder / REPORT
    with atomic_write(target, shared=True) as partial:
        partial.write_text(page(texts.TITLE, Report(outputs, dataset).body()), encoding="utf-8")
    return target


class Report:
    """The sections of the report, one method each. The only state is the number of the next figure."""

    def __init__(self, outputs: StageOutputs, dataset: xr.Dataset) -> None:
        """Create a report of the outputs of the stages and of the Dataset made from them."""
        self._outputs, self._dataset, self._figure_numbers = outputs, dataset, count()

    def body(self) -> Iterator[str]:
        """Yield all sections in the order of the paper."""
        sections: dict[str, Callable[[], Iterator[str]]] = {
            "In short": self._summary,
            "Speech and models": self._models,
            "Heads and their categories": self._heads,
            "Phone boundaries": self._boundaries,
            "Relations between phones": self._relations,
            "Heads and spans removed": self._pruning,
            "Globalness against weight": self._weight,
            "Refined models": self._refined,
            "Time": self._time,
        }
        yield heading(texts.TITLE, 1)
        yield paragraph(texts.ABOUT)
        yield contents(list(sections))
        for name, section in sections.items():
            yield heading(name)
            yield from section()

    def _summary(self) -> Iterator[str]:
        yield paragraph(texts.VERDICTS)
        yield summary_table(self._dataset)
        yield skipped_table(self._dataset)

    def _models(self) -> Iterator[str]:
        yield corpus_table(self._outputs)
        yield model_table(self._outputs, self._dataset)
        yield paragraph(texts.HELD_OUT)
        if any(model.recipe.masking.early_steps for model in self._outputs.job.models):
            yield paragraph(texts.EARLY)

    def _heads(self) -> Iterator[str]:
        yield paragraph(texts.HEADS)
        yield share_table(self._dataset)
        yield self._figure("reproduction-heads", self._dataset)
        yield from self._run_figures("heads", ["category-examples", "head-distribution", "offset-profiles"])
        yield claim_table(self._dataset, Experiment.HEADS)

    def _boundaries(self) -> Iterator[str]:
        if SEED_MODEL in (segmented := self._outputs.datasets("segmentation")):
            yield paragraph(texts.BOUNDARIES.format(parted_by=segmented[SEED_MODEL].attrs["parted_by"]))
            yield self._figure("reproduction-boundaries", self._dataset)
            yield heading("Strict: no prediction counts for two references", 3)
            yield r_value_table(self._dataset, "strict")
            yield heading("Lenient: one prediction may serve several references", 3)
            yield r_value_table(self._dataset, "lenient")
        names = ["segmentation-example", "segmentation-curves", "segmentation-heads"]
        yield from self._run_figures("segmentation", names)
        yield claim_table(self._dataset, Experiment.SEGMENTATION)

    def _relations(self) -> Iterator[str]:
        yield paragraph(texts.RELATIONS)
        yield from self._run_figures("heads", ["relation-maps", "concentration"])
        yield claim_table(self._dataset, Experiment.RELATIONS)

    def _pruning(self) -> Iterator[str]:
        yield paragraph(texts.PRUNING)
        pruned = self._pruned()
        for corpus, curves in pruned.items():
            yield heading(corpus, 3)
            yield self._figure("prune-curves", curves.sel(ranking=CATEGORY_RANKINGS), f"{MODEL}, by category")
            yield self._figure("span-curves", curves, MODEL)
            for probe in _accuracy_probes(curves):
                yield paragraph(f"{MODEL} without significant loss: {max_removable(curves, probe)}")
        if pruned:
            yield self._figure("reproduction-globalness", self._dataset)
            yield self._figure("reproduction-spans", self._dataset)
            yield change_table(pruned)
        yield claim_table(self._dataset, Experiment.PRUNING)

    def _weight(self) -> Iterator[str]:
        for corpus, curves in self._pruned().items():
            yield self._figure("prune-curves", curves.sel(ranking=["globalness", "weight"]), corpus)
        yield claim_table(self._dataset, Experiment.WEIGHT)

    def _refined(self) -> Iterator[str]:
        yield paragraph(texts.REFINED)
        yield speed_table(self._outputs)

    def _time(self) -> Iterator[str]:
        yield paragraph(texts.TIME)
        yield time_table(self._dataset)

    def _pruned(self) -> dict[str, xr.Dataset]:
        """Return the curves of M3 by the name of the corpus."""
        corpora = self._outputs.job.corpora.evaluation
        by_corpus = {corpus.name: self._outputs.datasets(pruning_stage(corpus)) for corpus in corpora}
        return {name: datasets[SEED_MODEL] for name, datasets in by_corpus.items() if SEED_MODEL in datasets}

    def _run_figures(self, stage: str, names: Sequence[str]) -> Iterator[str]:
        """Yield figures of a run of M3, with the map that it stores."""
        if not self._outputs.has(SEED_MODEL, stage):
            return
        run, dataset = self._outputs.run(SEED_MODEL, stage), self._outputs.datasets(stage)[SEED_MODEL]
        if run.maps:
            attention = run.map(run.maps[0]).load()
            dataset = dataset.merge(attention).assign_attrs(attention.attrs)
        yield from (self._figure(name, dataset, MODEL) for name in names)

    def _figure(self, name: str, dataset: xr.Dataset, caption: str = "") -> str:
        """Return a figure in both themes; empty if the Dataset lacks what the figure shows."""
        spec = FIGURES.get(name)
        if spec.missing_variables(dataset):
            return ""
        titled = dataset if spec.kind == KIND else dataset.assign_attrs(model=MODEL)
        number = next(self._figure_numbers)
        light, dark = (inline_svg(spec, titled, Design(theme), f"{theme.name}{number}-") for theme in (LIGHT, DARK))
        return figure(light, dark, f"{caption}: {spec.doc}" if caption else spec.doc)


def _accuracy_probes(dataset: xr.Dataset) -> list[str]:
    """Return the names of the probes whose score is an accuracy."""
    return [str(probe["probe"].item()) for _, probe in dataset.groupby("probe") if probe["higher_is_better"].item()]
