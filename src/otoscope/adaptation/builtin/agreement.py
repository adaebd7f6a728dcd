"""Agreement with the original on speech: the guard of other objectives. Needs no labels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.typing import Floats

RARELY = math.log(0.02)
"""Log-probability of an empty text for speech above which the loss pulls it down."""
EMPTY_WEIGHT, LOST_WEIGHT = 0.1, 0.5
"""Weights of that, for speech and for copies of it that are close to noise."""
Source = tuple[Material, int]
"""A material, and an index of it."""


@dataclass(frozen=True)
class AgreementTask:
    """Divergence from the original's probabilities of tokens on its own transcripts.

    Errors are those of words: against the texts of the corpus, or the original's transcripts where it has no texts.

    Attributes:
        model: the model with gates.
        material: the speech.
        empty_weight: weight of an empty text's probability in the loss.
        sources: for copies of speech, the utterance whose audio the original gets instead, so that noise changes
            nothing; none where it is the copy itself.
        with_times: whether every second utterance is asked for with times.
    """

    model: GatedModel
    material: Material
    empty_weight: float = EMPTY_WEIGHT
    sources: Sequence[Source] = ()
    with_times: bool = False

    def source(self, index: int) -> Source:
        """Return the material and index of what the original gets for an utterance."""
        return self.sources[index] if self.sources else (self.material, index)

    def own_texts(self, indices: Sequence[int]) -> list[str]:
        """Return what the original transcribes of some utterances."""
        sources = [self.source(index) for index in indices]
        for material in {source.name: source for source, _ in sources}.values():
            self.model.transcripts(material, [i for source, i in sources if source is material], original=True)
        return [self.model.transcripts(source, [i], original=True)[0] for source, i in sources]

    def references(self, indices: Sequence[int]) -> list[str]:
        """Return the texts that errors of some utterances are counted against."""
        texts = [self.material.texts[index] for index in indices]
        own = texts if all(texts) else self.own_texts(indices)
        return [text or other or "" for text, other in zip(texts, own, strict=True)]

    def sequence(self, index: int, text: str) -> tuple[int, ...]:
        """Return the tokens of the original's transcript of an utterance."""
        return self.model.sequence(text, with_times=self.with_times and bool(self.source(index)[1] % 2))

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean divergence of a token, plus the excess of an empty text; of a frame by a CTC head."""
        if self.model.is_ctc:
            return torch.stack(
                [
                    self._divergence(index, self.model.letter_log_probabilities(self.material, index))
                    for index in indices
                ]
            ).mean()
        chosen = [self.sequence(*each) for each in zip(indices, self.own_texts(indices), strict=True)]
        rows = self.model.token_log_probabilities(self.material, indices, chosen)
        first, end = len(self.model.transcriber.prompt) - 1, self.model.transcriber.end
        divergences = []
        for index, logits in zip(indices, rows, strict=True):
            divergences.append(self._divergence(index, logits[first:]))
        excess = torch.stack([torch.relu(logits[first, end] - RARELY) for logits in rows]).mean()
        return torch.stack(divergences).mean() + self.empty_weight * excess

    def remember(self, indices: Sequence[int]) -> None:
        """Compute the original's log-probabilities of some utterances, and keep them in half precision."""
        texts = self.own_texts(indices)
        for index, text in zip(indices, texts, strict=True):
            source, i = self.source(index)
            if (source.name, i) not in self.model.original.log_probabilities:
                with torch.no_grad():
                    target = self._log_probabilities(index, text).half().clone()
                self.model.original.log_probabilities[source.name, i] = target

    def _divergence(self, index: int, logits: Tensor) -> Tensor:
        source, i = self.source(index)
        target = self.model.original.log_probabilities[source.name, i].float()
        probability = target.exp()  # of half precision: the sum is not quite 1, and the divergence would be below 0
        return ((probability * (target - logits)).sum(-1) + 1 - probability.sum(-1)).mean()

    def _log_probabilities(self, index: int, text: str) -> Tensor:
        """Return those of the tokens of the original's transcript, or of the letters in each frame."""
        source, i = self.source(index)
        if self.model.is_ctc:
            return self.model.letter_log_probabilities(source, i)
        first = len(self.model.transcriber.prompt) - 1
        return self.model.token_log_probabilities(source, [i], [self.sequence(index, text)])[0][first:]

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance."""
        texts = self.model.transcripts(self.material, indices, original=original)
        return self.model.count_word_errors(self.references(indices), texts)


def _make(model: GatedModel, material: Material) -> AgreementTask:
    model.check_transcribes()
    return AgreementTask(model, material)


OBJECTIVE = Objective("agreement", "The original's own output, on speech.", "word error rate", _make)
