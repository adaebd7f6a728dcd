"""Probes of the live model: its own prediction head, and a phone probe that is trained in a thread."""

from collections.abc import Callable, Mapping
from threading import Lock, Thread

import numpy as np
from lhotse import MonoCut
from torch import Tensor

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.phones import Folding
from otoscope.probing.builtin import phone, reconstruction
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.scorer import Probe, Scorer
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.viewer.schema import MissingProbe

MAX_TRAINING_SECONDS = 30 * 60.0  # of speech: training on more takes longer than a user waits
TRAINING = Training(seeds=1)
PROBES = (reconstruction.PROBE, phone.PROBE)
PHONE = phone.PROBE.name

Cuts = Callable[[], Mapping[str, MonoCut]]


class LiveProbes:
    """Scores of an utterance's final hidden states by each probe, and the reason for each probe without a score.

    The phone probe is trained on the corpus in a thread. Only that thread and `prepare_utterance` change the state.
    """

    def __init__(
        self, encoder: Encoder, cuts: Cuts, model_lock: Lock, phones: Folding = "auto", *, train: bool = True
    ) -> None:
        """Prepare the training, if `train`; it holds `model_lock` while the model runs, one batch at a time."""
        self._encoder, self._cuts, self._model_lock = encoder, cuts, model_lock
        self._phones = phones
        self._scorers: dict[str, tuple[Scorer, dict[str, int]]] = {}
        self._missing = {
            PHONE: MissingProbe(PHONE, "the probe is still in training on the speech of this run", pending=True)
        }
        self._training = Thread(target=self._train, daemon=True) if train else None
        self._start_lock = Lock()

    def start(self) -> None:
        """Start the training at the first call: until a score is needed, the model computes maps for the user."""
        with self._start_lock:
            if self._training is not None and self._training.ident is None:
                self._training.start()

    def wait(self) -> None:
        """Wait until the training has ended."""
        self.start()
        if self._training is not None:
            self._training.join()

    @property
    def missing(self) -> list[MissingProbe]:
        """Probes without a score, each with the reason."""
        return list(self._missing.values())

    def prepare_utterance(self, cut: MonoCut, wave: np.ndarray, intact_td: Tensor) -> None:
        """Prepare the probes that need only this utterance; `intact_td` are the final states of the intact model."""
        material = ProbeData(self._encoder, LoadedSpeech([cut], [wave], []), [intact_td], "")
        self._prepare(reconstruction.PROBE, material)

    def scores(self, utterance: str, hidden_td: Tensor) -> dict[str, float]:
        """Return the score of each probe that has one for this utterance."""
        scores = {}
        for name, (scorer, index_of) in list(self._scorers.items()):
            index = index_of.get(utterance)
            if index is not None and scorer.count[index]:
                scores[name] = float(scorer.total(index, hidden_td).mean() / scorer.count[index])
        return scores

    def _train(self) -> None:
        try:
            cuts = list(self._cuts().values())
            if (seconds := sum(cut.duration for cut in cuts)) > MAX_TRAINING_SECONDS:
                raise InputError(
                    f"expected at most {MAX_TRAINING_SECONDS / 60:.0f} minutes of speech to train a probe in the "
                    f"viewer, found {seconds / 60:.0f} minutes; use otoscope probe"
                )
            waves = [self._encoder.load_wave(cut) for cut in cuts]
            speech = LoadedSpeech(cuts, waves, [], self._phones)
            material = collect_hidden_states(self._encoder, speech, self._model_lock)
        except InputError as error:
            self._missing[PHONE] = MissingProbe(PHONE, str(error), pending=False)
        else:
            self._prepare(phone.PROBE, material)

    def _prepare(self, probe: Probe, material: ProbeData) -> None:
        try:
            scorer = probe.scorer(material, TRAINING, open_cache())
        except InputError as error:
            self._missing[probe.name] = MissingProbe(probe.name, str(error), pending=False)
        else:
            self._scorers[probe.name] = scorer, {cut.id: index for index, cut in enumerate(material.speech.cuts)}
            self._missing.pop(probe.name, None)
