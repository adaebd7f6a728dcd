"""The header of every figure: title, model, speech."""

from pathlib import PurePath

import xarray as xr

from otoscope.figures.style.design import Design
from otoscope.figures.style.page import MARGIN, Page, add_text_mm, ellipsize
from otoscope.figures.style.theme import TEXT_PT, TITLE_PT
from otoscope.results.summary import counted

PART_NAMES = {"self": "decoder self-attention", "cross": "decoder cross-attention"}


def add_header(page: Page, heading: str, speech: str, dataset: xr.Dataset, design: Design) -> None:
    """Add title, model and speech, in lines over the width of the page; nothing if the design has no title."""
    if dataset.attrs.get("synthetic"):
        speech = f"{speech} · synthetic speech"
    model = _model_name(PurePath(str(dataset.attrs.get("model", ""))))
    add_header_lines(page, heading, (f"model {model}", speech), design)


def add_header_lines(page: Page, heading: str, lines: tuple[str, str], design: Design) -> None:
    """Add a title and two lines over the width of the page; nothing if the design has no title."""
    if not design.has_title:
        return
    width, muted = page.width - 2 * MARGIN, design.theme.muted
    add_text_mm(page, MARGIN, 1.5, ellipsize(heading, TITLE_PT, width, "bold"), size=TITLE_PT, weight="bold")
    for top, line in zip((5.8, 9.0), lines, strict=True):
        add_text_mm(page, MARGIN, top, ellipsize(line, TEXT_PT, width), color=muted)


def _model_name(model: PurePath) -> str:
    """Return the folder's name, or that of the folder above if it is `model`, the name in `otoscope pretrain`."""
    return (model.parent.name if model.name == "model" else "") or model.name or "unnamed"


def utterance_caption(dataset: xr.Dataset) -> str:
    """Return the id and duration of the utterance whose map is in the Dataset: `voice-0/002 · 2.3 s`."""
    utterance = dataset.attrs["utterance"]
    seconds = dataset.sizes["query"] * dataset.attrs["frame_period"]
    return f"{utterance} · {seconds:.1f} s"


def corpus_caption(dataset: xr.Dataset) -> str:
    """Return the size of the corpus of the run, and which heads it has: `32 utterances, 4 speakers`."""
    speakers = {str(speaker) for speaker in dataset["speaker"].values} - {""}
    utterances = counted(dataset.sizes["utterance"], "utterance")
    size = f"{utterances}, {counted(len(speakers), 'speaker')}" if speakers else utterances
    return f"{size} · {PART_NAMES[dataset.attrs['part']]}" if "part" in dataset.attrs else size
