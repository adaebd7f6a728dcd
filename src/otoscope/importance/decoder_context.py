"""What rankings of a decoder's heads read: measures of its attention, and its loss with heads removed."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from otoscope.corpus.transcript import text_of
from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.measures import measure_maps
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcriber import load_transcriber
from otoscope.decoders.transcription import check_generation
from otoscope.decoders.units import DecoderPart, decoder_units
from otoscope.errors import InputError
from otoscope.importance.decoder_sample import DecoderSample
from otoscope.importance.head_grid import HeadGrid
from otoscope.importance.options import DECODER_LOSSES, RankingOptions
from otoscope.importance.ranking import SeededRanking
from otoscope.importance.ranking_context import RankingContext
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.encoder import Encoder
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics.accumulator import mean_of_defined
from otoscope.typing import Floats

MEASURE_OF = {"globalness": "entropy", "weight": "peak"}
"""Statistics of encoder heads that have the same definition as a measure of decoder attention."""


class DecoderStatistics:
    """The means of measures over utterances with texts. The only state is the cache of the measurement.

    Args:
        decoder: the intact model and the heads.
        speech: the speech to measure.
    """

    corpus_fingerprint = None

    def __init__(self, decoder: DecoderPart, speech: LoadedSpeech) -> None:
        """Store the sources; measure nothing yet."""
        self._transcriber, self._speech, self._units = decoder.transcriber, speech, decoder.units

    def mean(self, name: str) -> Floats:
        """Return the mean of a statistic over utterances, `[layer, head]`."""
        return mean_of_defined(self.rows(name))

    def rows(self, name: str) -> Floats:
        """Return a statistic of each utterance, `[utterance, layer, head]`; NaN without a text.

        Raises:
            InputError: no measure of decoder attention has the definition of the statistic.
        """
        if name not in MEASURE_OF:
            raise InputError(
                f"expected a ranking that is defined for decoders, found '{name}'; choose {', '.join(MEASURE_OF)}, "
                "random, or one that needs a loss"
            )
        return self._measured[MEASURE_OF[name]]

    @cached_property
    def _measured(self) -> Mapping[str, Floats]:
        with progress("measuring heads", self._speech.seconds) as on_progress:
            rows = []
            for index, cut in enumerate(self._speech.cuts):
                rows.append(self._utterance(index))
                on_progress(cut.duration)
        return {name: np.stack([row[name] for row in rows]) for name in MEASURE_OF.values()}

    def _utterance(self, index: int) -> dict[str, Floats]:
        grid = HeadGrid(self._units.layers)
        text = text_of(self._speech.cuts[index])
        if not text:
            return dict.fromkeys(MEASURE_OF.values(), self._units_of(grid.to_array([np.nan] * len(grid.heads))))
        heads = {kind: None if kind is self._units.kind else () for kind in Kind}
        (maps,) = capture_decoder(
            self._transcriber,
            [self._speech.waves[index]],
            [spell_text(self._transcriber, text)],
            cross=heads[Kind.cross],
            own=heads[Kind.own],
        )
        values = measure_maps(maps, self._units.kind)
        return {
            name: self._units_of(grid.to_array([values[name][head] for head in grid.heads]))
            for name in MEASURE_OF.values()
        }

    def _units_of(self, value_lh: Floats) -> Floats:
        """Return the values of units: those of heads, or their mean over layers."""
        return mean_of_defined(value_lh)[None] if self._units.is_through else value_lh


def decoder_context(
    encoder: Encoder,
    speech: LoadedSpeech,
    options: RankingOptions,
    budget: SamplingBudget,
    rankings: Mapping[str, SeededRanking],
) -> RankingContext:
    """Return the context of rankings of a decoder's heads, after a check that each removal changes the output.

    Raises:
        InputError: the model has no decoder or no tokenizer, the corpus has no texts, or a removal changes nothing.
    """
    decoder = load_decoder_part(encoder, options.part, is_through=options.through_layers)
    statistics = DecoderStatistics(decoder, speech)
    sample = None
    if any(seeded.ranking.needs_loss for seeded in rankings.values()):
        name = DECODER_LOSSES[0] if options.loss == "auto" else options.loss
        sample = DecoderSample(decoder, speech, name, budget)
        sample.check()
    return RankingContext(encoder, speech, statistics, sample, budget, decoder)


def load_decoder_part(encoder: Encoder, part: str, *, is_through: bool = False) -> DecoderPart:
    """Return the whole model of an encoder, and the heads of a part of its decoder: `self` or `cross`.

    Raises:
        InputError: it has no decoder or no tokenizer, or cannot generate a text.
    """
    transcriber = load_transcriber(encoder.name, device=str(encoder.device))
    check_generation(transcriber)
    return DecoderPart(transcriber, decoder_units(transcriber, Kind(part), is_through=is_through))
