"""Options of figures, for files and for figures in Python."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.figures import FIGURES
from otoscope.figures.style.design import MAX_WIDTH_MM, MIN_WIDTH_MM, Design, Head
from otoscope.figures.style.theme import get_theme
from otoscope.results import Run
from otoscope.results.schema import HEADS

METADATA: dict[str, dict[str, None]] = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Formats, with the metadata that would contain the time of writing removed: the same run gives the same bytes."""


@dataclass(frozen=True)
class RenderOptions:
    """How figures are drawn and written.

    Attributes:
        formats: file formats, of png, svg and pdf.
        theme: name of the theme, light or dark.
        on_skip: receives (figure, reason) if the run lacks the data of a figure; None issues a warning instead.
        figures: names of the figures to draw; None draws all of the run's kind, or with `heads` all that can show
            chosen heads.
        heads: layer and index of the heads to show; empty for the choice of each figure.
        width_mm: width in mm, such as that of a column of a journal; None for the width that suits each figure. Text
            has the same size in points on every width.
        has_title: whether a figure starts with its title, the model and the speech; without them, the caption of the
            document states them.

    Examples:
        >>> RenderOptions(formats=["svg", "pdf"]).theme
        'light'
        >>> RenderOptions(figures=["atlas"], heads=[(4, 2)], width_mm=85, has_title=False).select("heads")
        ['atlas']
    """

    formats: Sequence[str] = ("png",)
    theme: str = "light"
    on_skip: Callable[[str, str], None] | None = None
    figures: Sequence[str] | None = None
    heads: Sequence[Head] = ()
    width_mm: float | None = None
    has_title: bool = True

    def design(self, run: Run | None) -> Design:
        """Return how the figures of a run, or of a comparison (None), are drawn.

        Raises:
            InputError: unknown format or theme, a width that no page has, or a head that the run does not have.
        """
        if unknown := [name for name in self.formats if name not in METADATA]:
            raise InputError(f"expected figure formats of {', '.join(METADATA)}, found {', '.join(unknown)}")
        theme = get_theme(self.theme)
        if self.width_mm is not None and not MIN_WIDTH_MM <= self.width_mm <= MAX_WIDTH_MM:
            span = f"{MIN_WIDTH_MM:g} to {MAX_WIDTH_MM:g}"
            raise InputError(f"expected --width-mm from {span}, found {self.width_mm:g}")
        return Design(theme, self.width_mm, self.has_title, self._check_heads(run))

    def _check_heads(self, run: Run | None) -> tuple[Head, ...]:
        if not self.heads:
            return ()
        if run is None or run.kind != HEADS:
            kind = "comparison" if run is None else f"{run.kind} run"
            raise InputError(f"expected a run of analyze for --heads, found a {kind}; omit --heads")
        names = {(int(layer), int(head)) for layer, head in zip(run.heads["layer"], run.heads["head"], strict=True)}
        chosen = tuple(dict.fromkeys((int(layer), int(head)) for layer, head in self.heads))
        if absent := [head for head in chosen if head not in names]:
            layers, heads = (max(numbers) for numbers in zip(*names, strict=True))
            raise InputError(
                f"expected --heads of layers 0 to {layers} and heads 0 to {heads}, found {absent[0][0]}.{absent[0][1]}"
            )
        return chosen

    def select(self, kind: str) -> list[str]:
        """Return the names of the figures to draw from a run of a kind.

        Raises:
            InputError: an unknown figure, a figure of another kind or that cannot show chosen heads, or a kind without
                figures.
        """
        specs = FIGURES.select(self.figures)
        if not specs:
            raise InputError("expected figures to draw, found an empty list; name one, or None for all")
        if self.figures is None and kind not in {spec.kind for spec in specs.values()}:
            raise InputError(f"expected a run with figures, found a {kind} run, which has none; see otoscope show")
        if self.figures is not None and (others := [name for name, spec in specs.items() if spec.kind != kind]):
            available = ", ".join(name for name, spec in FIGURES.select().items() if spec.kind == kind)
            raise InputError(f"expected figures of a {kind} run ({available or 'none'}), found {', '.join(others)}")
        names = [name for name, spec in specs.items() if spec.kind == kind]
        return self._of_chosen_heads(names) if self.heads else names

    def _of_chosen_heads(self, names: list[str]) -> list[str]:
        """Return the figures that can show chosen heads; every figure that the user names must."""
        specs = FIGURES.select()
        if self.figures is not None and (others := [name for name in names if not specs[name].has_choice]):
            available = ", ".join(name for name, spec in specs.items() if spec.has_choice)
            raise InputError(f"expected figures for --heads ({available}), found {', '.join(others)}")
        return [name for name in names if specs[name].has_choice]
