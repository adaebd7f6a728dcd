"""Options of `words`. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.alignment.word_files import WORD_FORMATS
from otoscope.runs.options import check_output, option


@dataclass(frozen=True, kw_only=True)
class WordOptions:
    """Say what `words` writes, and how.

    Attributes:
        format: forms of the files: `textgrid`, `ctm`, `json`, `srt` and `vtt`.
        generate: let the model transcribe where there is a text too.
        workers: number of processes; each loads the model.

    Raises:
        InputError: a form is unknown, or `workers` is less than 1.

    Examples:
        >>> WordOptions().format
        ('textgrid',)
    """

    format: tuple[str, ...] = option(("textgrid",), f"Forms of the files: {', '.join(WORD_FORMATS)}.", "FORM,...")
    generate: bool = option(False, "Let the model transcribe where there is a text too.")
    workers: int = option(1, "Processes; each loads the model.")

    def __post_init__(self) -> None:
        """Check."""
        check_output(self.format, WORD_FORMATS, self.workers)
