"""What is asked of a refinement: its options, the heads that the user lists, and the speech."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from otoscope.attention.interventions import check_span
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.refinement import head_selection as selection
from otoscope.refinement.graph_export import check_export
from otoscope.refinement.head_selection import Head
from otoscope.refinement.options import RefinementOptions
from otoscope.runs.options import SelectionOptions
from otoscope.runs.selection import make_selection
from otoscope.runs.speech_source import LoadedSpeech, SpeechPool


@dataclass(frozen=True)
class RefinementRequest:
    """The arguments of `refine` that say what changes; made only where they do not contradict each other.

    Raises:
        InputError: they do.
    """

    options: RefinementOptions
    remove: Sequence[Head] | str | Path | None = None
    corpora: Sequence[str | Path] = ()
    selection: SelectionOptions | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Return all that decides the refined model, apart from the model and the corpora."""
        removed = self.remove if self.remove is None or isinstance(self.remove, str | Path) else list(self.remove)
        options = {**asdict(self.options), "resume": None}
        return {"options": options, "remove": removed, "selection": asdict(self.selection or SelectionOptions())}

    def read_speech(self, encoder: Encoder) -> LoadedSpeech | None:
        """Return the speech for tuning, a budget and examples, by default the bundled speech; None if none is needed.

        Raises:
            InputError: the speech cannot be read.
        """
        if not self.corpora and self.options.budget is None:
            return None
        selection = make_selection(self.selection or SelectionOptions())
        return SpeechPool(self.corpora or ["bundled"], selection).read(encoder)

    def __post_init__(self) -> None:
        """See the class."""
        check_span(self.options.span or 0)
        self.options.check_method()
        if self.options.export is not None:
            check_export(self.options.export)
        self._check_heads()
        self._check_speech()

    def _check_heads(self) -> None:
        options = self.options
        flag = options.drop_zero_heads or None
        ways = (options.heads, self.remove, flag, options.budget_macs, options.budget_latency)
        methods = sum(value is not None for value in ways)
        if methods > 1:
            raise InputError(
                "choose heads in one way: --heads with --run and --by, --remove-file, --drop-zero-heads, "
                "--budget-macs, or --budget-latency"
            )
        others = (options.span, options.gates, options.export)
        if not methods and all(value is None for value in others):
            raise InputError(
                "nothing to refine: give --heads with --run and --by, --remove-file, --drop-zero-heads, "
                "--budget-macs, --budget-latency, --span, --gates or --export"
            )

    @property
    def only_gates(self) -> bool:
        """Whether gates are all that changes, so that the class of the model can stay."""
        options = self.options
        flag = options.drop_zero_heads or None
        others = (options.heads, options.budget, options.span, options.tune, self.remove, flag)
        return options.gates is not None and all(value is None for value in others)

    def _check_speech(self) -> None:
        steps = self.options.tune
        if steps is not None and (steps < 1 or not self.corpora):
            raise InputError(
                f"--tune needs at least 1 step and a corpus of unlabelled speech, got {steps} and {len(self.corpora)}"
            )
        if self.selection not in (None, SelectionOptions()) and not self.corpora:
            raise InputError(
                "expected a corpus for --limit, --speakers, --utterances or --sample, found none; name one"
            )

    def removed(self, encoder: Encoder) -> list[Head]:
        """Return the heads of an encoder that the user lists, or that a ranking chooses, each once, in order.

        Raises:
            InputError: there are no such heads, or no such ranking.
        """
        return selection.checked(self._listed(encoder), encoder.n_heads, encoder.name)

    def _listed(self, encoder: Encoder) -> list[Head]:
        ranking = self.options
        if ranking.heads is not None and ranking.run is not None and ranking.by is not None:
            return selection.by_ranking(encoder, ranking.run, ranking.by, ranking.heads)
        if isinstance(self.remove, str | Path):
            return selection.from_file(self.remove)
        return [(int(layer), int(head)) for layer, head in self.remove or ()]
