"""Statistics of the heads of a model as a source of scores: from a run of analyze, or measured at first use."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from otoscope.analysis.shards import ShardOptions, index_batches, measure
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import available_statistics
from otoscope.statistics.accumulator import mean_of_defined
from otoscope.typing import Floats


class StatisticSource(Protocol):
    """The means of statistics over utterances, and the value of each utterance, as rankings read them."""

    @property
    def corpus_fingerprint(self) -> str | None: ...  # noqa: D102

    def mean(self, name: str) -> Floats: ...  # noqa: D102

    def rows(self, name: str) -> Floats: ...  # noqa: D102


class CorpusStatistics:
    """The means of statistics over utterances.

    The only state are the rows of the measurement, which `fill` or the first use stores; nothing empties them.

    Args:
        encoder: the intact model.
        speech: the speech to measure.
        run: a run of analyze with this model, whose values are used instead.
    """

    def __init__(self, encoder: Encoder, speech: LoadedSpeech, run: Run | None = None) -> None:
        """Store the sources; measure nothing yet."""
        self._encoder, self._speech, self._run = encoder, speech, run
        self._rows: dict[str, Floats] = {}

    @property
    def corpus_fingerprint(self) -> str | None:
        """Return the fingerprint of the corpus of the run of analyze, or None without a run."""
        return None if self._run is None else str(self._run.plan["corpus"]["fingerprint"])

    def mean(self, name: str) -> Floats:
        """Return the mean of a statistic over utterances, `[layer, head]`."""
        return mean_of_defined(self._measured[name]) if self._run is None else self._run.dataset[name].values

    def rows(self, name: str) -> Floats:
        """Return a statistic of each utterance of the speech, `[utterance, layer, head]`.

        The mean `[layer, head]` if it comes from a run on other utterances.
        """
        if self._run is None:
            return self._measured[name]
        utterances = self._run.utterances
        is_same = list(utterances.index) == self._speech.ids and np.allclose(
            utterances["duration"], self._speech.durations
        )
        return self._run.dataset[f"{name}_rows"].values if is_same else self.mean(name)

    @property
    def missing_batches(self) -> list[list[int]]:
        """Return the places in the speech of the utterances of each batch that is to be measured."""
        if self._run is not None or self._rows:
            return []
        return list(index_batches(enumerate(self._speech.durations), self._encoder.padded_seconds))

    def seconds(self, batches: Sequence[Sequence[int]]) -> list[float]:
        """Return the seconds of speech of each batch."""
        seconds = self._speech.durations
        return [sum(seconds[index] for index in batch) for batch in batches]

    def measure_batch(self, batch: Sequence[int], on_progress: OnProgress) -> dict[str, Floats]:
        """Return each scalar statistic of the utterances of a batch, `[utterance of the batch, layer, head]`."""
        scalar = {name: statistic for name, statistic in available_statistics().items() if not statistic.dims}
        cuts = [(index, self._speech.cuts[index]) for index in batch]
        rows = measure(self._encoder, cuts, scalar, ShardOptions(strict=True, on_progress=on_progress)).state.rows
        return {name: np.stack([row_of[index] for index in batch]) for name, row_of in rows.items()}

    def fill(self, batches: Sequence[Sequence[int]], measured: Sequence[Mapping[str, Floats]]) -> None:
        """Store the statistics of all batches, in the order of the speech."""
        order = np.argsort(np.concatenate(batches))
        self._rows = {name: np.concatenate([rows[name] for rows in measured])[order] for name in measured[0]}

    @property
    def _measured(self) -> dict[str, Floats]:
        """Return the rows of each statistic; measure them here if `fill` has not stored any."""
        if batches := self.missing_batches:
            with progress("measuring heads", self._speech.seconds) as on_progress:
                self.fill(batches, [self.measure_batch(batch, on_progress) for batch in batches])
        return self._rows
