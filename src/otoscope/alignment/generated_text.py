"""Scores of word times where the model itself writes the text, and of published recipes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from otoscope.alignment.aligner import Aligner, Side, align_words
from otoscope.alignment.fit import TimedUtterance, measure_heads
from otoscope.alignment.recipes import TimeRecipe
from otoscope.alignment.scores import finite_interval
from otoscope.alignment.spelling import Unit
from otoscope.alignment.text_scores import (
    ConfidenceScore,
    TextScore,
    TimedText,
    score_confidence,
    score_texts,
    text_table,
)
from otoscope.decoders.transcriber import Transcriber
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import Normalizer, text_normalizer

ALIGNER = "aligner"
SURENESS = ("confidence", "probability")
"""Numbers of a word that may separate wrong words from right ones."""


@dataclass(frozen=True)
class GeneratedScores:
    """Strict F1 of each method and side, and how well numbers of words separate wrong words from right ones."""

    scores: tuple[TextScore, ...]
    confidences: tuple[ConfidenceScore, ...]

    @property
    def table(self) -> str:
        """The scores as a table of text."""
        return text_table(self.scores, self.confidences)

    def records(self) -> dict[str, Any]:
        """Return the scores as values for JSON."""
        return {
            "strict_f1": [finite_interval(score) for score in self.scores],
            "wrong_words": [finite_interval(score) for score in self.confidences],
        }


def score_generated(
    transcriber: Transcriber, aligner: Aligner, held_out: Sequence[TimedUtterance], recipes: Sequence[TimeRecipe]
) -> GeneratedScores | None:
    """Return the scores of what the model writes for some utterances; None if it cannot generate, or writes nothing."""
    if not transcriber.model.can_generate():
        return None
    texts = transcribe_waves(transcriber, [item.wave for item in held_out])
    pairs = [(item, tuple(text.split())) for item, text in zip(held_out, texts, strict=True)]
    if not any(words for _, words in pairs):
        return None
    normalize = text_normalizer(transcriber)
    own = [_by_aligner(transcriber, aligner, normalize, *pair) for pair in pairs]
    by_recipe = [_by_recipes(transcriber, recipes, normalize, *pair) for pair in pairs]
    methods = {recipe.name: [of_item[index] for of_item in by_recipe] for index, recipe in enumerate(recipes)}
    scores = [score_texts(name, side, items) for side in Side for name, items in {**methods, ALIGNER: own}.items()]
    return GeneratedScores(tuple(scores), tuple(score_confidence(name, own) for name in SURENESS))


def _by_aligner(
    transcriber: Transcriber, aligner: Aligner, normalize: Normalizer, item: TimedUtterance, words: tuple[str, ...]
) -> TimedText:
    aligned = align_words(aligner, transcriber, item.wave, words)
    times = {side: np.array([getattr(word, side) for word in aligned]) for side in Side}
    sureness = {name: np.array([getattr(word, name) for word in aligned], float) for name in SURENESS}
    return replace(_timed_text(normalize, item, words, times), sureness=sureness)


def _by_recipes(
    transcriber: Transcriber,
    recipes: Sequence[TimeRecipe],
    normalize: Normalizer,
    item: TimedUtterance,
    words: tuple[str, ...],
) -> list[TimedText]:
    """Return the times by each recipe; a word is all tokens from its space to the next one, as in transformers."""
    measured = measure_heads(transcriber, item, Unit.wordpiece, recipes, words)
    times = [{side: measured.times(measured.recipes[recipe.name], side, 0) for side in Side} for recipe in recipes]
    return [_timed_text(normalize, item, words, of_recipe) for of_recipe in times]


def _timed_text(
    normalize: Normalizer,
    item: TimedUtterance,
    words: Sequence[str],
    times: Mapping[Side, np.ndarray],
) -> TimedText:
    labels, written = ([normalize(word) for word in text] for text in (item.words, words))
    return TimedText(item.speaker, labels, written, item.times, times, {})
