"""A reproduction as one labelled Dataset of the kind `reproduction`: models side by side, answers, times."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.papers.yang2020.boundaries import boundary_answers
from otoscope.papers.yang2020.claims import Answer
from otoscope.papers.yang2020.heads import SHARP, head_answers, share_intervals, shifts
from otoscope.papers.yang2020.models import SEEDED
from otoscope.papers.yang2020.outputs import Found
from otoscope.papers.yang2020.pruning import pruning_answers
from otoscope.papers.yang2020.published import claims_published, r_values_published
from otoscope.papers.yang2020.relations import relation_answers
from otoscope.results.categories import CATEGORIES
from otoscope.results.schema import FORMAT_VERSION, Variable

KIND = "reproduction"
METHOD, CURVE, SPAN = ("model", "segmenter"), ("judge", "model", "step"), ("judge", "model", "radius")
JUDGED = "of a probe on a corpus"
VARIABLES = {
    "title": Variable(("model",), "1", "name of the model"),
    "masking_span": Variable(("model",), "frames", "stacked frames that are masked in a run"),
    "held_out": Variable(("model",), "1", "masked L1 on held-out speech, in deviations of each log-mel band"),
    "held_out_mean": Variable(("model",), "1", "the same of predicting the mean of the frames that are not masked"),
    "held_out_nearest": Variable(("model",), "1", "the same of copying the nearest frame that is not masked"),
    "category_share": Variable(("model", "category"), "1", "share of the heads that are of a category"),
    "category_share_interval": Variable(
        ("model", "category", "bound"), "1", "95 % bootstrap interval over utterances of the share"
    ),
    "shift": Variable(
        ("model", "layer", "head"),
        "ms",
        f"offset of the peak of a sharp diagonal head ({100 * SHARP:.0f} % of its attention at one offset); else NaN",
    ),
    "r_value": Variable((*METHOD, "mode"), "1", "R-value on the test part"),
    "r_value_interval": Variable((*METHOD, "mode", "bound"), "1", "95 % bootstrap interval over test utterances"),
    "r_value_published": Variable(METHOD, "1", "strict R-value that was published; NaN: none was"),
    "curve": Variable(CURVE, "as `metric` says", f"score {JUDGED} as heads go, the most global first"),
    "curve_interval": Variable((*CURVE, "bound"), "as `metric` says", "95 % interval over seeds and utterances of it"),
    "curve_drop": Variable(("judge", "model"), "heads", "number removed where the score is first significantly worse"),
    "span_curve": Variable(SPAN, "as `metric` says", f"score {JUDGED} under a span, rows as published"),
    "span_curve_interval": Variable((*SPAN, "bound"), "as `metric` says", "95 % interval over seeds and utterances"),
    "span_curve_drop": Variable(("judge", "model"), "frames", "radius where the score is first significantly worse"),
    "removed": Variable(("step",), "heads", "number of heads removed"),
    "metric": Variable(("judge",), "1", "what the score is"),
    "better": Variable(("judge",), "1", "which scores are good: high or low"),
    "majority": Variable(("judge",), "as `metric` says", "score of always guessing the commonest class"),
    "claim": Variable(("difference",), "1", "claim that the difference answers"),
    "asked_of": Variable(("difference",), "1", "speech, and probe, of which it is asked"),
    "answer": Variable(("difference",), "1", "of the claim, by all of its differences there"),
    "what": Variable(("difference",), "1", "the difference: above zero the claim's way"),
    "value": Variable(("difference",), "1", "the difference; NaN: it could not be measured"),
    "value_interval": Variable(("difference", "bound"), "1", "95 % interval of the difference"),
    "test": Variable(("difference",), "1", "where the interval comes from, or why there is none"),
    "seconds": Variable(("stage",), "s", "time of the attempt that finished the stage; of training, all its parts"),
    "left_out": Variable(("stage",), "1", "why the stage was left out; empty where it is done"),
}


def results(found: Found) -> xr.Dataset:
    """Everything that stands on its own, with dimensions, units and descriptions."""
    values = dict(_models(found)) | dict(_heads(found)) | dict(_boundaries(found)) | dict(_curves(found))
    values |= _asked(answers(found), found) | _times(found)
    variables = {name: (VARIABLES[name].dims, of, VARIABLES[name].attrs) for name, of in values.items()}
    phones = found.work.corpora.phones
    told = {"kind": KIND, "format_version": FORMAT_VERSION, "model": ", ".join(one.title for one in found.mains)}
    speech = f"{phones.facts['utterances']} utterances, {phones.facts['speakers']} speakers"
    parts = {"speech": speech, "speech_segmented": _segmented(found), "synthetic": _synthetic(found), "sharp": SHARP}
    return xr.Dataset(variables, _coordinates(found)).assign_attrs(told | parts)


def answers(found: Found) -> list[Answer]:
    """All that the claims were asked, in the order of the experiments."""
    seeds, heads, segmented = list(found.seeds), found.datasets("heads"), found.datasets("segmentation")
    given = head_answers(heads, seeds) + relation_answers({name: heads[name] for name in seeds})
    if SEEDED in segmented:
        given += boundary_answers(segmented, [name for name in seeds if name in segmented])
    for corpus in found.work.corpora.probed:
        pruned = found.datasets(f"pruning-{corpus.role}")
        given += pruning_answers(pruned[SEEDED], corpus.name) if SEEDED in pruned else []
    return given


def _models(found: Found) -> Iterator[tuple[str, NDArray[Any]]]:
    learned = [found.facts(name, "held-out") for name in found.names]
    yield "title", np.array([model.title for model in found.work.models], object)
    yield "masking_span", np.array([model.recipe.masking.span for model in found.work.models])
    yield "held_out", np.array([one.get("model", np.nan) for one in learned])
    yield "held_out_mean", np.array([one.get("mean", np.nan) for one in learned])
    yield "held_out_nearest", np.array([one.get("nearest", np.nan) for one in learned])


def _heads(found: Found) -> Iterator[tuple[str, NDArray[Any]]]:
    datasets = found.datasets("heads")
    shares = [share_intervals(datasets[name]) for name in found.names]
    yield "category_share", np.stack([plain for plain, _ in shares])
    yield "category_share_interval", np.stack([ends for _, ends in shares])
    yield "shift", np.stack([shifts(datasets[name]) for name in found.names])


def _boundaries(found: Found) -> Iterator[tuple[str, NDArray[Any]]]:
    datasets = found.datasets("segmentation")
    if not datasets:
        return
    like = next(iter(datasets.values()))
    scores = {name: one.sel(measure="r_value") for name, one in datasets.items()}
    for ours, theirs in (("r_value", "scores"), ("r_value_interval", "scores_interval")):
        yield ours, _by_model(found, {name: one[theirs] for name, one in scores.items()})
    published = r_values_published()
    methods = [str(name) for name in like["segmenter"].values]
    of = {name: [published.get((name, method), published.get(("", method))) for method in methods] for name in datasets}
    yield "r_value_published", np.array([of.get(name, [None] * len(methods)) for name in found.names], dtype=float)


def _curves(found: Found) -> Iterator[tuple[str, NDArray[Any]]]:
    """Curves by globalness, from the highest, and over spans, of every judge."""
    judged = list(judges(found))
    if not judged:
        return
    for ours, theirs, pick in (
        ("curve", "score", _GLOBAL),
        ("curve_interval", "score_interval", _GLOBAL),
        ("curve_drop", "first_drop", _GLOBAL),
        ("span_curve", "span_score", _PUBLISHED),
        ("span_curve_interval", "span_score_interval", _PUBLISHED),
        ("span_curve_drop", "span_first_drop", _PUBLISHED),
    ):
        of_judges = [{name: one[theirs].sel(pick) for name, one in of.items()} for _, of in judged]
        yield ours, np.stack([_by_model(found, of) for of in of_judges])
    first = [next(iter(of.values())) for _, of in judged]
    for name in ("metric", "better", "majority"):
        yield name, np.array([one[name].item() for one in first], object if name != "majority" else float)
    yield "removed", first[0]["removed"].values


_GLOBAL = {"ranking": "globalness", "direction": "high to low"}
_PUBLISHED = {"rows": "published"}


def judges(found: Found) -> Iterator[tuple[str, dict[str, xr.Dataset]]]:
    """Each probe on each corpus, `phone, timit-sample`, with the curves of every model that has them."""
    for corpus in found.work.corpora.probed:
        datasets = found.datasets(f"pruning-{corpus.role}")
        for probe in next(iter(datasets.values()))["probe"].values if datasets else ():
            yield f"{probe}, {corpus.name}", {name: one.sel(probe=probe) for name, one in datasets.items()}


def _by_model(found: Found, values: Mapping[str, xr.DataArray]) -> NDArray[Any]:
    """Stacked `[model, ...]`; NaN for models that have none."""
    shape = next(iter(values.values())).shape
    return np.stack([values[name].values if name in values else np.full(shape, np.nan) for name in found.names])


def _asked(given: list[Answer], found: Found) -> dict[str, NDArray[Any]]:
    """One row for each difference; a claim that none answers has a row that says why."""
    rows = [row for claim in claims_published() for row in _rows(claim.text, claim.needs, given, found)]
    columns = ("claim", "asked_of", "answer", "what", "test", "value", "value_interval")
    texts = {name: np.array([row[at] for row in rows], object) for at, name in enumerate(columns[:5])}
    return texts | {name: np.array([row[at] for row in rows], float) for at, name in enumerate(columns[5:], start=5)}


def _rows(text: str, needs: str, given: list[Answer], found: Found) -> Iterator[tuple[Any, ...]]:
    mine = [one for one in given if one.claim.text == text]
    for one in mine:
        for of in one.claim.differences:
            yield text, one.claim.probe, one.claim.answer, of.what, one.test, of.value, (of.low, of.high)
    if not any(one.claim.differences for one in mine):
        told = mine[0].test if mine else "the speech at hand does not allow the question"
        why = found.records[needs].left_out or told
        yield text, "", "cannot tell", "", why, np.nan, (np.nan, np.nan)


def _times(found: Found) -> dict[str, NDArray[Any]]:
    records = found.records.values()
    return {
        "seconds": np.array([record.seconds for record in records]),
        "left_out": np.array([record.left_out for record in records], object),
    }


def _coordinates(found: Found) -> dict[str, Any]:
    labels: dict[str, Any] = {"model": found.names, "category": CATEGORIES, "bound": ("low", "high")}
    labels |= {"stage": list(found.records), "mode": ("strict", "lenient")}
    if segmented := found.datasets("segmentation"):
        labels["segmenter"] = next(iter(segmented.values()))["segmenter"].values
    coords = {name: np.array(of, dtype=object) for name, of in labels.items()}
    if judged := list(judges(found)):
        coords |= {"judge": np.array([name for name, _ in judged], object)}
        coords |= {"radius": next(iter(judged[0][1].values()))["radius"].values}
    return coords


def _segmented(found: Found) -> str:
    """The test part of the speech with phones."""
    segmented = found.datasets("segmentation")
    return f"{next(iter(segmented.values())).sizes['utterance']} test utterances" if segmented else ""


def _synthetic(found: Found) -> int:
    return int(found.datasets("heads")[SEEDED].attrs.get("synthetic", 0))
