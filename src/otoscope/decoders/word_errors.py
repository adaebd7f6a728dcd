"""Word errors of transcripts: texts in one spelling, and the fewest substitutions, deletions and insertions.

Transcripts of English are spelled by the normalizer of Whisper (Radford et al. 2023, appendix C), as tables of word
error rates of English do; those of other languages lose case and signs alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein
from transformers.models.whisper.english_normalizer import BasicTextNormalizer, EnglishTextNormalizer

from otoscope.decoders.transcriber import Transcriber

Normalizer = Callable[[str], str]


@dataclass(frozen=True)
class WordErrors:
    """Word errors of one utterance, and the number of words of its reference.

    Attributes:
        errors: substitutions, deletions and insertions.
        words: words of the reference.
        deletions: words of the reference that the transcript lacks.
        insertions: words of the transcript that the reference lacks.
    """

    errors: int
    words: int
    deletions: int
    insertions: int


def text_normalizer(transcriber: Transcriber) -> Normalizer:
    """Return the normalizer of what a model transcribes: of English, unless the model knows several languages."""
    generation = getattr(transcriber.model, "generation_config", None)  # a model with a CTC head has none
    is_multilingual = getattr(generation, "is_multilingual", False)
    language = getattr(transcriber.tokenizer, "language", None)
    if is_multilingual and language not in {"en", "english"}:
        return BasicTextNormalizer()
    spelling = getattr(transcriber.tokenizer, "english_spelling_normalizer", None)
    return EnglishTextNormalizer(spelling or {})


def word_errors(normalize: Normalizer, reference: str, transcript: str) -> WordErrors:
    """Return the word errors of a transcript.

    Examples:
        >>> word_errors(str.lower, "She had your suit", "she had a dark suit")
        WordErrors(errors=2, words=4, deletions=0, insertions=1)
    """
    words = normalize(reference).split()
    tags = [step.tag for step in Levenshtein.editops(words, normalize(transcript).split())]
    return WordErrors(len(tags), len(words), tags.count("delete"), tags.count("insert"))


def match_words(reference: Sequence[str], transcript: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of words that are the same in both, in order, on the path with the fewest errors.

    Examples:
        >>> match_words(["she", "had", "your", "suit"], ["she", "had", "a", "dark", "suit"])
        [(0, 0), (1, 1), (3, 4)]
    """
    blocks = Levenshtein.opcodes(list(reference), list(transcript)).as_matching_blocks()
    return [(block.a + step, block.b + step) for block in blocks for step in range(block.size)]
