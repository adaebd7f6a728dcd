"""What happens to words and to sounds without speech if a head of the decoder is removed.

Axes: r removal (the first is none), u utterance, s sound.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from torch import Tensor

from otoscope.analysis.decoder_example import SpokenCut
from otoscope.corpus.transcript import texts_of
from otoscope.decoders.ablation import DecoderHead, mean_contexts, without_decoder_heads
from otoscope.decoders.sounds import TextRule, has_text, has_words, sound_texts
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcriber import Transcriber
from otoscope.decoders.transcription import encode_waves, transcribe_waves
from otoscope.decoders.word_errors import text_normalizer, word_errors
from otoscope.errors import InputError
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats

Removal = frozenset[DecoderHead]
NOTHING: Removal = frozenset()


@dataclass(frozen=True, eq=False)
class EncodedAudio:
    """Waves `[samples]` of 16 kHz, and what the encoder makes of each, `[T, d]`."""

    waves: Sequence[np.ndarray]
    hidden: Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class EffectJob:
    """A model, speech with texts, and sounds without speech; the encoder runs once for all removals."""

    transcriber: Transcriber
    speech: LoadedSpeech
    sounds: Sequence[np.ndarray]
    is_mean: bool

    @cached_property
    def encoded_speech(self) -> EncodedAudio:
        """The speech after the encoder."""
        return EncodedAudio(self.speech.waves, encode_waves(self.transcriber, self.speech.waves))

    @cached_property
    def encoded_sounds(self) -> EncodedAudio:
        """The sounds after the encoder."""
        return EncodedAudio(self.sounds, encode_waves(self.transcriber, self.sounds))

    @cached_property
    def references(self) -> list[str]:
        """The text of each utterance; empty without one."""
        return texts_of(self.speech.cuts)

    @cached_property
    def means(self) -> Mapping[DecoderHead, Tensor] | None:
        """Mean contexts of all heads over the texts of the speech; None for ablation to zero."""
        if not self.is_mean:
            return None
        pairs = [pair for pair in zip(self.speech.waves, self.references, strict=True) if pair[1]]
        return mean_contexts(
            self.transcriber, [wave for wave, _ in pairs], [spell_text(self.transcriber, text) for _, text in pairs]
        )

    def spoken(self, count: int) -> list[SpokenCut]:
        """Return the first utterances with texts, `count` at most.

        Raises:
            InputError: no utterance has a text.
        """
        every = zip(self.speech.cuts, self.speech.waves, self.references, strict=True)
        with_text = islice(((cut, wave, text) for cut, wave, text in every if text), count)
        utterances = [SpokenCut(cut, wave, spell_text(self.transcriber, text)) for cut, wave, text in with_text]
        if not utterances:
            raise InputError("expected texts to measure word errors, found none in the corpus; add files .txt")
        return utterances

    def measure(self, removed: Collection[DecoderHead]) -> dict[str, Floats]:
        """Return word errors and words `[u]`, whether a text is empty `[u]`, and whether sounds have text `[s]`."""
        with without_decoder_heads(self.transcriber, removed, self.means):
            texts = transcribe_waves(self.transcriber, self.speech.waves, self.encoded_speech.hidden)
            counts = self._sound_counts()
        normalize = text_normalizer(self.transcriber)
        errors = [word_errors(normalize, *pair) for pair in zip(self.references, texts, strict=True)]
        measured = {
            "errors": [float(item.errors if item.words else 0) for item in errors],
            "words": [float(item.words) for item in errors],
            "is_empty": [float(not has_words(text)) for text in texts],
        }
        return {name: np.array(values) for name, values in (measured | counts).items()}

    def _sound_counts(self) -> dict[str, list[float]]:
        if not self.sounds:
            return {}
        texts = transcribe_waves(self.transcriber, self.sounds, self.encoded_sounds.hidden)
        counts = has_text(sound_texts(self.transcriber, texts, self.encoded_sounds.hidden))
        return {f"sound_{rule}": counts[rule].astype(float).tolist() for rule in TextRule}


def removals(heads: Sequence[DecoderHead]) -> list[Removal]:
    """Return what is removed in turn: nothing, each head, and each head index of a kind through all layers."""
    layers = {head.layer for head in heads}
    indices = sorted({(head.kind, head.head) for head in heads})
    through = [frozenset(head for head in heads if (head.kind, head.head) == index) for index in indices]
    return [NOTHING, *(frozenset({head}) for head in heads), *(through if len(layers) > 1 else [])]


def removal_place(removed: Removal) -> tuple[str, int, int]:
    """Return attention, layer and index of removed heads; -1 for several layers, and for nothing.

    >>> from otoscope.decoders.attention_modules import Kind
    >>> removal_place(frozenset({DecoderHead(Kind.cross, 1, 2)})), removal_place(NOTHING)
    (('cross', 1, 2), ('', -1, -1))
    """
    if not removed:
        return "", -1, -1
    first = min(removed)
    return str(first.kind), first.layer if len(removed) == 1 else -1, first.head
