"""Options of `words`. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.alignment.word_files import WORD_FORMATS
from otoscope.errors import InputError
from otoscope.runs.options import option


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
        unknown = [name for name in self.format if name not in WORD_FORMATS]
        if unknown or not self.format:
            raise InputError(f"expected --format {', '.join(WORD_FORMATS)}; found {unknown[0] if unknown else 'none'}")
        if self.workers < 1:
            raise InputError(f"expected --workers of at least 1, found {self.workers}; omit it for one process")
