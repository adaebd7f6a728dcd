"""A run's own model, listening again: maps that were not stored, and what changes when heads are switched off."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from threading import Lock
from time import perf_counter

import numpy as np
from lhotse import MonoCut

from otoscope.analysis.stored_maps import Labels, check_model, cuts_of, labels
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.results import Run
from otoscope.viewer.ablation import Ablated, Heard, changes, listen, moved
from otoscope.viewer.live_probes import Judges

ReceiveMap = Callable[[int, int, np.ndarray], None]
"""Given a layer, a head and its map `[T, T]`."""


class Live:
    """A model beside the run that it made; it does one thing at a time, whoever asks."""

    def __init__(self, run: Run, encoder: Encoder) -> None:
        """Nothing is heard yet."""
        self.run = run
        self.encoder = encoder
        self._lock = Lock()
        self._whole: dict[str, Heard] = {}
        self._judges = Judges(encoder, lambda: self.cuts, self._lock)

    @cached_property
    def cuts(self) -> dict[str, MonoCut]:
        """The cuts of the run's corpus by id. Raises InputError where the corpus is gone or has changed."""
        return {cut.id: cut for cut in cuts_of(self.run)}

    def cut(self, utterance: str) -> MonoCut:
        """The cut of an utterance. Raises InputError where the corpus has none of that id any more."""
        if utterance not in self.cuts:
            raise InputError(f"the corpus of {self.run.path} has no utterance '{utterance}' any more")
        return self.cuts[utterance]

    def labels(self, utterance: str) -> tuple[Labels, Labels]:
        """Phones and words of an utterance: symbol, start and end in seconds."""
        cut = self.cut(utterance)
        return labels(cut, "phone"), labels(cut, "word")

    def maps(self, utterance: str, receive: ReceiveMap, layers: Collection[int] | None = None) -> None:
        """Give `receive` the attention of an utterance, one head after the other, of some layers or of all."""
        wave = self.encoder.wave(self.cut(utterance))
        with self._lock:
            self.encoder.each_map(wave, receive, layers)

    def ablate(self, utterance: str, removed: Collection[tuple[int, int]], radius: int | None) -> Ablated:
        """Run an utterance whole, and again without some heads or within a span of `radius` frames, and compare.

        Raises:
            InputError: there is no such head or utterance.
        """
        cut = self.cut(utterance)
        wave = self.encoder.wave(cut)
        with self._lock:
            began = perf_counter()
            before = self._intact(cut, wave)
            with self.encoder.without_heads(removed), self._span(radius):
                after = listen(self.encoder, wave)
        both = [self._judges.scores(utterance, heard.final_td) for heard in (before, after)]
        return Ablated(moved(before, after), changes(*both), self._judges.missing, perf_counter() - began)

    def _intact(self, cut: MonoCut, wave: np.ndarray) -> Heard:
        """What the whole model says of an utterance; the last one is kept."""
        if cut.id not in self._whole:
            self._whole = {cut.id: listen(self.encoder, wave)}
            self._judges.hear(cut, wave, self._whole[cut.id].final_td)
        return self._whole[cut.id]

    def _span(self, radius: int | None) -> AbstractContextManager[object]:
        return nullcontext() if radius is None else self.encoder.span(radius)


def open_live(run: Run, model: str) -> Live:
    """Load the model of a run, by whatever name it goes now.

    Raises:
        InputError: it cannot be loaded, or is not the model that made the run.
    """
    encoder = load(model, dtype=run.plan["model"]["dtype"])
    check_model(run, encoder)
    return Live(run, encoder)
