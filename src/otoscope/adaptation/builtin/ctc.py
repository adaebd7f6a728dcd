"""Labelled text for a model with a CTC head; errors are those of words, decoded greedily."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

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
        logits = self._logits(index).log_softmax(-1)
        blank = self.model.source.whole.config.pad_token_id
        frames, letters = (torch.tensor([len(each)]) for each in (logits, labels))
        return F.ctc_loss(logits[:, None], labels[None], frames, letters, blank=blank, zero_infinity=True)

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return word errors, words, deletions and insertions of each utterance."""
        with torch.no_grad(), nullcontext() if original else self.model.gates():
            texts = [self.model.tokenizer.decode(self._logits(index).argmax(-1)) for index in indices]
        return self.model.count_word_errors([self.material.texts[index] or "" for index in indices], texts)

    def _logits(self, index: int) -> Tensor:
        """Return the scores of letters, `[T, V]`."""
        whole: Any = self.model.source.whole
        logits: Tensor = whole(**self.model.source.encoder.inputs([self.material.waves[index]])).logits[0]
        return logits

    def _letters(self, text: str) -> list[int]:
        spelled = text.upper() if "A" in self.model.tokenizer.get_vocab() else text.lower()
        return list(self.model.tokenizer(spelled).input_ids)


def _make(model: GatedModel, material: Material) -> CtcTask:
    if not type(model.source.whole).__name__.endswith("ForCTC") or model.tokenizer is None:
        raise InputError(
            f"expected a model with a CTC head and a tokenizer, found {model.name} "
            f"({type(model.source.whole).__name__}); take another model or --objective"
        )
    if not material.has_texts:
        raise InputError(f"expected a text for every utterance of {material.name}; add files .txt next to the audio")
    return CtcTask(model, material)


OBJECTIVE = Objective("ctc", "The labelled text, by the CTC head of the model.", "word error rate", _make)
