"""Write the figures of a run to files."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.errors import InputError, InputWarning
from otoscope.figures import FIGURES
from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.theme import Theme, get_theme
from otoscope.results import Run

# Formats, with the metadata that would contain the time of writing removed: the same run gives the same bytes.
_METADATA = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


@dataclass(frozen=True)
class RenderOptions:
    """How figures are written.

    Attributes:
        formats: file formats, of png, svg and pdf.
        theme: name of the theme, light or dark.
        on_skip: receives (figure, reason) if the run lacks the data of a figure; None issues a warning instead.
        figures: names of the figures to draw; None draws all of the run's kind.

    Examples:
        >>> RenderOptions(formats=["svg", "pdf"]).theme
        'light'
        >>> RenderOptions(figures=["atlas"]).select("heads")
        ['atlas']
    """

    formats: Sequence[str] = ("png",)
    theme: str = "light"
    on_skip: Callable[[str, str], None] | None = None
    figures: Sequence[str] | None = None

    def validate(self) -> Theme:
        """Return the theme.

        Raises:
            InputError: unknown format or theme.
        """
        if unknown := [name for name in self.formats if name not in _METADATA]:
            raise InputError(f"expected figure formats of {', '.join(_METADATA)}, found {', '.join(unknown)}")
        return get_theme(self.theme)

    def select(self, kind: str) -> list[str]:
        """Return the names of the figures to draw from a run of a kind.

        Raises:
            InputError: an unknown figure, a figure of another kind, or a kind without figures.
        """
        kinds = {name: spec.kind for name, spec in FIGURES.select(self.figures).items()}
        if not kinds:
            raise InputError("expected figures to draw, found an empty list; name one, or None for all")
        if self.figures is None and kind not in kinds.values():
            raise InputError(f"expected a run with figures, found a {kind} run, which has none; see otoscope heads")
        if self.figures is not None and (others := [name for name in kinds if kinds[name] != kind]):
            available = ", ".join(name for name, spec in FIGURES.select().items() if spec.kind == kind)
            raise InputError(f"expected figures of a {kind} run ({available or 'none'}), found {', '.join(others)}")
        return [name for name in kinds if kinds[name] == kind]


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
        InputError: unknown format, theme, figure or utterance; `out` is a file; the disk is full.
    """
    options = options or RenderOptions()
    theme, names = options.validate(), options.select(run.kind)
    dataset = _with_map(run, utterance).merge(xr.Dataset() if extra is None else extra)
    make_folder(Path(out))
    paths = []
    for name, spec in FIGURES.select(names).items():
        if _is_drawable(name, spec, dataset, options):
            figure = spec.draw(dataset, theme)
            paths += [_save(figure, Path(out) / f"{name}.{ending}", theme) for ending in options.formats]
    return paths


def _is_drawable(name: str, spec: FigureSpec, dataset: xr.Dataset, options: RenderOptions) -> bool:
    """Return whether the Dataset has what the figure shows; report it otherwise."""
    missing = spec.missing_variables(dataset)
    if missing and not spec.on_request:
        (options.on_skip or _warn)(name, f"the run has no {', '.join(missing)}")
    return not missing


def _with_map(run: Run, utterance: str | None) -> xr.Dataset:
    if utterance is None and not run.maps:
        return run.dataset
    attention = run.map(utterance or run.maps[0])
    return run.dataset.merge(attention).assign_attrs(attention.attrs)


def _save(figure: Figure, path: Path, theme: Theme) -> Path:
    FigureCanvasAgg(figure)
    ending = path.suffix[1:]
    with matplotlib.rc_context(theme.rc), atomic_write(path) as partial:
        figure.savefig(partial, format=ending, metadata=_METADATA[ending])
    return path


def _warn(name: str, reason: str) -> None:
    warnings.warn(f"skipped figure {name}: {reason}", InputWarning, stacklevel=4)
