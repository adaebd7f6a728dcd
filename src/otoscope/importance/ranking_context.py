"""What a ranking reads: the heads of a model, their statistics, and the loss without some of them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np

from otoscope.decoders.units import DecoderPart
from otoscope.errors import InputError
from otoscope.importance.decoder_sample import DecoderSample
from otoscope.importance.head_grid import Head, HeadGrid
from otoscope.importance.head_statistics import CorpusStatistics, StatisticSource
from otoscope.importance.loss import Loss
from otoscope.importance.loss_sample import AblationLoss, LossSample
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.cache import Arrays
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.part_map import Items, PartMap
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats

ContextFunction = Callable[["RankingContext", Any, OnProgress], Arrays]
"""From context, item, and where to report seconds of audio, to arrays."""


@dataclass(frozen=True, eq=False)
class RankingContext:
    """What the `score` of a ranking receives. `make_context` returns one.

    Attributes:
        encoder: the intact model.
        speech: the speech on which rankings run.
        statistics: the means of statistics, which the first use of one measures.
        loss_sample: the loss on a part of the speech; None if no selected ranking needs one.
        budget: how often rankings that need the loss run the model.
        decoder: the decoder whose heads are ranked; None ranks those of the encoder.
        parts: where `map` computes and stores; None computes here and stores nothing.
    """

    encoder: Encoder
    speech: LoadedSpeech
    statistics: StatisticSource
    loss_sample: LossSample | DecoderSample | None
    budget: SamplingBudget
    decoder: DecoderPart | None = None
    parts: PartMap | None = None

    @property
    def grid(self) -> HeadGrid:
        """Return the heads that are ranked."""
        return HeadGrid(self.decoder.units.counts if self.decoder else self.encoder.n_heads)

    @property
    def heads(self) -> list[Head]:
        """Return all heads, layer by layer."""
        return self.grid.heads

    @property
    def loss_name(self) -> str | None:
        """Return the name of the loss, or None without one."""
        return None if self.loss_sample is None else self.loss_sample.loss_name

    @property
    def gradients(self) -> Floats:
        """Return the gradient of the loss by the gate of each head, `[utterance, layer, head]`.

        NaN for utterances that are not in the sample of `budget.seconds`.
        """
        sample = self._require_sample()
        if isinstance(sample, DecoderSample):
            return sample.to_speech(sample.gradients)
        items = Items("gradients", "taking gradients", range(len(sample.indices)), sample.batch_seconds)
        return sample.to_speech(np.concatenate([batch["gradient"] for batch in self.map(_gradients, items)]))

    def statistic(self, name: str) -> Floats:
        """Return the mean of a statistic over utterances, `[layer, head]`."""
        return self._measured.mean(name)

    def statistic_rows(self, name: str) -> Floats:
        """Return a statistic of each utterance, `[utterance, layer, head]`.

        The mean `[layer, head]` if it comes from a run of analyze on other utterances.
        """
        return self._measured.rows(name)

    @property
    def _measured(self) -> StatisticSource:
        """Return the statistics; those of an encoder, from no run, are measured on all batches of the speech."""
        source = self.statistics
        if isinstance(source, CorpusStatistics) and (batches := source.missing_batches):
            items = Items("statistics", "measuring heads", batches, source.seconds(batches))
            source.fill(batches, self.map(_statistics, items))
        return source

    def map(self, function: ContextFunction, items: Items) -> Sequence[Arrays]:
        """Return the arrays of each item, in the order of the items, computed on the executor of the command.

        Args:
            function: computes arrays from this context and an item; a function of a module, since workers receive it.
            items: the items, and the name of their folder among the shards of the run.
        """
        if self.parts is None:
            return [function(self, item, _ignore) for item in items.values]
        return self.parts.map(partial(_on_context, function), items)

    def losses_without(self, name: str, removals: Sequence[Sequence[Head]], *, is_shared: bool = True) -> Floats:
        """Return the loss of each utterance without each set of heads, `[set, utterance]`; NaN where not measured.

        Args:
            name: name of the folder of these losses among the shards of the run.
            removals: sets of heads to remove; an empty one is the intact model.
            is_shared: whether the tasks of a cluster share them out; otherwise every task computes all.
        """
        items = Items(name, "removing heads", removals, [self.sample_seconds] * len(removals), is_shared)
        return np.stack([part["loss"] for part in self.map(_losses, items)])

    @property
    def sample_seconds(self) -> float:
        """Return the seconds of speech on which the loss is measured."""
        return self._require_sample().seconds

    def loss_without(self, on_progress: OnProgress) -> AblationLoss:
        """Return the loss as a function of removed heads, without a display of progress."""
        return self._require_sample().loss_without(on_progress)

    def ablation_loss(self, max_calls: int) -> AbstractContextManager[AblationLoss]:
        """Provide the loss as a function of removed heads; it is called `max_calls` times at most."""
        return self._require_sample().ablation_loss(max_calls)

    def to_layer_head(self, values: Iterable[float | Floats]) -> Floats:
        """Return one value `[...]` for each of `heads` as an array `[..., layer, head]`."""
        return self.grid.to_array(values)

    def pad_heads(self, layers: Iterable[Floats]) -> Floats:
        """Return one array `[..., head]` per layer as one array `[..., layer, head]`, NaN for absent heads."""
        return self.grid.pad(layers)

    def _require_sample(self) -> LossSample | DecoderSample:
        if self.loss_sample is None:
            raise InputError("the ranking reads the loss of the model; set needs_loss=True in its RANKING")
        return self.loss_sample


def _on_context(function: ContextFunction, job: Any, item: Any, on_progress: OnProgress) -> Arrays:
    """Apply a function to the context of a job."""
    return function(job.context, item, on_progress)


def _gradients(context: RankingContext, batch: int, on_progress: OnProgress) -> Arrays:
    sample = cast(LossSample, context.loss_sample)
    return {"gradient": sample.batch_gradients(batch, on_progress)}


def _statistics(context: RankingContext, batch: Sequence[int], on_progress: OnProgress) -> Arrays:
    return cast(CorpusStatistics, context.statistics).measure_batch(batch, on_progress)


def _losses(context: RankingContext, heads: Sequence[Head], on_progress: OnProgress) -> Arrays:
    return {"loss": context.loss_without(on_progress).rows(heads)}


def _ignore(seconds: float) -> None:
    """Ignore progress."""


def make_context(
    encoder: Encoder,
    speech: LoadedSpeech,
    loss: Loss | None = None,
    budget: SamplingBudget | None = None,
    analyzed: Run | None = None,
) -> RankingContext:
    """Return the context of some rankings.

    Args:
        encoder: the intact model.
        speech: the speech on which rankings run.
        loss: the loss; None if no ranking needs one.
        budget: how often rankings that need the loss run the model.
        analyzed: a run of analyze with this model, whose statistics are used instead of measurements.
    """
    budget = budget or SamplingBudget()
    sample = None if loss is None else LossSample(encoder, speech, loss, budget)
    return RankingContext(encoder, speech, CorpusStatistics(encoder, speech, analyzed), sample, budget)
