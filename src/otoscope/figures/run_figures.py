"""Draw a run: all its figures as files, or one as a matplotlib Figure, with the maps they need."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr
from matplotlib.figure import Figure

from otoscope._io.atomic import make_folder
from otoscope.comparison.table import KIND as COMPARISON
from otoscope.comparison.table import Comparison
from otoscope.errors import InputError
from otoscope.figures import FIGURES
from otoscope.figures.render import merge_map, render_figures, save
from otoscope.figures.render_options import METADATA, RenderOptions
from otoscope.figures.style.theme import get_theme
from otoscope.results import Run, open_run
from otoscope.results.schema import HEADS

if TYPE_CHECKING:  # a run is drawn without torch
    from otoscope.models.encoder import Encoder


def draw(
    run: str | Path,
    out: str | Path,
    options: RenderOptions | None = None,
    *,
    utterance: str | None = None,
    zeroing: bool = False,
    model: "Encoder | None" = None,
) -> list[Path]:
    """Draw every figure of a run into a folder.

    The function needs no torch, with one exception: if the run does not contain the maps of `utterance`, its model
    computes them now, and the run stores them. The example of the run does not change.

    Args:
        run: run folder that otoscope wrote.
        out: folder for the figures; created if it does not exist.
        options: formats, theme, figures, heads, width and title; PNG, light and a warning for skipped figures if None.
        utterance: id of the utterance whose maps are shown; None for the run's example.
        zeroing: also draw value zeroing of the utterance, which the model computes now.
        model: the encoder that made the run, for the maps of `utterance` if no name loads the model (see `wrap`).

    Returns:
        The paths of the written files.

    Raises:
        InputError: no run, no such utterance, figure or head, unknown format, theme or width, or the maps can no
            longer be computed.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", f"{folder}/run", options=SpeechOptions(limit=1))
        ...     [path.name for path in draw(run.path, f"{folder}/figures", RenderOptions(["svg"], figures=["atlas"]))]
        ['atlas.svg']
    """
    opened = _open(run, utterance, model)
    return render_figures(opened, out, options, utterance=utterance, extra=_zeroing(opened, utterance, model, zeroing))


def figure(
    run: Run | Comparison | str | Path,
    name: str,
    options: RenderOptions | None = None,
    *,
    utterance: str | None = None,
    model: "Encoder | None" = None,
) -> Figure:
    """Draw one figure of a run or of a comparison, as a matplotlib Figure that the caller can change and save.

    The command `otoscope figures` writes the same figures. The function needs no torch, with two exceptions: maps of
    an utterance that the run does not contain, and the figure `value-zeroing`, which the model computes.

    Args:
        run: an opened run, or its folder; or what `compare` returns, whose figure is `differences`.
        name: name of the figure, such as `atlas`; `otoscope.figures.FIGURES.names()` lists all.
        options: theme, width, title and heads; light, with title, and of the width that suits the figure if None.
        utterance: id of the utterance whose maps are shown; None for the run's example.
        model: the encoder that made the run, for maps of `utterance` if no name loads the model (see `wrap`).

    Returns:
        The figure; its size is in inches, `options.width_mm / 25.4` wide.

    Raises:
        InputError: no such figure, head or utterance; unknown theme or width; or the run lacks what the figure shows.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import RenderOptions, SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, options=SpeechOptions(limit=1))
        ...     atlas = figure(run, "atlas", RenderOptions(width_mm=85, heads=[(4, 2), (5, 6)]))
        >>> round(atlas.get_figwidth() * 25.4)
        85
    """
    options = replace(options or RenderOptions(), figures=[name])
    if isinstance(run, Comparison):
        design = options.design(None)
        options.select(COMPARISON)
        return FIGURES.get(name).draw(run.dataset, design)
    opened = _open(run, utterance, model)
    design = options.design(opened)
    options.select(opened.kind)
    spec = FIGURES.get(name)
    zeroing = _zeroing(opened, utterance, model, requested="value_zeroing" in spec.variables)
    dataset = merge_map(opened, utterance, zeroing)
    if missing := spec.missing_variables(dataset):
        raise InputError(f"expected a run with {', '.join(missing)} for the figure {name}, found none in {opened.path}")
    return spec.draw(dataset, design)


def save_figure(drawn: Figure, path: str | Path, theme: str = "light") -> Path:
    """Write a figure to a file whose ending is the format.

    Raises:
        InputError: the ending is no format, or the disk is full.
    """
    file = Path(path)
    if file.suffix[1:] not in METADATA:
        raise InputError(f"expected a file that ends with .{', .'.join(METADATA)}; found {file}; choose another name")
    make_folder(file.parent)
    return save(drawn, file, get_theme(theme))


def _open(run: Run | str | Path, utterance: str | None, model: "Encoder | None") -> Run:
    """Return the run, which contains the maps of the utterance."""
    opened = run if isinstance(run, Run) else open_run(run)
    if "example" in opened.dataset.dims:
        return opened
    if utterance is not None and opened.kind != HEADS:
        raise InputError(f"expected a run with stored maps for --utterance, found a {opened.kind}; omit --utterance")
    if utterance is not None and utterance not in opened.maps:
        from otoscope.analysis.stored_maps import ensure_maps

        opened = ensure_maps(opened, utterance, model)
    return opened


def _zeroing(run: Run, utterance: str | None, model: "Encoder | None", requested: bool) -> xr.Dataset | None:
    """Return value zeroing of the utterance if it is requested."""
    if not requested:
        return None
    from otoscope.analysis.run_value_zeroing import compute_value_zeroing

    return compute_value_zeroing(run, utterance, model)
