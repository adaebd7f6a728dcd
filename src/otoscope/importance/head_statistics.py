"""Statistics of the heads of a model as a source of scores: from a run of analyze, or measured at first use."""

from functools import cached_property
from typing import Protocol

import numpy as np

from otoscope.analysis.shards import ShardOptions, measure
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import accumulator, available_statistics
from otoscope.statistics.accumulator import Final
from otoscope.typing import Floats


class StatisticSource(Protocol):
    """The means of statistics over utterances, and the value of each utterance, as rankings read them."""

    @property
    def corpus_fingerprint(self) -> str | None: ...  # noqa: D102

    def mean(self, name: str) -> Floats: ...  # noqa: D102

    def rows(self, name: str) -> Floats: ...  # noqa: D102


class CorpusStatistics:
    """The means of statistics over utterances.

    The only state is the cache of the measurement, which the first call of `mean` fills; nothing empties it.

    Args:
        encoder: the intact model.
        speech: the speech to measure.
        run: a run of analyze with this model, whose values are used instead.
    """

    def __init__(self, encoder: Encoder, speech: LoadedSpeech, run: Run | None = None) -> None:
        """Store the sources; measure nothing yet."""
        self._encoder, self._speech, self._run = encoder, speech, run

    @property
    def corpus_fingerprint(self) -> str | None:
        """Return the fingerprint of the corpus of the run of analyze, or None without a run."""
        return None if self._run is None else str(self._run.plan["corpus"]["fingerprint"])

    def mean(self, name: str) -> Floats:
        """Return the mean of a statistic over utterances, `[layer, head]`."""
        return self._measured.mean[name] if self._run is None else self._run.dataset[name].values

    def rows(self, name: str) -> Floats:
        """Return a statistic of each utterance of the speech, `[utterance, layer, head]`.

        The mean `[layer, head]` if it comes from a run on other utterances.
        """
        if self._run is None:
            return self._measured.rows[name]
        utterances = self._run.utterances
        is_same = list(utterances.index) == [cut.id for cut in self._speech.cuts] and np.allclose(
            utterances["duration"], [cut.duration for cut in self._speech.cuts]
        )
        return self._run.dataset[f"{name}_rows"].values if is_same else self.mean(name)

    @cached_property
    def _measured(self) -> Final:
        scalar = {name: statistic for name, statistic in available_statistics().items() if not statistic.dims}
        with progress("measuring heads", self._speech.seconds) as on_progress:
            cuts = list(enumerate(self._speech.cuts))
            result = measure(self._encoder, cuts, scalar, ShardOptions(strict=True, on_progress=on_progress))
        return accumulator.finalize(result.state)
