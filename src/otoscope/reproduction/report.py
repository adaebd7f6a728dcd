"""The report: one page of HTML with every figure, published values beside ours, and an answer to each claim."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import xarray as xr

from otoscope.atomic import atomic
from otoscope.figures import DARK, LIGHT, discover
from otoscope.figures.inline import inline_svg
from otoscope.reproduction import tables
from otoscope.reproduction.found import Found
from otoscope.reproduction.html import figure, heading, page, paragraph
from otoscope.reproduction.models import SEEDED
from otoscope.results import Run

TITLE = "The published experiments on M3, M6 and M9, made again"


def write_report(found: Found, dataset: xr.Dataset) -> Path:
    """Write `report.html` into the reproduction's folder."""
    target = found.work.folder / "report.html"
    with atomic(target) as partial:
        partial.write_text(page(TITLE, Report(found, dataset).body()), encoding="utf-8")
    return target


class Report:
    """Sections of the report, one method each."""

    def __init__(self, found: Found, dataset: xr.Dataset) -> None:
        """Of what was found, and of the Dataset that was made of it."""
        self._found, self._dataset, self._number = found, dataset, count()

    def body(self) -> Iterator[str]:
        """All sections in the order of the paper."""
        sections = {
            "In short": self._short,
            "Speech and models": self._models,
            "Heads and their categories": self._heads,
            "Phone boundaries": self._boundaries,
            "Relations between phones": self._relations,
            "Heads and spans removed": self._pruning,
            "Globalness against weight": self._weight,
            "Refined models": self._refined,
            "Time": self._time,
        }
        yield heading(TITLE, 1)
        yield paragraph(_ABOUT)
        for name, section in sections.items():
            yield heading(name)
            yield from section()

    def _short(self) -> Iterator[str]:
        yield paragraph(_ANSWERS)
        yield tables.summary_table(self._dataset)
        yield tables.left_out_table(self._dataset)

    def _models(self) -> Iterator[str]:
        names = ", ".join(Path(path).name for path in self._found.work.corpora.pretrain)
        yield paragraph(f"Trained on: {names}. Measured on:")
        yield tables.corpus_table(self._found)
        yield tables.model_table(self._found, self._dataset)

    def _heads(self) -> Iterator[str]:
        yield tables.share_table(self._dataset)
        yield self._own("reproduction-heads", "")
        yield from self._drawn("heads", ["category-examples", "head-distribution", "offset-profiles"])
        yield tables.claim_table(self._dataset, "heads")

    def _boundaries(self) -> Iterator[str]:
        if "r_value" in self._dataset:
            yield self._own("reproduction-boundaries", "")
            yield heading("Strict: no prediction counts for two references", 3)
            yield tables.r_value_table(self._dataset, "strict")
            yield heading("Lenient: one prediction may serve several references", 3)
            yield tables.r_value_table(self._dataset, "lenient")
        yield from self._drawn("segmentation", ["segmentation-example", "segmentation-curves", "segmentation-heads"])
        yield tables.claim_table(self._dataset, "segmentation")

    def _relations(self) -> Iterator[str]:
        yield from self._drawn("heads", ["relation-maps", "concentration"])
        yield tables.claim_table(self._dataset, "relations")

    def _pruning(self) -> Iterator[str]:
        pruned = self._pruned()
        for corpus, run in pruned.items():
            yield heading(corpus, 3)
            categories = run.dataset.sel(ranking=["diagonality", "verticality", "globalness"])
            yield self._figure("prune-curves", categories, "M3, by category")
            yield self._figure("span-curves", run.dataset, "M3, span")
        if pruned:
            yield self._own("reproduction-globalness", "")
            yield self._own("reproduction-spans", "")
            yield tables.change_table({corpus: run.dataset for corpus, run in pruned.items()})
        yield tables.claim_table(self._dataset, "pruning")

    def _weight(self) -> Iterator[str]:
        for corpus, run in self._pruned().items():
            yield self._figure("prune-curves", run.dataset.sel(ranking=["globalness", "weight"]), corpus)
        yield tables.claim_table(self._dataset, "weight")

    def _refined(self) -> Iterator[str]:
        yield paragraph(_REFINED)
        yield tables.speed_table(self._found)

    def _time(self) -> Iterator[str]:
        yield paragraph(_TIME)
        yield tables.time_table(self._dataset)

    def _pruned(self) -> dict[str, Run]:
        """Runs of prune on M3 by corpus."""
        return {
            corpus.name: self._found.run(SEEDED, f"pruning-{corpus.role}")
            for corpus in self._found.work.corpora.probed
            if self._found.has(SEEDED, f"pruning-{corpus.role}")
        }

    def _drawn(self, what: str, names: Sequence[str]) -> Iterator[str]:
        """Figures of a run of M3, with the map that it keeps."""
        if not self._found.has(SEEDED, what):
            return
        run = self._found.run(SEEDED, what)
        dataset = run.dataset
        if run.maps:
            attention = run.map(run.maps[0])
            dataset = dataset.merge(attention).assign_attrs(attention.attrs)
        yield from (self._figure(name, dataset, "M3") for name in names)

    def _own(self, name: str, caption: str) -> str:
        return self._figure(name, self._dataset, caption)

    def _figure(self, name: str, dataset: xr.Dataset, caption: str) -> str:
        """A figure in both themes; nothing where the Dataset lacks what it shows."""
        drawing = discover().get(name)
        if drawing is None or any(variable not in dataset for variable in drawing.variables):
            return ""
        number = next(self._number)
        light, dark = (inline_svg(drawing, dataset, theme, f"{theme.name}{number}-") for theme in (LIGHT, DARK))
        return figure(light, dark, f"{caption}: {drawing.doc}" if caption else drawing.doc)


_ABOUT = "x"
_ANSWERS = "x"
_REFINED = "x"
_TIME = "x"
