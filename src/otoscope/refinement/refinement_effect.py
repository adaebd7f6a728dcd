"""What a refinement changes of a whole model's output, on a few utterances: words, decisions, or hidden states."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope.corpus.transcript import text_of
from otoscope.decoders.ctc import has_ctc_head, read_letters
from otoscope.decoders.transcriber import Transcriber, load_tokenizer
from otoscope.decoders.transcription import transcribe_waves
from otoscope.decoders.word_errors import Normalizer, text_normalizer, word_errors
from otoscope.models.whole_model import class_scores
from otoscope.refinement.gates import has_decoder
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.source_model import SourceModel
from otoscope.runs.speech_source import LoadedSpeech

MAX_UTTERANCES = 8
COLLAPSE = 0.5
"""Share of the output above which a refined model no longer does what the original does."""


class OutputForm(StrEnum):
    """What a whole model gives for an utterance."""

    words = "words"
    decisions = "decisions"
    states = "states"


@dataclass(frozen=True)
class Example:
    """One utterance: samples `[samples]`, and its text; empty without one."""

    wave: np.ndarray
    text: str


@dataclass(frozen=True)
class ModelOutputs:
    """What a model gives for some utterances.

    Attributes:
        form: what `values` are.
        values: a text, the number of a class, or final hidden states `[T, d]` for each utterance.
        normalize: spelling in which texts are compared.
    """

    form: OutputForm
    values: Sequence[Any]
    normalize: Normalizer = str


@dataclass(frozen=True)
class RefinementEffect:
    """What changed on some utterances.

    Attributes:
        form: what was compared.
        utterances: their number.
        changed: share of the original's words or decisions that changed; of hidden states, the relative error.
        errors: word error rates before and after, where all utterances have texts.
    """

    form: OutputForm
    utterances: int
    changed: float
    errors: tuple[float, float] | None = None

    @property
    def is_collapsed(self) -> bool:
        """Whether more than half of the output changed."""
        return self.changed > COLLAPSE

    @property
    def text(self) -> str:
        """Before and after, in a line; a second line warns of a collapse."""
        line = f"on {self.utterances} utterances: {self._measured}"
        if not self.is_collapsed:
            return line
        return (
            f"{line}\nwarning: more than half of the output changed, so that the model no longer does its task; remove "
            "less, or pass --tune STEPS and a CORPUS"
        )

    @property
    def _measured(self) -> str:
        if self.form is OutputForm.states:
            return f"relative error of the final hidden states {self.changed:.3f}"
        unit = "words" if self.form is OutputForm.words else "decisions"
        changed = f"{self.changed:.1%} of the original's {unit} changed"
        if self.errors is None:
            return changed
        return f"word error rate {self.errors[0]:.3f} before, {self.errors[1]:.3f} after; {changed}"


def choose_examples(speech: LoadedSpeech) -> list[Example]:
    """Return a few utterances, spread evenly over the speech."""
    count = min(MAX_UTTERANCES, len(speech.cuts))
    places = np.linspace(0, len(speech.cuts) - 1, count).round().astype(int).tolist()
    return [Example(speech.waves[place], text_of(speech.cuts[place]) or "") for place in places]


def read_outputs(whole: Any, source: SourceModel, examples: Sequence[Example]) -> ModelOutputs:
    """Return what a model gives for some utterances.

    Args:
        whole: the source's whole model, or a refined one of it.
        source: the original, with its features and its tokenizer.
        examples: the utterances.
    """
    tokenizer = load_tokenizer(source.origin)
    transcriber = Transcriber(source.encoder.name, whole, source.encoder.extractor, tokenizer)
    if tokenizer is not None and has_decoder(whole):
        with own_attention(whole, source):
            texts = transcribe_waves(transcriber, [example.wave for example in examples])
        return ModelOutputs(OutputForm.words, texts, text_normalizer(transcriber))
    if tokenizer is not None and has_ctc_head(whole):
        texts = [read_letters(tokenizer, _run(whole, source, example).logits[0]) for example in examples]
        return ModelOutputs(OutputForm.words, texts, text_normalizer(transcriber))
    if type(whole).__name__.endswith(("Classification", "ForXVector")):
        decisions = [class_scores(whole, _run(whole, source, example))[0].argmax(-1) for example in examples]
        return ModelOutputs(OutputForm.decisions, decisions)
    encoder = refined_encoder(whole)
    return ModelOutputs(OutputForm.states, [_run(encoder, source, each).last_hidden_state[0] for each in examples])


@contextmanager
def own_attention(whole: Any, source: SourceModel) -> Iterator[None]:
    """Let a whole model run its own attention within the block: its decoder shares a configuration with the encoder."""
    encoder = source.encoder.model
    captured = encoder.config._attn_implementation
    whole.set_attn_implementation("sdpa" if whole._supports_sdpa else "eager")
    try:
        yield
    finally:
        encoder.set_attn_implementation(captured)


@torch.inference_mode()
def _run(model: Any, source: SourceModel, example: Example) -> Any:
    return model(**source.encoder.inputs([example.wave]))


def compare_outputs(before: ModelOutputs, after: ModelOutputs, examples: Sequence[Example]) -> RefinementEffect:
    """Return what changed from one model to another on the same utterances."""
    if before.form is OutputForm.words:
        changed = _error_rate(before.normalize, before.values, after.values)
        references = [example.text for example in examples]
        has_texts = all(references)
        rates = [_error_rate(before.normalize, references, each.values) for each in (before, after)]
        return RefinementEffect(before.form, len(examples), changed, (rates[0], rates[1]) if has_texts else None)
    measure = _decisions_changed if before.form is OutputForm.decisions else _relative_error
    changes = [measure(value, other) for value, other in zip(before.values, after.values, strict=True)]
    return RefinementEffect(before.form, len(examples), float(np.mean(changes)))


def _error_rate(normalize: Normalizer, references: Sequence[str], texts: Sequence[str]) -> float:
    errors = [word_errors(normalize, *pair) for pair in zip(references, texts, strict=True)]
    return sum(each.errors for each in errors) / max(sum(each.words for each in errors), 1)


def _decisions_changed(before: Tensor, after: Tensor) -> float:
    """Return the share of decisions that differ: one for an utterance, or one for each frame."""
    return float((before != after).float().mean())


def _relative_error(before_td: Tensor, after_td: Tensor) -> float:
    return float((after_td - before_td).norm() / before_td.norm())
