"""Labelled text for a model with a decoder: teacher forced; errors are those of words, decoded greedily."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.adaptation.repeats import draw_repeat, unlikelihood
from otoscope.decoders.teacher_forcing import text_tokens
from otoscope.errors import InputError
from otoscope.typing import Floats

REPEATS_WEIGHT = 1.0


@dataclass(frozen=True)
class TextTask:
    """Cross-entropy of the tokens of the texts, end token included, and unlikelihood of repeats in half of them.

    Attributes:
        model: the model with gates.
        material: the speech, with texts.
        repeats_weight: weight of the unlikelihood.
    """

    model: GatedModel
    material: Material
    repeats_weight: float = REPEATS_WEIGHT

    @cached_property
    def sequences(self) -> list[tuple[int, ...]]:
        """Return prompt, tokens and end of each text."""
        return [self.model.sequence(text or "") for text in self.material.texts]

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean cross-entropy of a token, plus the mean unlikelihood of a token of a repeat."""
        loss = self.cross_entropy(indices)
        if not self.repeats_weight:
            return loss
        return loss + self.repeats_weight * self.repeats(indices[: -(-len(indices) // 2)])

    def cross_entropy(self, indices: Sequence[int]) -> Tensor:
        """Return the mean cross-entropy of a token."""
        chosen = [self.sequences[index] for index in indices]
        first = len(self.model.transcriber.prompt) - 1
        rows = self.model.token_log_probabilities(self.material, indices, chosen)
        picked = [
            logits[first:].gather(1, torch.tensor(sequence[first + 1 :])[:, None])
            for logits, sequence in zip(rows, chosen, strict=True)
        ]
        return -torch.cat(picked).mean()

    def repeats(self, indices: Sequence[int]) -> Tensor:
        """Return the mean unlikelihood of an unlikely token of a repeat; the indices draw the repeats."""
        prompt, positions = len(self.model.transcriber.prompt), self.model.transcriber.max_tokens
        chosen = [index for index in indices if len(self.sequences[index]) > prompt + 1]
        if not chosen:
            return torch.zeros(())
        rng = np.random.default_rng(chosen)
        repeats = [draw_repeat(self.sequences[index], prompt, rng, positions) for index in chosen]
        rows = self.model.token_log_probabilities(self.material, chosen, [each.sequence for each in repeats])
        return unlikelihood(rows, repeats)

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance."""
        texts = self.model.transcripts(self.material, indices, original=original)
        return self.model.count_word_errors([self.material.texts[index] or "" for index in indices], texts)


def _make(model: GatedModel, material: Material) -> TextTask:
    model.check_transcribes()
    if not material.has_texts:
        missing = next(id for id, text in zip(material.ids, material.texts, strict=True) if not text)
        raise InputError(
            f"expected a text for every utterance of {material.name}, found none for {missing}; add a file .txt "
            "next to its audio (in a Kaldi folder, a line of the file text), or take another corpus"
        )
    most = model.transcriber.max_tokens
    for id, text in zip(material.ids, material.texts, strict=True):
        count = len(text_tokens(model.transcriber, text or "")) - 1
        if most is not None and count > most:
            raise InputError(
                f"expected texts of at most {most} tokens with the prompt, for which {model.name} has positions, found "
                f"{count} for {id} of {material.name}; divide it"
            )
    return TextTask(model, material)


OBJECTIVE = Objective("text", "The labelled text, by the decoder of the model.", "word error rate", _make, steps=25)
