"""Draw a run: its figures, with the maps they need."""

from pathlib import Path
from typing import TYPE_CHECKING

from otoscope.errors import InputError
from otoscope.figures.render import RenderOptions, render_figures
from otoscope.results import open_run
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
        options: file formats, theme, and the receiver of skipped figures; PNG, light and a warning if None.
        utterance: id of the utterance whose maps are shown; None for the run's example.
        zeroing: also draw value zeroing of the utterance, which the model computes now.
        model: the encoder that made the run, for the maps of `utterance` if no name loads the model (see `wrap`).

    Returns:
        The paths of the written files.

    Raises:
        InputError: no run, no such utterance, unknown format or theme, or the maps can no longer be computed.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", f"{folder}/run", options=SpeechOptions(limit=2))
        ...     sorted(path.name for path in draw(run.path, f"{folder}/figures", RenderOptions(["svg"])))[0]
        'atlas.svg'
    """
    opened = open_run(run)
    if utterance is not None and opened.kind != HEADS:
        raise InputError(f"expected a run with stored maps for --utterance, found a {opened.kind}; omit --utterance")
    if utterance is not None and utterance not in opened.maps:
        from otoscope.analysis.stored_maps import ensure_maps

        opened = ensure_maps(opened, utterance, model)
    extra = None
    if zeroing:
        from otoscope.analysis.value_zeroing import compute_value_zeroing

        extra = compute_value_zeroing(opened, utterance, model)
    return render_figures(opened, out, options, utterance=utterance, extra=extra)
