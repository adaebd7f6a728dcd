"""Probes that listen along with a model: its own prediction head, and a phone probe that is trained meanwhile."""

from collections.abc import Callable, Mapping
from threading import Lock, Thread

import numpy as np
from lhotse import MonoCut
from torch import Tensor

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing.builtin import phone, reconstruction
from otoscope.probing.cache import cache_at
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import Material, gather
from otoscope.probing.scorer import Probe, Scorer
from otoscope.runs.speech_source import Speech

LONGEST = 30 * 60.0  # seconds of speech on which a probe is trained while somebody waits
TRAINING = Training(seeds=1)
PROBES = (reconstruction.PROBE, phone.PROBE)

Cuts = Callable[[], Mapping[str, MonoCut]]


class Judges:
    """Scores of an utterance's final hidden states by each probe that there is, and why there is no other.

    The phone probe is trained on the corpus in a thread of its own; whoever asks before is told so.
    """

    def __init__(self, encoder: Encoder, cuts: Cuts, hearing: Lock) -> None:
        """Begin to train; `hearing` is held while the model runs, a batch at a time."""
        self._encoder, self._cuts, self._hearing = encoder, cuts, hearing
        self._scorers: dict[str, tuple[Scorer, dict[str, int]]] = {}
        self._missing = {"phone": "the probe is still being trained on this run's speech"}
        self.training = Thread(target=self._train, daemon=True)
        self.training.start()

    @property
    def missing(self) -> list[str]:
        """Probes that cannot be asked, and why."""
        return [f"{name}: {why}" for name, why in self._missing.items()]

    def hear(self, cut: MonoCut, wave: np.ndarray, intact_td: Tensor) -> None:
        """Prepare to score an utterance of which these are the intact model's final hidden states."""
        alone = Material(self._encoder, Speech([cut], [wave], []), [intact_td], "")
        self._prepare(reconstruction.PROBE, alone)

    def scores(self, utterance: str, hidden_td: Tensor) -> dict[str, float]:
        """The score of each probe that can be asked about this utterance."""
        found = {}
        for name, (scorer, place_of) in list(self._scorers.items()):
            index = place_of.get(utterance)
            if index is not None and scorer.count[index]:
                found[name] = float(scorer.total(index, hidden_td).mean() / scorer.count[index])
        return found

    def _train(self) -> None:
        try:
            cuts = list(self._cuts().values())
            if (seconds := sum(cut.duration for cut in cuts)) > LONGEST:
                raise InputError(f"{seconds / 60:.0f} minutes of speech are too many to train on while somebody waits")
            speech = Speech(cuts, [self._encoder.wave(cut) for cut in cuts], [])
            material = gather(self._encoder, speech, self._hearing)
        except InputError as error:
            self._missing["phone"] = str(error)
        else:
            self._prepare(phone.PROBE, material)

    def _prepare(self, probe: Probe, material: Material) -> None:
        try:
            scorer = probe.scorer(material, TRAINING, cache_at())
        except InputError as error:
            self._missing[probe.name] = str(error)
        else:
            self._scorers[probe.name] = scorer, {cut.id: place for place, cut in enumerate(material.speech.cuts)}
            self._missing.pop(probe.name, None)
