"""What a ranking reads: the heads of a model, their statistics, and the loss without some of them."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

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
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats


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
    """

    encoder: Encoder
    speech: LoadedSpeech
    statistics: StatisticSource
    loss_sample: LossSample | DecoderSample | None
    budget: SamplingBudget
    decoder: DecoderPart | None = None

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
        return sample.to_speech(sample.gradients)

    def statistic(self, name: str) -> Floats:
        """Return the mean of a statistic over utterances, `[layer, head]`."""
        return self.statistics.mean(name)

    def statistic_rows(self, name: str) -> Floats:
        """Return a statistic of each utterance, `[utterance, layer, head]`.

        The mean `[layer, head]` if it comes from a run of analyze on other utterances.
        """
        return self.statistics.rows(name)

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
