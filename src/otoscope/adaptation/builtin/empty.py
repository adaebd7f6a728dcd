"""No text for sounds: the end token comes first after the prompt, or the blank of a CTC model everywhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material
from otoscope.adaptation.objective import Objective
from otoscope.typing import Floats

ENOUGH = math.log(0.8)
"""Log-probability of the end token, or the blank, beyond which nothing is asked."""


@dataclass(frozen=True)
class EmptyTask:
    """Raise the probability of the end token, or of the blank in each frame, to .8; an error: a sound with words.

    Every second sound of a batch is asked for with times, as long form does.
    """

    model: GatedModel
    material: Material

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return how far the end token is from being probable enough, mean over sounds."""
        if self.model.is_ctc:
            frames = [
                self.model.letter_log_probabilities(self.material, index)[:, self.model.blank] for index in indices
            ]
            return torch.stack([torch.relu(ENOUGH - blank).mean() for blank in frames]).mean()
        asked = [self.model.sequence("", with_times=bool(place % 2)) for place in range(len(indices))]
        rows = self.model.token_log_probabilities(self.material, indices, asked)
        return torch.stack([torch.relu(ENOUGH - logits[-1, self.model.transcriber.end]) for logits in rows]).mean()

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return 1 for a sound that gets words, and 1 for each sound."""
        texts = self.model.transcripts(self.material, indices, original=original)
        words = [bool(self.model.normalize(text).split()) for text in texts]
        return np.stack([words, np.ones(len(words))], axis=1).astype(float)


def _make(model: GatedModel, material: Material) -> EmptyTask:
    model.check_transcribes()
    return EmptyTask(model, material)


OBJECTIVE = Objective("empty", "No text for sounds without speech.", "sounds with words", _make, steps=50)
