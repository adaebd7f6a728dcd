"""A comparison as text: one row per method, strict and lenient side by side, never mixed."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.results.summary import counted

KIND = "segmentation"
NAMED = 4  # speakers, at most
TITLES = {"precision": "P", "recall": "R", "f1": "F1", "over_segmentation": "OS", "r_value": "R-value"}


def segmentation_table(run: Run) -> str:
    """Scores of every method on the test part with 95 % intervals of R-values, and what was tuned on whom.

    Raises:
        InputError: the run is of another kind.
    """
    if run.kind != KIND:
        raise InputError(f"expected a run that segment wrote, {run.path} holds {run.kind}; run otoscope segment")
    found = run.dataset.load()
    rows = pd.DataFrame([dict(_row(found.sel(segmenter=name))) for name in found["segmenter"].values])
    rows.columns = pd.MultiIndex.from_tuples(list(rows.columns))  # type: ignore[arg-type]
    return "\n".join([*_about(run), "", rows.to_string(index=False), "", *_searched(found)])


def _row(of_method: xr.Dataset) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("", "method"), str(of_method["segmenter"].item())
    for mode in of_method["mode"].values:
        scores = of_method["scores"].sel(mode=mode)
        yield from (((mode, title), f"{scores.sel(measure=name).item():.3f}") for name, title in TITLES.items())
        yield (mode, "95 %"), _interval(of_method["scores_interval"].sel(mode=mode, measure="r_value"))
    gain = of_method["gain"].item()
    yield ("over MFCC", "R-value"), f"{gain:+.3f}" if gain else ""
    yield ("over MFCC", "95 %"), _interval(of_method["gain_interval"]) if gain else ""
    yield ("validation", "R-value"), _number(of_method["validation_r_value"])
    yield ("", "chosen"), str(of_method["chosen"].item())


def _interval(bounds: xr.DataArray) -> str:
    low, high = bounds.values
    return "" if np.isnan(low) else f"{low:.3f} to {high:.3f}"


def _number(value: xr.DataArray) -> str:
    return "" if np.isnan(value) else f"{value.item():.3f}"


def _about(run: Run) -> Iterator[str]:
    attrs = run.dataset.attrs
    tuned, reported = (_speakers(attrs[f"{part}_speakers"]) for part in ("validation", "test"))
    yield (
        f"tuned on {attrs['validation_utterances']} utterances ({tuned}), reported on "
        f"{run.dataset.sizes['utterance']} ({reported}); tolerance {1000 * attrs['tolerance']:g} ms"
    )
    if attrs["parted_by"] == "utterance":
        yield "fewer than two speakers are known: the parts are of different utterances, but not of different speakers"
    if len(run.skipped):
        first = run.skipped.iloc[0]
        yield f"{counted(len(run.skipped), 'utterance')} left out; the first: {first['id']}: {first['reason']}"


def _speakers(names: list[str]) -> str:
    """`3 speakers: a, b, c`, the names where they are few."""
    number = counted(len(names), "speaker")
    return f"{number}: {', '.join(names)}" if len(names) <= NAMED else number


def _searched(found: xr.Dataset) -> Iterator[str]:
    """The best heads of each model on the validation part."""
    for model in found["model"].values:
        of_model = found[["head_r_value", "ensemble_r_value"]].sel(model=model)
        heads = of_model["head_r_value"].stack(place=("layer", "head")).dropna("place")
        first = heads.isel(place=np.argsort(-heads.values, kind="stable")[:NAMED])
        named = (
            f"{layer}.{head} {value:.3f}"
            for (layer, head), value in zip(first["place"].values, first.values, strict=True)
        )
        yield f"{model}: of {heads.size} heads, the best on validation are {', '.join(named)}"
        together = of_model["ensemble_r_value"].dropna("voters")
        sizes = (f"{size}: {value:.3f}" for size, value in zip(together["voters"].values, together.values, strict=True))
        yield f"{model}: so many of them together: {', '.join(sizes)}"
