"""Options of `bench`. The command line derives its options from these fields."""

from dataclasses import dataclass, field
from pathlib import Path

from otoscope.errors import InputError
from otoscope.runs.options import option


@dataclass(frozen=True, kw_only=True)
class BenchOptions:
    """Say what `bench` measures beyond one utterance of noise at a time.

    Attributes:
        batches: numbers of utterances at a time.
        threads: numbers of threads; 0 is all of the machine, empty those that torch has.
        corpus: speech instead of noise, on which the task of the models is scored too: word errors, or decisions.

    Raises:
        InputError: a number is negative, or a batch has no utterance.

    Examples:
        >>> BenchOptions(batches=(1, 8)).threads
        ()
    """

    batches: tuple[int, ...] = option((1,), "Utterances at a time, with commas between.", "N,...")
    threads: tuple[int, ...] = option((), "Numbers of threads, with commas between; 0 is all.", "N,...")
    corpus: Path | None = field(
        default=None, metadata={"help": "Speech instead of noise, on which the task is scored.", "metavar": "CORPUS"}
    )

    def __post_init__(self) -> None:
        """Check the numbers."""
        if not self.batches or min(self.batches) < 1 or min(self.threads, default=0) < 0:
            raise InputError(
                "expected --batches of 1 or more and --threads of 0 (all) or more, found "
                f"{', '.join(map(str, self.batches)) or 'none'} and {', '.join(map(str, self.threads)) or 'none'}; "
                "correct them"
            )
