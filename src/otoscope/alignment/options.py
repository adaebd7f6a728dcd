"""Options of `words`. The command line derives its options from these fields."""

from dataclasses import dataclass

from otoscope.alignment.word_files import WORD_FORMATS
from otoscope.errors import InputError
from otoscope.runs.options import check_output, option


@dataclass(frozen=True, kw_only=True)
class GenerationOptions:
    """Say how a model writes a text. All other settings are those of its own generation configuration.

    Attributes:
        beams: number of beams; 0: as the generation configuration says.
        fallback: whether a text that repeats itself, or is improbable, is written again at the temperatures .2 to 1
            (Radford et al. 2023, section 4.5).
        prompt: text before the speech, for the spelling of names.

    Raises:
        InputError: `beams` is less than 0.

    Examples:
        >>> GenerationOptions(beams=5).fallback
        False
    """

    beams: int = option(0, "Beams; 0: as the model's generation configuration says.")
    fallback: bool = option(False, "Write a text again, at higher temperatures, if it repeats itself or is improbable.")
    prompt: str = option("", "Text before the speech, for the spelling of names.", "TEXT")

    def __post_init__(self) -> None:
        """Check."""
        if self.beams < 0:
            raise InputError(f"expected --beams of at least 1, or 0 for those of the model, found {self.beams}")


@dataclass(frozen=True, kw_only=True)
class WordOptions(GenerationOptions):
    """Say what `words` writes, and how.

    Attributes:
        format: forms of the files: `textgrid`, `ctm`, `json`, `srt` and `vtt`.
        generate: let the model transcribe where there is a text too.
        workers: number of processes; each loads the model.

    Raises:
        InputError: a form is unknown, or a number is too small.

    Examples:
        >>> WordOptions().format
        ('textgrid',)
    """

    format: tuple[str, ...] = option(("textgrid",), f"Forms of the files: {', '.join(WORD_FORMATS)}.", "FORM,...")
    generate: bool = option(False, "Let the model transcribe where there is a text too.")
    workers: int = option(1, "Processes; each loads the model.")

    def __post_init__(self) -> None:
        """Check."""
        super().__post_init__()
        check_output(self.format, WORD_FORMATS, self.workers)
