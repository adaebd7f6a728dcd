"""Options of every command that runs a model on speech. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from typing import Any

from otoscope.corpus import FORMATS
from otoscope.errors import InputError
from otoscope.phones import read_folding


def option(default: Any, help: str, metavar: str | None = None) -> Any:
    """Return a dataclass field with a default, the help text of the command line, and its name for the value."""
    return field(default=default, metadata={"help": help, "metavar": metavar})


@dataclass(frozen=True, kw_only=True)
class CorpusOptions:
    """Say how to read a corpus; shared by all commands that read speech.

    Attributes:
        limit: number of utterances to read, the first of the corpus; None reads all.
        format: name of the corpus format; None detects it.
        tier: TextGrid tier, or Lhotse alignment, of the phones.
        channel: channel of audio with several channels, from 0.
        phones: `39` folds phones to the 39, `own` keeps the symbols of the corpus, `auto` folds those of English; or
            the path of a table of symbols and phones (`otoscope.phones.read_folding`).

    Raises:
        InputError: `limit` is less than 1, or `phones` is neither a name nor a table.

    Examples:
        >>> CorpusOptions(limit=3).limit
        3
    """

    limit: int | None = option(None, "Read the first N utterances only.")
    format: str | None = option(None, f"{', '.join(FORMATS.names())}; detected by default.")
    tier: str | None = option(None, "TextGrid tier of the phones.")
    channel: int | None = option(None, "Channel of audio with several, from 0.")
    phones: str = option("auto", "39, own, auto (39 for English), or a table (CSV, TSV) of symbol and phone.")

    def __post_init__(self) -> None:
        """Check the number of utterances and the table of phones."""
        if self.limit is not None and self.limit < 1:
            raise InputError(f"expected a limit of at least 1 utterance, found {self.limit}; pass a larger --limit")
        read_folding(self.phones)


@dataclass(frozen=True, kw_only=True)
class SpeechOptions(CorpusOptions):
    """Say how to load the model and read the corpus; shared by analyze, segment, rank, probe and prune.

    Attributes:
        limit, format, tier, channel, phones: as in `CorpusOptions`.
        device: torch device; `auto` takes a GPU if there is one.
        dtype: `float32`, `float64`, `bfloat16` or `float16`.
        resume: continue an unfinished run with the same configuration. Finished parts are not computed again.
        strict: stop at the first utterance that cannot be used; otherwise skip it and list it in `run.skipped`.

    Raises:
        InputError: `limit` is less than 1.

    Examples:
        >>> SpeechOptions(limit=3).device
        'auto'
    """

    device: str = option("auto", "Torch device; auto takes a GPU if there is one.")
    dtype: str = option("float32", "float32, float64, bfloat16 or float16.")
    resume: bool = option(False, "Continue an unfinished run.")
    strict: bool = option(False, "Stop at an utterance that cannot be used.")
