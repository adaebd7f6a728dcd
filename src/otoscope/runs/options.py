"""Options of every command that runs a model on speech. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from typing import Any

from otoscope.corpus import FORMATS
from otoscope.errors import InputError


def option(default: Any, help: str) -> Any:
    """Return a dataclass field with a default and the help text that the command line prints for it."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class SpeechOptions:
    """Say how to load the model and read the corpus; shared by analyze, segment, rank, probe and prune.

    Attributes:
        device: torch device; `auto` takes a GPU if there is one.
        dtype: `float32`, `float64`, `bfloat16` or `float16`.
        limit: number of utterances to read, the first of the corpus; None reads all.
        resume: continue an unfinished run with the same configuration. Finished parts are not computed again.
        format: name of the corpus format; None detects it.
        tier: TextGrid tier, or Lhotse alignment, of the phones.
        channel: channel of audio with several channels, from 0.
        strict: stop at the first utterance that cannot be used; otherwise skip it and list it in `run.skipped`.

    Raises:
        InputError: `limit` is less than 1.

    Examples:
        >>> SpeechOptions(limit=3).device
        'auto'
    """

    device: str = option("auto", "Torch device; auto takes a GPU if there is one.")
    dtype: str = option("float32", "float32, float64, bfloat16 or float16.")
    limit: int | None = option(None, "Read the first N utterances only.")
    resume: bool = option(False, "Continue an unfinished run.")
    format: str | None = option(None, f"{', '.join(FORMATS.names())}; detected by default.")
    tier: str | None = option(None, "TextGrid tier of the phones.")
    channel: int | None = option(None, "Channel of audio with several, from 0.")
    strict: bool = option(False, "Stop at an utterance that cannot be used.")

    def __post_init__(self) -> None:
        """Check that at least one utterance is read."""
        if self.limit is not None and self.limit < 1:
            raise InputError(f"expected a limit of at least 1 utterance, found {self.limit}; pass a larger --limit")
