"""Labelled text for a model with a decoder: teacher forced; errors are those of words, decoded greedily."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.decoders.teacher_forcing import text_tokens
from otoscope.errors import InputError
from otoscope.typing import Floats


@dataclass(frozen=True)
class TextTask:
    """Cross-entropy of the tokens of the texts, end token included."""

    model: GatedModel
    material: Material

    @cached_property
    def sequences(self) -> list[tuple[int, ...]]:
        """Return prompt, tokens and end of each text."""
        return [self.model.sequence(text or "") for text in self.material.texts]

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean cross-entropy of a token."""
        chosen = [self.sequences[index] for index in indices]
        first = len(self.model.transcriber.prompt) - 1
        rows = self.model.token_log_probabilities(self.material, indices, chosen)
        picked = [
            logits[first:].gather(1, torch.tensor(sequence[first + 1 :])[:, None])
            for logits, sequence in zip(rows, chosen, strict=True)
        ]
        return -torch.cat(picked).mean()

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


OBJECTIVE = Objective("text", "The labelled text, by the decoder of the model.", "word error rate", _make)
