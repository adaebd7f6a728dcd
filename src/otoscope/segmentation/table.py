"""Text of a comparison: one row per method, with the scores by each protocol in separate columns."""

from collections.abc import Iterator
from textwrap import shorten

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.results.summary import counted, skipped_lines
from otoscope.segmentation.levels import PHONE
from otoscope.segmentation.text_parts import interval_text, table_parts
from otoscope.segmentation.transition_table import transition_table

KIND = "segmentation"
MAX_NAMES = 4
"""Most speakers, and most heads of a model, that the text names."""
MAX_CHOSEN = 60
"""Most characters of what the validation part chose; `segmenter.json` has all of it."""
PUBLISHED_ALIGNER = (
    "published, on other speech: the Montreal Forced Aligner 3.0, which is given the phones, has a mean\n"
    "distance below 15 ms on each of four corpora (McAuliffe et al. 2026, arXiv 2606.18466)"
)
"""What the mean distances of phone boundaries are next to."""
TITLES = {"precision": "P", "recall": "R", "f1": "F1", "over_segmentation": "OS", "r_value": "R-value"}


def segmentation_table(run: Run) -> str:
    """Return the scores of every method on the test part, and what the validation part chose, as text.

    Args:
        run: a run of `segment`.

    Returns:
        A table with 95 % intervals of R-values and the mean distances of strict matches and of all boundaries from the
        nearest reference, with what is published of a forced aligner, a table of transitions between phone classes,
        and lines about the split before them and about heads after them.

    Raises:
        InputError: the run is of another kind.
    """
    if run.kind != KIND:
        raise InputError(f"expected a run that segment wrote, {run.path} holds {run.kind}; run otoscope segment")
    dataset = run.dataset.load()
    rows = pd.DataFrame([dict(_row(dataset.sel(segmenter=name))) for name in dataset["segmenter"].values])
    rows.columns = pd.MultiIndex.from_tuples(list(rows.columns))  # type: ignore[arg-type]
    parts = [
        "\n".join(_split_lines(run)),
        *table_parts(rows),
        PUBLISHED_ALIGNER if dataset.attrs["level"] == PHONE else "",
        transition_table(dataset),
        "\n".join(_head_lines(dataset)),
    ]
    return "\n\n".join(part for part in parts if part)


def _row(method: xr.Dataset) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("", "method"), str(method["segmenter"].item())
    for mode in method["mode"].values:
        scores, titles = method["scores"].sel(mode=mode), TITLES if mode == "strict" else {"r_value": "R-value"}
        yield from (((mode, title), f"{scores.sel(measure=name).item():.3f}") for name, title in titles.items())
        yield (mode, "95 %"), interval_text(method["scores_interval"].sel(mode=mode, measure="r_value").values)
    yield ("mean distance", "matches"), _milliseconds(method["distance"])
    yield ("mean distance", "all"), _milliseconds(method["nearest_distance"])
    if method.attrs["level"] != PHONE:
        yield ("tokens", "F1"), _number(method["token_scores"].sel(token_measure="f1"))
        yield ("tokens", "95 %"), interval_text(method["token_interval"].sel(token_measure="f1").values)
    gain = method["gain"].item()
    yield ("over MFCC", "R-value"), f"{gain:+.3f}" if gain else ""
    yield ("over MFCC", "95 %"), interval_text(method["gain_interval"].values) if gain else ""
    yield ("validation", "R-value"), _number(method["validation_r_value"])
    yield ("validation", "chosen"), shorten(str(method["chosen"].item()), MAX_CHOSEN, placeholder=" ...")


def _number(value: xr.DataArray) -> str:
    return "" if np.isnan(value) else f"{value.item():.3f}"


def _milliseconds(seconds: xr.DataArray) -> str:
    return "" if np.isnan(seconds) else f"{1000 * seconds.item():.1f} ms"


def _split_lines(run: Run) -> Iterator[str]:
    attrs = run.dataset.attrs
    tuned, reported = (_speakers(attrs[f"{part}_speakers"]) for part in ("validation", "test"))
    yield (
        f"tuned on {counted(attrs['validation_utterances'], 'utterance')} ({tuned}), reported on "
        f"{run.dataset.sizes['utterance']} ({reported}); tolerance {1000 * attrs['tolerance']:g} ms"
    )
    yield f"95 % intervals over {attrs['clusters']} of the test part"
    if attrs["parted_by"] == "utterance":
        yield "the corpus names fewer than two speakers: the parts have different utterances, but may share speakers"
    yield from skipped_lines(run)


def _speakers(names: list[str]) -> str:
    """Return `3 speakers: a, b, c`; without the names if there are more than `MAX_NAMES`."""
    number = counted(len(names), "speaker")
    return f"{number}: {', '.join(names)}" if len(names) <= MAX_NAMES else number


def _head_lines(dataset: xr.Dataset) -> Iterator[str]:
    """Iterate over lines about the best heads and the ensembles of each model on the validation part."""
    for model in dataset["model"].values:
        r_values = dataset[["head_r_value", "ensemble_r_value"]].sel(model=model)
        heads = r_values["head_r_value"].stack(place=("layer", "head")).dropna("place")
        first = heads.isel(place=np.argsort(-heads.values, kind="stable")[:MAX_NAMES])
        best = (
            f"{layer}.{head} {value:.3f}"
            for (layer, head), value in zip(first["place"].values, first.values, strict=True)
        )
        yield f"{model}: of {heads.size} heads, the best on validation are {', '.join(best)}"
        ensembles = r_values["ensemble_r_value"].dropna("voters")
        sizes = (
            f"{size}: {value:.3f}" for size, value in zip(ensembles["voters"].values, ensembles.values, strict=True)
        )
        yield f"{model}: ensembles by number of heads: {', '.join(sizes)}"
