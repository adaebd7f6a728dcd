"""Tokens of a transcript against seconds: where heads of cross-attention read the audio for each token."""

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
    add_text_mm,
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
ROW, LARGEST, SMALLEST = 2.8, 150.0, 20.0  # mm: height of a row with a label; of a map
TITLE = 5.0  # mm above a map
STRIP = (1.006, 1.026)
"""Edges of the strip of the padding, over the seconds of the audio."""
NOTE = (
    "each row predicts the token at its left; grey: rows of the prompt and of the end. Bars and shade: words and "
    "pauses as labelled. Strip at the right: the weights on the padding after the audio, together"
)


def token_map(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw waveform, spectrogram and the maps of the sharpest heads from the Dataset of a decoder run."""
    width, theme = design.width(FULL_WIDTH), design.theme
    heads, tall = _fitting(dataset)
    tops = (
        TOP,
        TOP + WAVE + GAP,
        *(TOP + WAVE + SPECTROGRAM + 2 * GAP + TITLE + n * (tall + TITLE) for n in range(len(heads))),
    )
    bottom = tops[-1] + tall + AXIS
    page = new_page(design, width, bottom + note_height(NOTE, width))
    seconds, across = dataset.sizes["sample"] / RATE, width - LEFT - RIGHT
    caption = f"{dataset.attrs['example_utterance']} · {seconds:.1f} s"
    add_header(page, "Tokens against seconds", caption, dataset, design)
    heights = (WAVE, SPECTROGRAM, *(tall for _ in heads))
    panels = [add_axes_mm(page, LEFT, top, across, high) for top, high in zip(tops, heights, strict=True)]
    _draw_wave(panels[0], dataset, theme)
    _draw_spectrogram(panels[1], dataset, theme)
    for (layer, head), top, axes in zip(heads, tops[2:], panels[2:], strict=True):
        add_text_mm(page, LEFT, top - 4, f"cross-attention {layer}.{head}", weight="bold")
        _draw_map(axes, dataset.isel(decoder_layer=layer, decoder_head=head), tall, theme)
        name_vertical(page, axes, "token (of the row)", 3.0)
    _name_words(panels[0], dataset, across / seconds / STRIP[1], theme)
    _share_time(panels, dataset, seconds, theme)
    name_vertical(page, panels[1], "mel bands", 3.0)
    add_note(page, bottom, NOTE, theme)
    return page


def _fitting(dataset: xr.Dataset) -> tuple[list[tuple[int, int]], float]:
    """Return as many of the sharpest heads as fit on a page, one at least, and the height of each map in mm."""
    space = FULL_HEIGHT - TOP - WAVE - SPECTROGRAM - AXIS - 30
    tall = min(max(dataset.sizes["row"] * ROW, SMALLEST), LARGEST, space - TITLE)
    heads = [(layer, head) for layer, head in dataset.attrs["example_heads"]]
    return heads[: max(1, int(space // (tall + TITLE)))], tall


def _share_time(panels: Sequence[Axes], dataset: xr.Dataset, seconds: float, theme: Theme) -> None:
    """Give all panels the time axis of the lowest, and shade the pauses in each."""
    for axes in panels:
        axes.set_xlim(0, seconds * STRIP[1])
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
    seconds = selection.sizes["sample"] / RATE
    period = float(selection["column_start"][1]) if columns > 1 else seconds
    beyond_q1 = np.sqrt(np.clip(1 - np.square(map_qk).sum(-1, keepdims=True), 0, 1))
    brightest = max(float(map_qk.max()), 0.1)
    edges = (0.0, columns * period), (STRIP[0] * seconds, STRIP[1] * seconds)
    for picture, (left, right) in zip((map_qk, beyond_q1), edges, strict=True):
        extent = (left, right, rows - 0.5, -0.5)
        axes.imshow(
            picture, _shades(theme), aspect="auto", extent=extent, interpolation="nearest", vmin=0, vmax=brightest
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
    if not dataset.sizes["word"]:
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
    if not dataset.sizes["word"]:
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
