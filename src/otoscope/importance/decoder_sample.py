"""A sample of speech with texts on which the loss of a decoder is measured with heads removed.

The losses are `text`, minus the mean log probability of the tokens of the text, and `wer`, the word errors of what the
model writes over the words of the text. The first has gradients.

Axes: u utterance, l layer, h head.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from otoscope.corpus.transcript import text_of
from otoscope.decoders.ablation import DecoderHead, check_effects, mean_contexts, without_decoder_heads
from otoscope.decoders.attention_modules import DecoderLayer
from otoscope.decoders.attention_record import Head
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.text_loss import SpokenText, spell_text, spoken_texts, text_loss
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.units import DecoderPart
from otoscope.decoders.word_errors import text_normalizer, word_errors
from otoscope.errors import InputError
from otoscope.importance.head_grid import HeadGrid
from otoscope.importance.loss_sample import AblationLoss, Advance, spread_indices
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats


class DecoderSample:
    """A part of the speech that has texts, ready for the decoder.

    The only state are the caches of properties. Their first use fills them.

    Args:
        decoder: the intact model, and the heads that are removed.
        speech: the speech from which the sample is taken.
        loss_name: `text` or `wer`.
        budget: seconds of speech to take, spread evenly over the corpus, and how heads are removed.
    """

    def __init__(self, decoder: DecoderPart, speech: LoadedSpeech, loss_name: str, budget: SamplingBudget) -> None:
        """Store the sources; compute nothing yet."""
        self._transcriber, self._speech, self._units = decoder.transcriber, speech, decoder.units
        self.loss_name, self._budget = loss_name, budget

    @cached_property
    def references(self) -> dict[int, str]:
        """Return the texts of the utterances of the sample by their place in the speech.

        Raises:
            InputError: no utterance has a text.
        """
        texts = {index: text_of(cut) for index, cut in enumerate(self._speech.cuts)}
        with_text = {index: text for index, text in texts.items() if text}
        if not with_text:
            raise InputError(
                "expected texts to measure a decoder, found none in the corpus; add files .txt or choose --part encoder"
            )
        places = list(with_text)
        share = self._budget.seconds / sum(self._speech.cuts[index].duration for index in places)
        return {places[number]: with_text[places[number]] for number in spread_indices(len(places), share)}

    @cached_property
    def utterances(self) -> list[SpokenText]:
        """Return the utterances of the sample."""
        texts = [spell_text(self._transcriber, text) for text in self.references.values()]
        return spoken_texts(self._transcriber, [self._speech.waves[index] for index in self.references], texts)

    @cached_property
    def means(self) -> Mapping[DecoderHead, Tensor] | None:
        """Return the mean context of each head on the sample; None for ablation to zero."""
        if self._budget.ablation == "zero":
            return None
        waves, texts = [item.wave for item in self.utterances], [item.text for item in self.utterances]
        return mean_contexts(self._transcriber, waves, texts)

    def check(self) -> None:
        """Raise InputError if the removal of a unit does not change the output of the first utterance."""
        first = self.utterances[0]
        check_effects(self._transcriber, first.wave, first.text, self._units.members.values())

    def to_speech(self, rows: Floats) -> Floats:
        """Return values of the sample as values of all utterances `[u, ...]`, NaN outside of the sample."""
        rows_of_speech = np.full((len(self._speech.cuts), *rows.shape[1:]), np.nan)
        rows_of_speech[list(self.references)] = rows
        return rows_of_speech

    @cached_property
    def gradients(self) -> Floats:
        """Return the gradient of the loss by the gate of each unit, `[utterance of the sample, layer, head]`.

        Raises:
            InputError: the loss has no gradient.
        """
        if self.loss_name != "text":
            raise InputError(f"expected --loss text for a ranking by gradients, found {self.loss_name}")
        with progress("taking gradients", self.seconds) as on_progress:
            return np.stack([self._gradient(spoken, on_progress) for spoken in self.utterances])

    def loss_without(self, on_progress: Advance) -> AblationLoss:
        """Return the loss as a function of removed units, without a display of progress."""
        return AblationLoss(partial(self._rows, on_progress))

    @contextmanager
    def ablation_loss(self, max_calls: int) -> Iterator[AblationLoss]:
        """Provide the loss as a function of removed units, with progress; it is called `max_calls` times at most."""
        with progress("removing heads", max_calls * self.seconds) as on_progress:
            yield self.loss_without(on_progress)

    @property
    def seconds(self) -> float:
        """Return the seconds of speech of the sample."""
        return sum(self._speech.cuts[index].duration for index in self.references)

    def _rows(self, on_progress: Advance, units: Collection[Head]) -> Floats:
        """Return the loss of each utterance of the speech without some units, `[u]`."""
        with without_decoder_heads(self._transcriber, self._units.heads(units), self.means), torch.inference_mode():
            losses = self._error_rates() if self.loss_name == "wer" else self._text_losses()
        on_progress(self.seconds)
        return self.to_speech(np.array(losses))

    def _text_losses(self) -> list[float]:
        return [float(text_loss(self._transcriber, spoken)) for spoken in self.utterances]

    def _error_rates(self) -> list[float]:
        waves, hidden = [item.wave for item in self.utterances], [item.hidden for item in self.utterances]
        texts = transcribe_waves(self._transcriber, waves, hidden)
        normalize = text_normalizer(self._transcriber)
        errors = [word_errors(normalize, *pair) for pair in zip(self.references.values(), texts, strict=True)]
        return [item.errors / item.words if item.words else np.nan for item in errors]

    def _gradient(self, spoken: SpokenText, on_progress: Advance) -> Floats:
        gates = {
            layer: torch.ones(count, dtype=spoken.hidden.dtype, device=self._transcriber.model.device).requires_grad_()
            for layer, count in enumerate(self._units.layers)
        }

        def scale(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
            return context_bqhd * gates[place.layer][:, None] if place.kind is self._units.kind else context_bqhd

        with changed_contexts(self._transcriber, scale):
            slopes = torch.autograd.grad(text_loss(self._transcriber, spoken), list(gates.values()))
        on_progress(len(spoken.wave) / SAMPLING_RATE)
        slope_lh = HeadGrid(self._units.layers).pad([slope.double().cpu().numpy() for slope in slopes])
        return np.nansum(slope_lh, 0, keepdims=True) if self._units.is_through else slope_lh
