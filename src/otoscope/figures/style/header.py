"""The header of every figure: title, model, speech."""

from pathlib import PurePath

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.style.page import add_text_mm, ellipsize
from otoscope.figures.style.theme import TEXT_PT, TITLE_PT, Theme
from otoscope.results.summary import counted

MARGIN = 2.0


def add_header(figure: Figure, heading: str, speech: str, dataset: xr.Dataset, theme: Theme, width: float) -> None:
    """Add title, model and speech, in lines of at most `width` mm from the top left corner."""
    if dataset.attrs.get("synthetic"):
        speech = f"{speech} · synthetic speech"
    model = _model_name(PurePath(str(dataset.attrs.get("model", ""))))
    line_width = width - 2 * MARGIN
    add_text_mm(figure, MARGIN, 1.5, ellipsize(heading, TITLE_PT, line_width, "bold"), size=TITLE_PT, weight="bold")
    add_text_mm(figure, MARGIN, 5.8, ellipsize(f"model {model}", TEXT_PT, line_width), color=theme.muted)
    add_text_mm(figure, MARGIN, 9.0, ellipsize(speech, TEXT_PT, line_width), color=theme.muted)


def _model_name(model: PurePath) -> str:
    """Return the folder's name, or that of the folder above if it is `model`, the name in `otoscope pretrain`."""
    return (model.parent.name if model.name == "model" else "") or model.name or "unnamed"


def utterance_caption(dataset: xr.Dataset) -> str:
    """Return the id and duration of the utterance whose map is in the Dataset: `voice-0/002 · 2.3 s`."""
    utterance = dataset.attrs["utterance"]
    seconds = dataset.sizes["query"] * dataset.attrs["frame_period"]
    return f"{utterance} · {seconds:.1f} s"


def corpus_caption(dataset: xr.Dataset) -> str:
    """Return the size of the corpus of the run: `32 utterances, 4 speakers`."""
    speakers = {str(speaker) for speaker in dataset["speaker"].values} - {""}
    utterances = counted(dataset.sizes["utterance"], "utterance")
    return f"{utterances}, {counted(len(speakers), 'speaker')}" if speakers else utterances
