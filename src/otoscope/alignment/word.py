"""A word with its times. Imports nothing slow: the options of the command line need the forms of files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """A word and its times.

    Attributes:
        text: the word.
        start, end: of the word in seconds.
        confidence: probability that both times are right within 50 ms; None: unknown.
        probability: geometric mean of the probabilities that the model gives to its tokens; None: unknown.
    """

    text: str
    start: float
    end: float
    confidence: float | None
    probability: float | None = None
