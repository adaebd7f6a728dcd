"""Write the figures of a run to files."""

import os
import warnings
from pathlib import Path

import matplotlib
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.analysis.stored_examples import find_example, select_example
from otoscope.errors import InputWarning
from otoscope.figures import FIGURES
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.render_options import METADATA, RenderOptions
from otoscope.figures.style.theme import Theme
from otoscope.results import Run


def render_figures(
    run: Run,
    out: str | os.PathLike[str],
    options: RenderOptions | None = None,
    *,
    utterance: str | None = None,
    extra: xr.Dataset | None = None,
) -> list[Path]:
    """Draw the figures for which the run has the data.

    Args:
        run: an opened run.
        out: folder for the files; created if it does not exist.
        options: formats, theme and the receiver of skipped figures.
        utterance: id of the utterance whose maps are shown; None for the run's own example.
        extra: further variables of the utterance, for figures on request.

    Returns:
        The paths of the files, one for each figure and format.

    Raises:
        InputError: unknown format, theme, width, figure, head or utterance; `out` is a file; the disk is full.
    """
    options = options or RenderOptions()
    design, names = options.design(run), options.select(run.kind)
    dataset = merge_map(run, utterance, extra)
    make_folder(Path(out))
    paths = []
    for name, spec in FIGURES.select(names).items():
        if _is_drawable(name, spec, dataset, options):
            figure = spec.draw(dataset, design)
            paths += [save(figure, Path(out) / f"{name}.{ending}", design.theme) for ending in options.formats]
    return paths


def merge_map(run: Run, utterance: str | None, extra: xr.Dataset | None) -> xr.Dataset:
    """Return the results of a run with the stored map of an utterance, or of the run's example, and with `extra`."""
    further = xr.Dataset() if extra is None else extra
    if "example" in run.dataset.dims:
        return select_example(run.dataset, find_example(run.dataset, utterance))
    if utterance is None and not run.maps:
        return run.dataset.merge(further)
    attention = run.map(utterance or run.maps[0])
    return run.dataset.merge(attention).assign_attrs(attention.attrs).merge(further)


def _is_drawable(name: str, spec: FigureSpec, dataset: xr.Dataset, options: RenderOptions) -> bool:
    """Return whether the Dataset has what the figure shows; report it otherwise."""
    missing = spec.missing_variables(dataset)
    if missing and not spec.on_request:
        (options.on_skip or _warn)(name, f"the run has no {', '.join(missing)}")
    return not missing


def save(figure: Figure, path: Path, theme: Theme) -> Path:
    """Write a figure to a file whose ending is the format."""
    FigureCanvasAgg(figure)
    ending = path.suffix[1:]
    with matplotlib.rc_context(theme.rc), atomic_write(path) as partial:
        figure.savefig(partial, format=ending, metadata=METADATA[ending])
    return path


def _warn(name: str, reason: str) -> None:
    warnings.warn(f"skipped figure {name}: {reason}", InputWarning, stacklevel=4)
