"""The report: one page of HTML with every figure, published values beside ours, and an answer to each claim."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import xarray as xr

from otoscope._io.atomic import atomic
from otoscope.figures import DARK, FIGURES, LIGHT
from otoscope.figures.style.svg import inline_svg
from otoscope.papers.yang2020 import report_text as texts
from otoscope.papers.yang2020 import tables
from otoscope.papers.yang2020.html import contents, figure, heading, page, paragraph
from otoscope.papers.yang2020.models import SEEDED
from otoscope.papers.yang2020.outputs import Found
from otoscope.papers.yang2020.pruning_claims import removable


def write_report(found: Found, dataset: xr.Dataset) -> Path:
    """Write `report.html` into the reproduction's folder."""
    target = found.work.folder / "report.html"
    with atomic(target) as partial:
        partial.write_text(page(texts.TITLE, Report(found, dataset).body()), encoding="utf-8")
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
        yield heading(texts.TITLE, 1)
        yield paragraph(texts.ABOUT)
        yield contents(list(sections))
        for name, section in sections.items():
            yield heading(name)
            yield from section()

    def _short(self) -> Iterator[str]:
        yield paragraph(texts.ANSWERS)
        yield tables.summary_table(self._dataset)
        yield tables.left_out_table(self._dataset)

    def _models(self) -> Iterator[str]:
        yield tables.corpus_table(self._found)
        yield tables.model_table(self._found, self._dataset)
        yield paragraph(texts.HELD_OUT)
        if any(model.recipe.masking.early_steps for model in self._found.work.models):
            yield paragraph(texts.EARLY)

    def _heads(self) -> Iterator[str]:
        yield paragraph(texts.HEADS)
        yield tables.share_table(self._dataset)
        yield self._own("reproduction-heads", "")
        yield from self._drawn("heads", ["category-examples", "head-distribution", "offset-profiles"])
        yield tables.claim_table(self._dataset, "heads")

    def _boundaries(self) -> Iterator[str]:
        if SEEDED in (segmented := self._found.datasets("segmentation")):
            yield paragraph(texts.BOUNDARIES.format(parted_by=segmented[SEEDED].attrs["parted_by"]))
            yield self._own("reproduction-boundaries", "")
            yield heading("Strict: no prediction counts for two references", 3)
            yield tables.r_value_table(self._dataset, "strict")
            yield heading("Lenient: one prediction may serve several references", 3)
            yield tables.r_value_table(self._dataset, "lenient")
        yield from self._drawn("segmentation", ["segmentation-example", "segmentation-curves", "segmentation-heads"])
        yield tables.claim_table(self._dataset, "segmentation")

    def _relations(self) -> Iterator[str]:
        yield paragraph(texts.RELATIONS)
        yield from self._drawn("heads", ["relation-maps", "concentration"])
        yield tables.claim_table(self._dataset, "relations")

    def _pruning(self) -> Iterator[str]:
        yield paragraph(texts.PRUNING)
        pruned = self._pruned()
        for corpus, of in pruned.items():
            yield heading(corpus, 3)
            categories = of.sel(ranking=["diagonality", "verticality", "globalness"])
            yield self._figure("prune-curves", categories, "M3, by category")
            yield self._figure("span-curves", of, "M3")
            yield from (paragraph(f"M3 without significant loss: {removable(of, probe)}") for probe in _read(of))
        if pruned:
            yield self._own("reproduction-globalness", "")
            yield self._own("reproduction-spans", "")
            yield tables.change_table(pruned)
        yield tables.claim_table(self._dataset, "pruning")

    def _weight(self) -> Iterator[str]:
        for corpus, of in self._pruned().items():
            yield self._figure("prune-curves", of.sel(ranking=["globalness", "weight"]), corpus)
        yield tables.claim_table(self._dataset, "weight")

    def _refined(self) -> Iterator[str]:
        yield paragraph(texts.REFINED)
        yield tables.speed_table(self._found)

    def _time(self) -> Iterator[str]:
        yield paragraph(texts.TIME)
        yield tables.time_table(self._dataset)

    def _pruned(self) -> dict[str, xr.Dataset]:
        """Curves of M3 by corpus."""
        of_corpora = {
            corpus.name: self._found.datasets(f"pruning-{corpus.role}") for corpus in self._found.work.corpora.probed
        }
        return {name: of[SEEDED] for name, of in of_corpora.items() if SEEDED in of}

    def _drawn(self, what: str, names: Sequence[str]) -> Iterator[str]:
        """Figures of a run of M3, with the map that it keeps."""
        if not self._found.has(SEEDED, what):
            return
        run, dataset = self._found.run(SEEDED, what), self._found.datasets(what)[SEEDED]
        if run.maps:
            attention = run.map(run.maps[0]).load()
            dataset = dataset.merge(attention).assign_attrs(attention.attrs)
        yield from (self._figure(name, dataset, "M3") for name in names)

    def _own(self, name: str, caption: str) -> str:
        return self._figure(name, self._dataset, caption)

    def _figure(self, name: str, dataset: xr.Dataset, caption: str) -> str:
        """A figure in both themes; nothing where the Dataset lacks what it shows."""
        spec = FIGURES.get(name)
        named = dataset if name.startswith("reproduction") else dataset.assign_attrs(model=SEEDED.upper())
        if spec.missing_variables(dataset):
            return ""
        number = next(self._number)
        light, dark = (inline_svg(spec, named, theme, f"{theme.name}{number}-") for theme in (LIGHT, DARK))
        return figure(light, dark, f"{caption}: {spec.doc}" if caption else spec.doc)


def _read(dataset: xr.Dataset) -> list[str]:
    """Probes whose score is an accuracy."""
    return [str(one["probe"].item()) for _, one in dataset.groupby("probe") if one["better"].item() == "high"]
