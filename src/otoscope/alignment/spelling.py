"""Words as the tokens of a decoder: single characters, or the word pieces of its tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    """How words become tokens."""

    character = "character"
    wordpiece = "wordpiece"


@dataclass(frozen=True)
class Spelling:
    """The tokens of some words.

    Attributes:
        tokens: tokens of all words in order.
        first: number of the first token of each word, and at the end the number of tokens.
    """

    tokens: tuple[int, ...]
    first: tuple[int, ...]


def spell(tokenizer: Any, words: Sequence[str], unit: Unit) -> Spelling:
    """Return the tokens of words.

    Characters are lower case, each word begins with a space, without punctuation. Source: "Whisper Has an
    Internal Word Aligner" (arXiv 2509.09987).
    """
    tokens: list[int] = []
    first: list[int] = []
    for word in words:
        first.append(len(tokens))
        pieces = [f" {word}"] if unit is Unit.wordpiece else [" ", *letters(word)]
        for piece in pieces:
            tokens += tokenizer(piece, add_special_tokens=False).input_ids
    return Spelling(tuple(tokens), (*first, len(tokens)))


def letters(word: str) -> str:
    """Return a word in lower case without punctuation; punctuation alone stays as it is.

    Examples:
        >>> letters("Don't,"), letters("--")
        ("don't", '--')
    """
    return "".join(sign for sign in word.lower() if sign.isalnum() or sign == "'") or word
