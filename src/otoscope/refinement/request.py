"""What is asked of a refinement: which heads go, how far queries attend, and whether it is tuned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from otoscope.attention.interventions import check_span
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.refinement import head_selection as choice
from otoscope.refinement.budget import within_budget
from otoscope.refinement.head_selection import Head
from otoscope.refinement.rescale import Scales


@dataclass(frozen=True)
class RefinementRequest:
    """The arguments of `refine`; made only where they do not contradict each other.

    Raises:
        InputError: they do.
    """

    run: str | Path | None = None
    by: str | None = None
    heads: float | None = None
    remove: Sequence[Head] | str | Path | None = None
    span: int | None = None
    budget_macs: float | None = None
    tune: int | None = None
    corpora: Sequence[str | Path] = ()

    def __post_init__(self) -> None:
        """See the class."""
        self._check_heads()
        if self.span is not None and self.span < 1:
            raise InputError(f"expected a span of at least 1 frame, got {self.span}")
        check_span(self.span or 0)
        if self.tune is not None and (self.tune < 1 or not self.corpora):
            given = f"{self.tune} and {len(self.corpora)}"
            raise InputError(f"--tune needs at least 1 step and a corpus of unlabelled speech, got {given}")
        if self.corpora and self.tune is None and self.budget_macs is None:
            raise InputError(
                "speech is used by --tune and --budget-macs alone; leave the corpus out, or give one of them"
            )

    def _check_heads(self) -> None:
        ways = sum(way is not None for way in (self.heads, self.remove, self.budget_macs))
        if ways > 1:
            raise InputError("choose heads in one way: --heads with --run and --by, --remove-file, or --budget-macs")
        if len({way is None for way in (self.heads, self.run, self.by)}) > 1:
            raise InputError("--heads, --run and --by belong together: the share to remove, a run, and a ranking in it")
        if not ways and self.span is None:
            raise InputError(
                "nothing to refine: give --heads with --run and --by, --remove-file, --budget-macs or --span"
            )

    def removed(self, encoder: Encoder) -> tuple[list[Head], Scales | None]:
        """Heads of an encoder that are to go, each once, in order; scales of those that stay, where a budget chose.

        Raises:
            InputError: there are no such heads, no such ranking, or no removal that reaches the budget.
        """
        if self.budget_macs is not None:
            return within_budget(encoder, self.budget_macs, self.span, self.corpora)
        return choice.checked(self._named(encoder), encoder.n_heads, encoder.name), None

    def _named(self, encoder: Encoder) -> list[Head]:
        if self.heads is not None and self.run is not None and self.by is not None:
            return choice.by_ranking(encoder, self.run, self.by, self.heads)
        if isinstance(self.remove, str | Path):
            return choice.from_file(self.remove)
        return [(int(layer), int(head)) for layer, head in self.remove or ()]
