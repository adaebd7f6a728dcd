"""Agreement with the original on speech: the guard of other objectives. Needs no labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.typing import Floats

RARELY = math.log(0.02)
"""Log-probability of an empty text for speech above which the loss pulls it down."""
EMPTY_WEIGHT, LOST_WEIGHT = 0.1, 0.5
"""Weights of that, and where utterances without words are the errors."""


@dataclass(frozen=True)
class AgreementTask:
    """Divergence from the original's probabilities of tokens on its own transcripts.

    Errors are those of words: against the texts of the corpus, or the original's transcripts where it has no texts.

    Attributes:
        counts_lost: errors are utterances instead that get no words, though the original gave some.
    """

    model: GatedModel
    material: Material
    counts_lost: bool = False

    @cached_property
    def own_texts(self) -> list[str]:
        """Return what the original transcribes."""
        return self.model.transcripts(self.material, range(len(self.material.ids)), original=True)

    @cached_property
    def references(self) -> list[str]:
        """Return the texts that errors are counted against."""
        if self.material.has_texts:
            return [text or "" for text in self.material.texts]
        return [text or own for text, own in zip(self.material.texts, self.own_texts, strict=True)]

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean divergence of a token, plus the excess of an empty text; of a frame by a CTC head."""
        if self.model.is_ctc:
            return torch.stack(
                [self._divergence(index, self.model.letter_logits(self.material, index)) for index in indices]
            ).mean()
        chosen = [self.model.sequence(self.own_texts[index]) for index in indices]
        rows = self.model.token_logits(self.material, indices, chosen)
        first, end = len(self.model.transcriber.prompt) - 1, self.model.transcriber.end
        divergences = []
        for index, logits in zip(indices, rows, strict=True):
            divergences.append(self._divergence(index, logits[first:]))
        excess = torch.stack([torch.relu(logits[first, end] - RARELY) for logits in rows]).mean()
        return torch.stack(divergences).mean() + (LOST_WEIGHT if self.counts_lost else EMPTY_WEIGHT) * excess

    def remember(self, indices: Sequence[int]) -> None:
        """Compute the original's log-probabilities of some utterances, and keep them in half precision."""
        for index in indices:
            if (self.material.name, index) not in self.model.original.log_probabilities:
                with torch.no_grad():
                    target = self._log_probabilities(index).half().clone()
                self.model.original.log_probabilities[self.material.name, index] = target

    def _divergence(self, index: int, logits: Tensor) -> Tensor:
        target = self.model.original.log_probabilities[self.material.name, index].float()
        return (target.exp() * (target - logits)).sum(-1).mean()

    def _log_probabilities(self, index: int) -> Tensor:
        """Return those of the tokens of the original's transcript, or of the letters in each frame."""
        if self.model.is_ctc:
            return self.model.letter_logits(self.material, index)
        first = len(self.model.transcriber.prompt) - 1
        return self.model.token_logits(self.material, [index], [self.model.sequence(self.own_texts[index])])[0][first:]

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance, or whether it is lost, and 1."""
        word_errors, lost = self.both_errors(indices, original=original)
        return lost if self.counts_lost else word_errors

    def both_errors(self, indices: Sequence[int], *, original: bool = False) -> tuple[Floats, Floats]:
        """Return word errors as in `errors`, and whether each utterance is lost, and 1."""
        texts = (
            [self.own_texts[index] for index in indices] if original else self.model.transcripts(self.material, indices)
        )
        lost = [(self._is_lost(index, text), 1) for index, text in zip(indices, texts, strict=True)]
        return self.model.count_word_errors([self.references[index] for index in indices], texts), np.array(lost, float)

    def _is_lost(self, index: int, text: str) -> bool:
        words = self.model.normalize
        return bool(words(self.own_texts[index]).split()) and not words(text).split()


def _make(model: GatedModel, material: Material) -> AgreementTask:
    model.check_transcribes()
    return AgreementTask(model, material)


OBJECTIVE = Objective("agreement", "The original's own output, on speech.", "word error rate", _make)
