"""Figures of a run, with the maps they need."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from otoscope import figures
from otoscope.errors import InputError
from otoscope.results import open_run
from otoscope.results.schema import HEADS

if TYPE_CHECKING:  # a run is drawn without torch
    from otoscope.models.encoder import Encoder


def draw(
    run: str | Path,
    out: str | Path,
    *,
    formats: Sequence[str] = ("png",),
    utterance: str | None = None,
    theme: str = "light",
    zeroing: bool = False,
    model: "Encoder | None" = None,
    on_skip: Callable[[str, str], None] | None = None,
) -> list[Path]:
    """Draw every figure of a run into the folder `out`.

    Needs no torch, except for the maps of an `utterance` that the run does not hold yet: its model computes them now,
    and they are kept. The run's own example stays the one that is drawn where no utterance is named.

    Args:
        run: a run folder.
        out: the folder for the figures; made if need be.
        formats: of png, svg and pdf.
        utterance: whose maps to show; None for the run's example.
        theme: light or dark.
        zeroing: draw value zeroing of the utterance too, which its model computes now.
        model: the encoder that made the run, for the maps of an `utterance` where no name loads it (see `wrap`).
        on_skip: receives (figure, reason) where the run lacks what a figure shows; without it a warning is given.

    Returns:
        The files that were written.

    Raises:
        InputError: no run, no such utterance, format or theme, or its maps can no longer be computed.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", f"{folder}/run", limit=2)
        ...     sorted(path.name for path in draw(run.path, f"{folder}/figures", formats=["svg"]))[0]
        'atlas.svg'
    """
    opened = open_run(run)
    if utterance is not None and opened.kind != HEADS:
        raise InputError(f"{run} holds a {opened.kind}, which keeps no maps to choose from; leave the utterance out")
    if utterance is not None and utterance not in opened.maps:
        from otoscope.analysis.stored_maps import with_maps

        opened = with_maps(opened, utterance, model)
    beside = None
    if zeroing:
        from otoscope.analysis.value_zeroing import zeroed

        beside = zeroed(opened, utterance, model)
    return figures.draw(opened, out, formats, utterance, theme, on_skip, beside)
