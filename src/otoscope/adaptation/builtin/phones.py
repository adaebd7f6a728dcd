"""Labelled phones for an encoder: errors are frames whose phone a linear probe on its last layer classifies wrongly.

The probe is the one of least squares with a ridge, so that it has a closed form: gradients flow through the fit, and
no weights of the probe are learned by the search.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.objective import Objective
from otoscope.adaptation.ridge_probe import fit_ridge
from otoscope.errors import InputError
from otoscope.models.frame_times import frame_centres
from otoscope.phones import fold_phones, sort_phones
from otoscope.typing import Floats

NO_PHONE = -1


@dataclass(frozen=True)
class PhonesTask:
    """Fit the probe on the first half of a batch, and score it on the second."""

    model: GatedModel
    material: Material

    @cached_property
    def folded(self) -> list[str]:
        """Return the phone of each label, in order of the utterances."""
        return list(fold_phones(symbol for spans in self.material.phones for symbol, _, _ in spans).symbols)

    @cached_property
    def names(self) -> list[str]:
        """Return all phones of the material."""
        return list(sort_phones(self.folded))

    @cached_property
    def classes(self) -> list[Tensor]:
        """Return the phone at the centre of each frame `[T]`; -1 outside of all phones."""
        number_of = {name: number for number, name in enumerate(self.names)}
        numbers = iter([number_of[name] for name in self.folded])
        return [
            _classes(self._centres(index), [(next(numbers), start, end) for _, start, end in spans])
            for index, spans in enumerate(self.material.phones)
        ]

    def _centres(self, index: int) -> Floats:
        encoder = self.model.source.encoder
        return np.asarray(frame_centres(encoder, encoder.num_frames(self.material.waves[index])), float)

    def loss(self, indices: Sequence[int]) -> Tensor:
        """Return the squared error of the probe on half of the utterances, fitted on the other half."""
        half = max(len(indices) // 2, 1)
        weights = self._fit(indices[:half])
        features, targets = self._frames(indices[half:] or indices[:half])
        return (features @ weights - targets).square().sum(-1).mean()

    def errors(self, indices: Sequence[int], *, original: bool = False) -> Floats:
        """Return wrong frames and labelled frames of each utterance; the probe is fitted on the training part."""
        with torch.no_grad(), nullcontext() if original else self.model.gates():
            weights = self._fit(self.material.indices(Role.train).tolist())
            frames = [self._frames([index]) for index in indices]
            wrong = [(x @ weights).argmax(-1) != y.argmax(-1) for x, y in frames]
        return np.array([(int(each.sum()), len(each)) for each in wrong], float).reshape(-1, 2)

    def _fit(self, indices: Sequence[int]) -> Tensor:
        """Return the weights `[d + 1, C]` of the probe."""
        return fit_ridge([self._frames([index]) for index in indices])

    def _frames(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return features `[N, d + 1]`, a 1 last, and phones `[N, C]`, one-hot, of labelled frames."""
        features, targets = [], []
        for index in indices:
            hidden, classes = self.model.last_hidden(self.material, index), self.classes[index]
            count = min(len(hidden), len(classes))
            is_labelled = classes[:count] != NO_PHONE
            features.append(F.pad(hidden[:count][is_labelled], (0, 1), value=1.0))
            targets.append(F.one_hot(classes[:count][is_labelled], len(self.names)).float())
        return torch.cat(features), torch.cat(targets)


def _classes(seconds: Floats, spans: Sequence[tuple[int, float, float]]) -> Tensor:
    classes = np.full(len(seconds), NO_PHONE)
    for number, start, end in spans:
        classes[(seconds >= start) & (seconds < end)] = number
    return torch.from_numpy(classes)


def _make(model: GatedModel, material: Material) -> PhonesTask:
    if not all(material.phones) or not material.phones:
        raise InputError(
            f"expected phones for every utterance of {material.name}, found some without; add label files next to the "
            "audio, or take another --objective"
        )
    if not any(site.part == "encoder" for site in model.sites):
        raise InputError("--objective phones reads the encoder, whose heads are not gated; pass --gated encoder")
    return PhonesTask(model, material)


OBJECTIVE = Objective(
    "phones", "Phones, by a linear probe on the encoder.", "wrong frames", _make, chosen_by_error=True
)
