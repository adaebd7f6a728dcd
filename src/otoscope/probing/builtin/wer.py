"""How many words does the whole model transcribe wrongly? For models with a decoder or a CTC head; needs texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from otoscope.corpus.transcript import texts_of
from otoscope.decoders.ctc import LetterReader, is_saved_with_ctc, make_letter_reader
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.decoders.transcription import check_generation, transcribe_waves
from otoscope.decoders.word_errors import Normalizer, text_normalizer, word_errors
from otoscope.models.capture import default_handler, forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Probe
from otoscope.probing.texts import check_texts
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class WordErrorScorer:
    """Score by word errors of what the model's own decoder or CTC head makes of its encoder.

    Attributes:
        data: the speech, and the encoder with the interventions in force.
        reader: the decoder, which reads the encoder's output again, or the CTC head, which reads hidden states.
        seeds: number of seeds of trained probes; all of them have the same score.
    """

    data: ProbeData
    reader: Transcriber | LetterReader
    seeds: int

    @cached_property
    def references(self) -> list[str]:
        """The text of each utterance; empty without one."""
        return texts_of(self.data.speech.cuts)

    @cached_property
    def normalize(self) -> Normalizer:
        """How both texts are spelled before their words are compared."""
        return self.reader.normalize if isinstance(self.reader, LetterReader) else text_normalizer(self.reader)

    @cached_property
    def count(self) -> Floats:
        """The number of words of each utterance."""
        return np.array([self._errors(index, "")[1] for index in range(len(self.references))], float)

    @cached_property
    def majority(self) -> Floats:
        """NaN: no text is the commonest."""
        return np.full((self.seeds, len(self.references)), np.nan)

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Return the word errors of an utterance."""
        if not self.count[index]:
            return np.zeros(self.seeds)
        return np.full(self.seeds, float(self._errors(index, self.transcript(index, hidden_td))[0]))

    def text_totals(self, texts: Sequence[str]) -> Floats:
        """Return the word errors `[seed, utterance]` of the texts of all utterances."""
        return self._text_errors(range(len(texts)), texts)

    def window_totals(self, places: Sequence[int], windows: Sequence[Tensor]) -> Floats:
        """Return the word errors `[seed, utterance]` of what the model makes of some utterances.

        Args:
            places: of the utterances.
            windows: final hidden states `[T, d]` of each, as a decoder reads them; it writes their texts together.
        """
        states = {index: window for index, window in zip(places, windows, strict=True) if self.count[index]}
        if isinstance(self.reader, LetterReader):
            texts = [self.reader.text(window) for window in states.values()]
        else:
            waves = [self.data.speech.waves[index] for index in states]
            texts = transcribe_waves(self.reader, waves, list(states.values()))
        written = dict(zip(states, texts, strict=True))
        return self._text_errors(places, [written.get(index, "") for index in places])

    def transcript(self, index: int, hidden_td: Tensor) -> str:
        """Return what the model transcribes of an utterance, with the interventions in force."""
        if isinstance(self.reader, LetterReader):
            return self.reader.text(hidden_td)
        encoder, wave = self.data.encoder, self.data.speech.waves[index]
        encoded = forward_with_handler(encoder, [wave], partial(default_handler, encoder))
        return transcribe_waves(self.reader, [wave], [encoded[0]])[0]

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the word error rate; it has no gradient."""
        return torch.tensor(self.total(index, hidden_td).mean() / max(self.count[index], 1))

    def _text_errors(self, places: Sequence[int], texts: Sequence[str]) -> Floats:
        pairs = zip(places, texts, strict=True)
        errors = [self._errors(index, text)[0] if self.count[index] else 0 for index, text in pairs]
        return np.tile(np.array(errors, float), (self.seeds, 1))

    def _errors(self, index: int, text: str) -> tuple[int, int]:
        errors = word_errors(self.normalize, self.references[index], text)
        return errors.errors, errors.words


def _reader(encoder: Encoder) -> Transcriber | LetterReader:
    """Return what reads texts from an encoder.

    Raises:
        InputError: the model has neither a decoder nor a CTC head, or no tokenizer.
    """
    if is_saved_with_ctc(encoder):
        return make_letter_reader(encoder)
    transcriber = load_transcriber(encoder.name, device=str(encoder.device))
    check_generation(transcriber)
    return transcriber


PROBE = Probe(
    name="wer",
    doc="Words that the whole model transcribes wrongly, greedily, over the words of the text.",
    metric="word error rate",
    label="word error rate",
    units="%",
    higher_is_better=False,
    trained=False,
    scorer=lambda data, training, cache: WordErrorScorer(data, _reader(data.encoder), training.seeds),
    check_model=_reader,
    check_cuts=partial(check_texts, "wer"),
    runs_model=True,
    scores_texts=True,
    is_task=True,
)
