"""Tokens of a transcript against seconds: where one head of cross-attention reads the audio for each token."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import (
    FULL_HEIGHT,
    FULL_WIDTH,
    MARGIN,
    add_axes_mm,
    ellipsize,
    name_vertical,
    new_page,
    text_width,
)
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.segmentation.spectral import log_mel

RATE = 16000
LEFT, TOP, RIGHT = 22.0, 18.0, 3.0  # mm
WAVE, SPECTROGRAM, GAP, AXIS, WORDS = 9.0, 18.0, 1.5, 8.0, 4.0  # mm: heights, and that of the words above
ROW, LARGEST = 2.8, 150.0  # mm: height of a row with a label; of the map
NOTE = (
    "each row predicts the token at its left; grey: rows of the prompt and of the end. Bars and shade: words and "
    "pauses as labelled. Columns after the audio are cropped"
)


def token_map(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw waveform, spectrogram and the map of the sharpest head from the Dataset of a decoder run."""
    width, theme, rows = design.width(FULL_WIDTH), design.theme, dataset.sizes["row"]
    tall = min(max(rows * ROW, 20.0), LARGEST, FULL_HEIGHT - TOP - WAVE - SPECTROGRAM - AXIS - 30)
    tops = np.cumsum([TOP, WAVE + GAP, SPECTROGRAM + GAP])
    bottom = tops[-1] + tall + AXIS
    page = new_page(design, width, bottom + note_height(NOTE, width))
    layer, head = dataset.attrs["example_head"]
    seconds = dataset.sizes["sample"] / RATE
    caption = f"{dataset.attrs['example_utterance']} · {seconds:.1f} s"
    add_header(page, f"Tokens against seconds, cross-attention {layer}.{head}", caption, dataset, design)
    across = width - LEFT - RIGHT
    panels = [
        add_axes_mm(page, LEFT, top, across, high) for top, high in zip(tops, (WAVE, SPECTROGRAM, tall), strict=True)
    ]
    _draw_wave(panels[0], dataset, theme)
    _draw_spectrogram(panels[1], dataset, theme)
    _draw_map(panels[2], dataset.isel(decoder_layer=layer, decoder_head=head), tall, theme)
    _name_words(panels[0], dataset, across / seconds, theme)
    _share_time(panels, dataset, seconds, theme)
    name_vertical(page, panels[2], "token (of the row)", 3.0)
    name_vertical(page, panels[1], "mel bands", 3.0)
    add_note(page, bottom, NOTE, theme)
    return page


def _share_time(panels: Sequence[Axes], dataset: xr.Dataset, seconds: float, theme: Theme) -> None:
    """Give all panels the time axis of the lowest, and shade the pauses in each."""
    for axes in panels:
        axes.set_xlim(0, seconds)
        _shade_pauses(axes, dataset, seconds, theme)
    for axes in panels[:-1]:
        axes.set_xticks([])
    panels[-1].set_xlabel("time (s)", labelpad=1)


def _draw_wave(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    wave = dataset["example_wave"].values.astype(float)
    pieces = np.array_split(wave, min(1500, max(len(wave) // 2, 1)))
    times = np.linspace(0, len(wave) / RATE, len(pieces))
    low, high = [piece.min() for piece in pieces], [piece.max() for piece in pieces]
    axes.fill_between(times, low, high, color=theme.foreground, linewidth=0)
    axes.set_yticks([])


def _draw_spectrogram(axes: Axes, dataset: xr.Dataset, theme: Theme) -> None:
    wave = dataset["example_wave"].values.astype(float)
    bands = np.asarray(log_mel(wave, RATE))
    axes.imshow(
        bands.T, cmap=_shades(theme), aspect="auto", origin="lower", extent=(0, len(wave) / RATE, 0, bands.shape[1])
    )
    axes.set_yticks([])


def _draw_map(axes: Axes, selection: xr.Dataset, tall: float, theme: Theme) -> None:
    """Draw the square root of the weights, so that weak ones are seen, with the tokens at the left."""
    map_qk = np.sqrt(np.nan_to_num(selection["example_cross"].values.astype(float)))
    rows, columns = map_qk.shape
    period = float(selection["column_start"][1]) if columns > 1 else selection.sizes["sample"] / RATE
    axes.imshow(
        map_qk,
        cmap=_shades(theme),
        aspect="auto",
        extent=(0, columns * period, rows - 0.5, -0.5),
        interpolation="nearest",
    )
    step = max(1, int(np.ceil(ROW * rows / tall - 1e-6)))
    labels = [ellipsize(text.strip() or "·", TEXT_PT, LEFT - MARGIN - 5) for text in selection["row"].values]
    axes.set_yticks(range(0, rows, step), labels[::step])
    axes.tick_params(axis="y", length=0, pad=1)
    is_text = selection["is_text"].values.astype(bool)
    for label, is_token in zip(axes.get_yticklabels(), is_text[::step], strict=True):
        label.set_color(theme.foreground if is_token else theme.muted)
    for row in np.flatnonzero(~is_text):
        axes.axhspan(row - 0.5, row + 0.5, color=theme.muted, alpha=0.12, linewidth=0)


def _name_words(axes: Axes, dataset: xr.Dataset, mm_per_second: float, theme: Theme) -> None:
    """Write words above the waveform, where they fit between their times."""
    if "word" not in dataset.sizes:
        return
    above = axes.get_xaxis_transform()
    for word, start, end in zip(*(dataset[name].values for name in ("word", "word_start", "word_end")), strict=True):
        axes.plot(
            [start, end],
            [1.06, 1.06],
            color=theme.foreground,
            linewidth=0.8,
            clip_on=False,
            transform=above,
        )
        if text_width(str(word), TEXT_PT) <= (end - start) * mm_per_second:
            axes.text((start + end) / 2, 1.12, str(word), ha="center", va="bottom", transform=above)


def _shade_pauses(axes: Axes, dataset: xr.Dataset, seconds: float, theme: Theme) -> None:
    """Shade the time between labelled words."""
    if "word" not in dataset.sizes:
        return
    ends = np.concatenate([[0.0], dataset["word_end"].values])
    starts = np.concatenate([dataset["word_start"].values, [seconds]])
    for end, start in zip(ends, starts, strict=True):
        if start - end > 0.02:
            axes.axvspan(end, start, color=theme.categories["vertical"], alpha=0.12, linewidth=0)


def _shades(theme: Theme) -> Colormap:
    return LinearSegmentedColormap.from_list(f"{theme.name}-shades", [theme.surface, theme.peak])


FIGURE = FigureSpec(
    name="token-map",
    doc="tokens of one utterance against seconds, with waveform, spectrogram, words, pauses and the prompt",
    variables=("example_cross", "is_text", "column_start", "example_wave"),
    function=token_map,
    kind="decoder",
    on_request=True,
)
