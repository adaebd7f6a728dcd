"""Tables of the report: numbers as words, published values beside ours."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.models.mockingjay import MockingjayConfig
from otoscope.papers.yang2020.html import table
from otoscope.papers.yang2020.outputs import Found
from otoscope.papers.yang2020.pipeline import POOL, REFINED, SECONDS
from otoscope.papers.yang2020.published import Published, claims_published
from otoscope.pretraining.masking import Masking
from otoscope.results.text_table import aligned

NOTHING = "–"
ROWS_SAID = {"published": "as published", "renormalised": "normalised again, as refined"}


def summary(dataset: xr.Dataset) -> str:
    """Claims with their answers, then the time of every stage, as text."""
    rows = [[claim.title, _answers(dataset, claim)] for claim in claims_published()]
    times = [[name, time] for name, time, _ in _times(dataset)]
    return f"{aligned(('claim', 'answer'), rows)}\n{aligned(('stage', 'time'), times)}"


def claim_table(dataset: xr.Dataset, experiment: str) -> str:
    """Claims of an experiment: what was published, each answer, and the differences behind it."""
    titles = ("claim", "published", "asked of", "answer", "difference", "is", "95 % interval", "test")
    rows = [row for one in claims_published() if one.experiment == experiment for row in _asked(dataset, one)]
    return table(titles, rows, numbers=(5, 6))


def summary_table(dataset: xr.Dataset) -> str:
    """Each claim once, with its answers by what it was asked of."""
    return table(
        ("claim", "published", "answers"),
        [[one.title, one.published, _answers(dataset, one)] for one in claims_published()],
    )


def corpus_table(found: Found) -> str:
    """How much speech there is, to train on and to measure on."""
    titles = ("corpus", "role", "utterances", "hours", "speakers", "with phones", "left out")
    trained_on = found.facts(POOL, "speech").get("corpora", [])
    facts = [*trained_on, *(one.facts for one in found.work.corpora.probed)]
    rows = [[str(of["name"]), str(of["role"]), *_counts(of), f"{of['labelled']}", f"{of['skipped']}"] for of in facts]
    return table(titles, rows, numbers=(2, 3, 4, 5, 6))


def model_table(found: Found, dataset: xr.Dataset) -> str:
    """The models, what they were trained by, and what they have learned."""
    outcomes = ("held-out masked L1", "predicting the mean", "copying the nearest frame")
    rows = []
    for model in found.work.models:
        of = dataset.sel(model=model.name)
        learned = [_number(of[name].item()) for name in ("held_out", "held_out_mean", "held_out_nearest")]
        recipe = model.recipe
        steps, batch = str(recipe.training["max_steps"]), str(recipe.batching.size)
        shape = MockingjayConfig(**recipe.model)
        size = f"{shape.num_hidden_layers} x {shape.num_attention_heads}, {shape.hidden_size}"
        rows.append([model.title, size, _masked(recipe.masking), steps, batch, *learned])
    titles = ("model", "layers x heads, width", "masked frames", "steps", "batch")
    return table((*titles, *outcomes), rows, numbers=range(3, 8))


def r_value_table(dataset: xr.Dataset, mode: str) -> str:
    """R-values of one way of counting, a column for each model; published ones are strict and stand beside those."""
    models = [str(name) for name in dataset["model"].values]
    known = dataset.sel(mode=mode)
    rows = [
        [str(name), *(_r_value(known.sel(segmenter=name, model=model)) for model in models)] for name in _methods(known)
    ]
    if mode == "strict":
        rows = [[*row, _published(known.sel(segmenter=row[0]))] for row in rows]
    titles = ["method", *dataset["title"].values, *(["published"] if mode == "strict" else [])]
    return table(titles, rows, numbers=range(1, len(titles)))


def share_table(dataset: xr.Dataset) -> str:
    """Shares of categories and shifts of diagonal heads, by model."""
    categories = [str(name) for name in dataset["category"].values]
    rows = []
    for name in dataset["model"].values:
        of = dataset.sel(model=name)
        shares = [_share(of.sel(category=category)) for category in categories]
        shift = np.abs(of["shift"].values[~np.isnan(of["shift"].values)])
        told = [f"{shift.mean():.0f} ms", f"{(shift > 0).mean():.0%}"] if len(shift) else [NOTHING, NOTHING]
        rows.append([str(of["title"].item()), *shares, str(len(shift)), *told])
    titles = ("model", *categories, "sharp diagonal heads", "their mean shift", "off the main diagonal")
    return table(titles, rows, range(1, 7))


def change_table(datasets: dict[str, xr.Dataset]) -> str:
    """How the scores of M3 change as global heads go and as the span is limited, by corpus and probe."""
    rows = [row for corpus, one in datasets.items() for row in _changes(corpus, one)]
    begins = [[], *rows]
    shown = [["", "", "", *row[3:]] if row[:3] == last[:3] else row for last, row in zip(begins, rows, strict=False)]
    return table(("corpus", "probe", "intact", "what is done", "score", "change", "95 % interval"), shown, (2, 4, 5, 6))


def speed_table(found: Found) -> str:
    """What refined models cost beside M3."""
    titles = ("model", "audio", "latency", "of M3", "times as fast", "multiplications", "parameters")
    rows = [row for how in REFINED for row in _speeds(how, found.facts("m3", f"speed-{how}"))]
    return table(titles, rows, numbers=range(1, 7)) if rows else ""


def time_table(dataset: xr.Dataset) -> str:
    """Seconds of every stage that was done, longest first, and of all."""
    return table(("stage", "time", "share"), _times(dataset), numbers=(1, 2))


def left_out_table(dataset: xr.Dataset) -> str:
    """Stages that the corpora did not allow, and why; nothing where all were done."""
    lacking = dataset.sel(stage=dataset["left_out"].values != "")
    rows = [[str(one), str(why)] for one, why in zip(lacking["stage"].values, lacking["left_out"].values, strict=True)]
    return table(("left out", "because"), rows) if rows else ""


def _masked(masking: Masking) -> str:
    """`6`, or `6 (3 in the first 4000 steps)`."""
    early = f" ({masking.early_span} in the first {masking.early_steps} steps)" if masking.early_steps else ""
    return f"{masking.span}{early}"


def _methods(dataset: xr.Dataset) -> list[str]:
    return [str(name) for name in dataset["segmenter"].values]


def _r_value(of: xr.Dataset) -> str:
    value = of["r_value"].item()
    return NOTHING if np.isnan(value) else f"{value:.3f} ({_interval(of['r_value_interval'].values)})"


def _published(of_method: xr.Dataset) -> str:
    """`M3 0.800, M6 0.784`; one number where it needs no model."""
    known = of_method[["r_value_published", "title"]].dropna("model")
    values = [f"{value:.3f}" for value in known["r_value_published"].values]
    if len(values) > 1 and len(set(values)) == 1:
        return values[0]
    return ", ".join(f"{name} {value}" for name, value in zip(known["title"].values, values, strict=True)) or NOTHING


def _asked(dataset: xr.Dataset, claim: Published) -> Iterator[list[str]]:
    last = None
    for at in np.flatnonzero(dataset["claim"].values == claim.text):
        one = dataset.isel(difference=at)
        of = str(one["asked_of"].item())
        begins = of != last
        said = [claim.title, claim.published] if last is None else ["", ""]
        yield [
            *said,
            of if begins else "",
            str(one["answer"].item()) if begins else "",
            str(one["what"].item()),
            _signed(one["value"].item()),
            _interval(one["value_interval"].values, signed=True),
            str(one["test"].item()) if last is None else "",
        ]
        last = of


def _answers(dataset: xr.Dataset, claim: Published) -> str:
    """`holds`, or `holds: 2; cannot tell: 1` where it was asked of several and they differ."""
    mine = dataset.sel(difference=dataset["claim"].values == claim.text)
    pairs = dict(zip(mine["asked_of"].values, mine["answer"].values, strict=True))
    counts = Counter(str(answer) for answer in pairs.values())
    return next(iter(counts)) if len(counts) == 1 else "; ".join(f"{name}: {of}" for name, of in counts.items())


def _times(dataset: xr.Dataset) -> list[list[str]]:
    """All stages that were done, then each, longest first."""
    done = dataset.sel(stage=dataset["left_out"].values == "").sortby("seconds", ascending=False)
    whole = float(done["seconds"].sum())
    named = zip(done["stage"].values, done["seconds"].values, strict=True)
    return [["all", _duration(whole), ""], *([str(name), _duration(of), f"{of / whole:.0%}"] for name, of in named)]


def _changes(corpus: str, dataset: xr.Dataset) -> Iterator[list[str]]:
    for probe in dataset["probe"].values:
        one = dataset.sel(probe=probe)
        way = one.sel(ranking="globalness", direction="high to low")
        name = f"{probe}{', low is good' * (one['better'].item() == 'low')}"
        intact = _number(way["score"].values[0])
        n_heads = one["removed"].values[-1]
        for step in range(1, len(one["removed"]) - 1):
            what = f"{one['removed'].values[step] / n_heads:.0%} of the heads removed, the most global first"
            yield [corpus, name, intact, what, *_scored(way.isel(step=step), "")]
        if "span_score" not in one:
            continue
        radii = one["radius"].values[1:]
        as_refined = [("renormalised", radius) for radius in radii if radius == REFINED["span"]["span"]]
        for rows, radius in [*(("published", radius) for radius in radii), *as_refined]:
            what = f"span of {radius:.0f} frames, rows {ROWS_SAID[rows]}"
            yield [corpus, name, intact, what, *_scored(one.sel(rows=rows, radius=radius), "span_")]


def _scored(of: xr.Dataset, prefix: str) -> list[str]:
    score, change = of[f"{prefix}score"].item(), of[f"{prefix}change"].item()
    return [_number(score), _signed(change), _interval(of[f"{prefix}change_interval"].values, signed=True)]


def _speeds(how: str, measured: dict[str, Any]) -> Iterator[list[str]]:
    names = {"half": "without the most global half of its heads", "span": "span of 10 frames"}
    for seconds in SECONDS if measured else ():
        ours, whole = measured["costs"][str(seconds)]
        ratio = measured["ratios"][str(seconds)]
        macs = [sum(cost["macs"].values()) for cost in (ours, whole)]
        yield [
            f"M3, {names[how]}",
            f"{seconds} s",
            f"{1000 * ours['latency']['median']:.0f} ms",
            f"{1000 * whole['latency']['median']:.0f} ms",
            f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})",
            f"{macs[0] / macs[1]:.0%}",
            f"{measured['parameters'][0] / measured['parameters'][1]:.0%}",
        ]


def _counts(of: dict[str, Any]) -> list[str]:
    return [str(of["utterances"]), f"{of['hours']:.2f}", str(of["speakers"])]


def _share(of: xr.Dataset) -> str:
    return f"{of['category_share'].item():.0%} ({_interval(of['category_share_interval'].values, percent=True)})"


def _number(value: float) -> str:
    return NOTHING if np.isnan(value) else f"{value:.3f}"


def _signed(value: float) -> str:
    return NOTHING if np.isnan(value) else f"{value:+.3f}".replace("-", "−").replace("inf", "∞")


def _interval(ends: NDArray[np.floating], *, signed: bool = False, percent: bool = False) -> str:
    """Ends on one line: a narrow table breaks before it, not within."""
    low, high = ends
    if np.isnan(low):
        return NOTHING
    said = [f"{end:.0%}" if percent else _signed(end) if signed else f"{end:.3f}" for end in (low, high)]
    return "\u00a0to\u00a0".join(said)


def _duration(seconds: float) -> str:
    """`1 h 02 min`, `3.4 min`, `12 s`."""
    if seconds >= 3600:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"
    return f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.0f} s"
