"""How often does the model's own classifier decide correctly? For models with such a head, on speech with its classes.

The classes are those of the model's configuration; the corpus names them as speakers or in a column such as `gender`.
A classifier of frames decides for each frame, and its score of an utterance is the share of correct frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor
from torch.nn import functional as F

from otoscope.corpus import speaker_of
from otoscope.corpus.speaker_metadata import SPEAKER_METADATA, metadata_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.whole_model import class_scores, run_whole, whole_model
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Probe
from otoscope.typing import Floats, Ints

ENDINGS = ("ForSequenceClassification", "ForAudioClassification", "ForXVector", "ForAudioFrameClassification")
NO_CLASS = -1


@dataclass(frozen=True, eq=False)
class DecisionScorer:
    """Score by the decisions of the model's own classifier, with the interventions in force.

    Attributes:
        data: the speech, and the encoder.
        whole: the model around the encoder.
        classes: class of each utterance `[utterance]`; -1 without one.
        seeds: number of seeds of trained probes; all of them have the same score.
    """

    data: ProbeData
    whole: Any
    classes: Ints
    seeds: int

    @cached_property
    def count(self) -> Floats:
        """1 for each utterance with a class."""
        return (self.classes != NO_CLASS).astype(float)

    @cached_property
    def majority(self) -> Floats:
        """Whether the commonest class is that of each utterance."""
        commonest = np.bincount(self.classes[self.classes != NO_CLASS]).argmax()
        return np.tile((self.classes == commonest).astype(float), (self.seeds, 1))

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Return 1 if the model decides correctly, or the share of frames for which it does."""
        if not self.count[index]:
            return np.zeros(self.seeds)
        is_correct = self._logits(index).argmax(-1) == self.classes[index]
        return np.full(self.seeds, float(is_correct.double().mean()))

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the cross-entropy, of frames their mean; it has no gradient."""
        logits = self._logits(index)
        logits_nc = logits.reshape(-1, logits.shape[-1])
        return F.cross_entropy(logits_nc, torch.full((len(logits_nc),), int(self.classes[index])))

    def _logits(self, index: int) -> Tensor:
        wave = self.data.speech.waves[index]
        return class_scores(self.whole, run_whole(self.data.encoder, self.whole, [wave]))[0].float().cpu()


def classifier_of(encoder: Encoder) -> Any:
    """Return the whole model of an encoder.

    Raises:
        InputError: it has no classifier of utterances or frames.
    """
    whole = whole_model(encoder)
    if not type(whole).__name__.endswith(ENDINGS):
        raise InputError(
            f"expected a model that classifies utterances, found {encoder.name} ({type(whole).__name__}); take a model "
            f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, or another probe"
        )
    return whole


def is_saved_as_classifier(encoder: Encoder) -> bool:
    """Return whether the folder of an encoder holds a classifier of utterances or frames, by its configuration."""
    return any(name.endswith(ENDINGS) for name in getattr(encoder.model.config, "architectures", None) or ())


def class_numbers(cuts: Sequence[MonoCut], config: Any) -> Ints:
    """Return the class of each cut among those of a model, -1 without one: by the first column that names them.

    Raises:
        InputError: no column of the corpus names classes of the model.
    """
    number_of = {str(name).casefold(): int(number) for name, number in config.label2id.items()}
    columns = {"speaker": [speaker_of(cut) for cut in cuts]}
    columns |= {name: [metadata_of(cut).get(name) for cut in cuts] for name in SPEAKER_METADATA}
    for names in columns.values():
        stated = [name.casefold() for name in names if name]
        if stated and all(name in number_of for name in stated):
            return np.array([number_of[name.casefold()] if name else NO_CLASS for name in names])
    raise InputError(
        f"expected the classes of the model ({', '.join(list(config.label2id)[:4])}) as {', '.join(columns)} of the "
        "corpus, found others; rename them, or choose another probe than 'accuracy'"
    )


def _scorer(data: ProbeData, seeds: int) -> DecisionScorer:
    whole = classifier_of(data.encoder)
    return DecisionScorer(data, whole, class_numbers(data.speech.cuts, whole.config), seeds)


PROBE = Probe(
    name="accuracy",
    doc="Utterances that the model's own classifier assigns to the class that the corpus states.",
    metric="accuracy",
    label="accuracy of the model",
    units="%",
    higher_is_better=True,
    trained=False,
    scorer=lambda data, training, cache: _scorer(data, training.seeds),
    check_model=classifier_of,
    runs_model=True,
    is_task=True,
)
