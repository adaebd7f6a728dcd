"""A word with its times. Imports nothing slow: the options of the command line need the forms of files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word, its start and end in seconds, and the probability that both are right within 50 ms; None: unknown."""

    text: str
    start: float
    end: float
    confidence: float | None
