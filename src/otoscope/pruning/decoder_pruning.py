"""The interventions of a schedule on the heads of a decoder: word errors of what the model writes without them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from torch import Tensor

from otoscope.attention.ablation_kinds import AblationKind
from otoscope.attention.interventions import Intervention
from otoscope.corpus.transcript import text_of
from otoscope.decoders.ablation import DecoderHead, mean_contexts, without_decoder_heads
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcription import encode_waves, transcribe_waves
from otoscope.decoders.units import DecoderPart
from otoscope.probing.probe_data import ProbeData
from otoscope.runs.executors.executor import OnProgress
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class DecoderPruning:
    """The speech on which heads of a decoder are removed, and the decoder."""

    material: ProbeData
    decoder: DecoderPart

    def intervention_sums(
        self, change: Intervention, kind: AblationKind, scorers: Mapping[str, Any], on_progress: OnProgress
    ) -> dict[str, Floats]:
        """Return sums `[seed, utterance]` of each probe, of what the model writes under one intervention."""
        transcriber, speech = self.decoder.transcriber, self.material.speech
        removed = self.decoder.units.heads(change.removed)
        means = self._means if kind == "mean" else None
        with without_decoder_heads(transcriber, removed, means):
            texts = transcribe_waves(transcriber, speech.waves, self._encoded)
        on_progress(speech.seconds)
        return {name: scorer.text_totals(texts) for name, scorer in scorers.items()}

    @cached_property
    def _encoded(self) -> list[Tensor]:
        """Return what the encoder makes of each utterance; it runs once for all interventions."""
        return encode_waves(self.decoder.transcriber, self.material.speech.waves)

    @cached_property
    def _means(self) -> dict[DecoderHead, Tensor]:
        """Return the mean context of each head over the utterances with texts."""
        speech, transcriber = self.material.speech, self.decoder.transcriber
        pairs = [(wave, text) for wave, cut in zip(speech.waves, speech.cuts, strict=True) if (text := text_of(cut))]
        texts = [spell_text(transcriber, text) for _, text in pairs]
        return mean_contexts(transcriber, [wave for wave, _ in pairs], texts)
