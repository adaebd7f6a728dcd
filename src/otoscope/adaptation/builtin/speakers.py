"""Speakers for an encoder: errors are utterances whose speaker a linear probe on the mean of its last layer confuses.

Speakers that validate or test are others than those that train, so that the probe is fitted within a part: on every
second utterance of each speaker, and scored on the others, and the reverse.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import VERBS, Material, Role
from otoscope.adaptation.objective import Objective
from otoscope.adaptation.ridge_probe import fit_ridge
from otoscope.errors import InputError
from otoscope.typing import Floats, Ints

SHARPNESS = 10.0


@dataclass(frozen=True)
class SpeakersTask:
    """Separate the speakers of a batch: an utterance is nearer to another one of its speaker than to the others'."""

    model: GatedModel
    material: Material

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the cross-entropy of the speaker of each utterance among the speakers of the batch, by cosines."""
        first = list({self.material.groups[index]: index for index in indices}.values())
        both = self._features([*first, *map(self._partner, first)])
        mine, other = F.normalize(both - both.mean(0), dim=1).chunk(2)
        return F.cross_entropy(SHARPNESS * mine @ other.T, torch.arange(len(first)))

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return whether the speaker of each utterance is confused, and 1; zeros for a speaker's only utterance."""
        speakers = np.unique([self.material.groups[index] for index in indices], return_inverse=True)[1]
        half = _places(speakers) % 2
        with torch.no_grad(), nullcontext() if original else self.model.gates():
            features = F.pad(self._features(indices), (0, 1), value=1.0)
        targets = F.one_hot(torch.from_numpy(speakers)).float()
        wrong = np.zeros(len(indices))
        for fold in (0, 1):
            weights = fit_ridge([(features[half != fold], targets[half != fold])])
            wrong[half == fold] = (features[half == fold] @ weights).argmax(1).numpy() != speakers[half == fold]
        is_possible = np.bincount(speakers)[speakers] > 1
        return np.stack([wrong * is_possible, is_possible], axis=1).astype(float)

    def _features(self, indices: Sequence[int]) -> Tensor:
        """Return the mean over frames of each utterance `[N, d]`."""
        return torch.stack([self.model.last_hidden(self.material, index).mean(0) for index in indices])

    def _partner(self, index: int) -> int:
        """Return the next utterance of the same speaker."""
        own = [at for at, group in enumerate(self.material.groups) if group == self.material.groups[index]]
        return own[(own.index(index) + 1) % len(own)]


def _places(speakers: Ints) -> Ints:
    """Return the place of each utterance among those of its speaker."""
    return np.array([int((speakers[:at] == speaker).sum()) for at, speaker in enumerate(speakers)])


def _make(model: GatedModel, material: Material) -> SpeakersTask:
    for role in Role:
        counts = Counter(material.groups[index] for index in material.indices(role))
        repeated = sum(count > 1 for count in counts.values())
        if repeated < 2:
            raise InputError(
                f"expected two speakers or more with two utterances each in {material.name} to {VERBS[role]}, found "
                f"{repeated}; add speech, or raise --gate-utterances"
            )
    if not any(site.part == "encoder" for site in model.sites):
        raise InputError("--objective speakers reads the encoder, whose heads are not gated; pass --gated encoder")
    return SpeakersTask(model, material)


OBJECTIVE = Objective(
    "speakers", "Speakers, by a linear probe on the encoder.", "confused utterances", _make, chosen_by_error=True
)
