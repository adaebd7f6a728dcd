"""Sums of votings for the utterances of a corpus; the model runs once per shift for all votings of an utterance."""

from collections.abc import Sequence

from lhotse import MonoCut

from otoscope.corpus import load_audio
from otoscope.models.encoder import Encoder
from otoscope.segmentation.shifted_features import SPECTRAL_RATE
from otoscope.segmentation.voters import Voting
from otoscope.segmentation.voting_sums import ScoredWindow, iter_windows, join_windows
from otoscope.typing import Floats


class VotingReader:
    """Sums of scores of several votings; the reader stores those of the last utterance.

    Attributes:
        encoder: the model.
        votings: the methods, all with the same number of shifts.
    """

    def __init__(self, encoder: Encoder, votings: Sequence[Voting]) -> None:
        """Read the features of the voters of some votings."""
        self.encoder, self.votings = encoder, votings
        self._cut: MonoCut | None = None
        self._windows: list[ScoredWindow] = []

    def sums(self, cut: MonoCut, voting: Voting, factors: Sequence[float]) -> Floats:
        """Return the smoothed sum `[factor, t]` of a voting for several factors of its betas."""
        if cut is not self._cut:
            waves = self.encoder.load_wave(cut), load_audio(cut, SPECTRAL_RATE)
            self._windows = list(iter_windows(self.encoder, waves, self.votings))
            self._cut = cut
        return join_windows(self._windows, voting, factors)
