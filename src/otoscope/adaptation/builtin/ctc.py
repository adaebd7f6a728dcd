"""Labelled text for a model with a CTC head; errors are those of words, decoded greedily."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.errors import InputError
from otoscope.typing import Floats


@dataclass(frozen=True)
class CtcTask:
    """Connectionist temporal classification of the letters of the texts (Graves et al. 2006)."""

    model: GatedModel
    material: Material

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the mean loss of a letter."""
        return torch.stack([self._loss(index) for index in indices]).mean()

    def _loss(self, index: int) -> Tensor:
        labels = torch.tensor(self._letters(self.material.texts[index] or ""))
        logits = self.model.letter_log_probabilities(self.material, index)
        frames, letters = (torch.tensor([len(each)]) for each in (logits, labels))
        return F.ctc_loss(logits[:, None], labels[None], frames, letters, blank=self.model.blank, zero_infinity=True)

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance."""
        texts = self.model.transcripts(self.material, indices, original=original)
        return self.model.count_word_errors([self.material.texts[index] or "" for index in indices], texts)

    def _letters(self, text: str) -> list[int]:
        spelled = text.upper() if "A" in self.model.tokenizer.get_vocab() else text.lower()
        return list(self.model.tokenizer(spelled).input_ids)


def _make(model: GatedModel, material: Material) -> CtcTask:
    if not model.is_ctc or model.tokenizer is None:
        raise InputError(
            f"expected a model with a CTC head and a tokenizer, found {model.name} "
            f"({type(model.source.whole).__name__}); take another model or --objective"
        )
    if not material.has_texts:
        raise InputError(f"expected a text for every utterance of {material.name}; add files .txt next to the audio")
    return CtcTask(model, material)


OBJECTIVE = Objective("ctc", "The labelled text, by the CTC head of the model.", "word error rate", _make)
