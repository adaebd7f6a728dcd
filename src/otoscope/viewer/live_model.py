"""The model of a run: it computes maps that the run does not store, and the effect of removing heads."""

from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from time import perf_counter

import numpy as np
from lhotse import MonoCut

from otoscope.models.attention_maps import OnMap
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.results import Run
from otoscope.runs.run_config import require_same_model
from otoscope.viewer.ablation import ForwardStates, forward_states, hidden_change, score_changes
from otoscope.viewer.live_probes import LiveProbes
from otoscope.viewer.replacements import HeadReplacements
from otoscope.viewer.run_corpus import RunCorpus
from otoscope.viewer.schema import AblationResult


class LiveModel:
    """The model of a run; a lock lets one request at a time run it."""

    def __init__(self, run: Run, encoder: Encoder, corpus: RunCorpus, *, train_probes: bool = True) -> None:
        """Start to train the probes if `train_probes`; the model has not run yet."""
        self.encoder = encoder
        self.corpus = corpus
        self._lock = Lock()
        self._intact: dict[str, ForwardStates] = {}
        self._replacements = HeadReplacements(encoder, self._some_waves)
        phones = run.plan["corpus"].get("phones", "auto")
        self.probes = LiveProbes(encoder, self.corpus.cuts, self._lock, phones, train=train_probes)

    def maps(self, utterance: str, receive: OnMap, layers: Collection[int]) -> None:
        """Call `receive` with each head's attention in turn, for some layers."""
        wave = self.encoder.load_wave(self.corpus.cut(utterance, wait=True))
        with self._lock:
            self.encoder.visit_maps(wave, receive, layers)

    def ablate(
        self, utterance: str, removed: Collection[tuple[int, int]], radius: int | None, kind: str = "zero"
    ) -> AblationResult:
        """Run an utterance with the intact model and with an intervention, and compare.

        Args:
            utterance: id of the utterance.
            removed: heads to replace or to gate, as (layer, head).
            radius: largest distance of a key from its query, in frames; None sets no limit.
            kind: what replaces the heads, of `KIND_LABELS`, or `head-N`; `gate-...` gates them.

        Raises:
            InputError: the head or utterance does not exist, or the model does not allow the kind.
        """
        cut = self.corpus.cut(utterance, wait=True)
        wave = self.encoder.load_wave(cut)
        self.probes.start()
        with self._lock:
            start = perf_counter()
            before = self._intact_states(cut, wave)
            with self.encoder.intervene(*self._replacements.changes(kind, removed)), self._limit_span(radius):
                after = forward_states(self.encoder, wave)
        scores = [self.probes.scores(utterance, states.final_td) for states in (before, after)]
        changes = score_changes(*scores)
        return AblationResult(hidden_change(before, after), changes, self.probes.missing, perf_counter() - start)

    def _some_waves(self, most: int) -> list[np.ndarray]:
        """Return the waves of at most so many utterances of the run, evenly spread."""
        cuts = list(self.corpus.cuts().values())
        places = np.unique(np.linspace(0, len(cuts) - 1, min(most, len(cuts))).round().astype(int))
        return [self.encoder.load_wave(cuts[place]) for place in places]

    def _intact_states(self, cut: MonoCut, wave: np.ndarray) -> ForwardStates:
        """Return the states of the intact model; only those of the last utterance are cached."""
        if cut.id not in self._intact:
            self._intact = {cut.id: forward_states(self.encoder, wave)}
            self.probes.prepare_utterance(cut, wave, self._intact[cut.id].final_td)
        return self._intact[cut.id]

    def _limit_span(self, radius: int | None) -> AbstractContextManager[object]:
        return nullcontext() if radius is None else self.encoder.limit_span(radius)


def load_live_model(run: Run, model: str, corpus: RunCorpus, *, train_probes: bool = True) -> LiveModel:
    """Load the model of a run; its name or folder may differ from that in the run.

    Raises:
        InputError: the model cannot be loaded, or it did not make the run.
    """
    encoder = load(model, dtype=run.plan["model"]["dtype"])
    require_same_model(run, encoder)
    return LiveModel(run, encoder, corpus, train_probes=train_probes)
